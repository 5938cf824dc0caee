"""Limit of the numbers that one run may release, because a release is permanent."""

from __future__ import annotations

import threading
from collections import Counter

from vapi_provider.catalogue import ownership as messages
from vapi_provider.errors import LimitError
from vapi_provider.journal.operation import Event, OperationEvents

_RELEASE = "release"


class ReleaseLimit:
    """The numbers that this run releases or is known to release, counted against a limit.

    Shared by all threads of a plugin process, and counted across all plugin processes of one engine
    operation. A replacement is known before the run changes anything, also at preview; a deletion
    only when the engine requests it.
    """

    def __init__(self, limit: int | None, events: OperationEvents | None = None) -> None:
        self._limit = limit
        self._events = events or OperationEvents()
        self._events.subscribe(self._receive)
        self._counted: set[str] = set()
        self._announced: Counter[str] = Counter()
        self._bound: set[str] = set()
        self._lock = threading.Lock()

    def count(self, id_: str, key: str | None = None) -> None:
        """Count a number once; raise LimitError where the limit is exceeded.

        The first release of a resource whose replacement was announced is already counted.
        """
        id_ = id_.lower()
        with self._lock:
            if id_ in self._bound or id_ in self._counted:
                return
            if key is not None and self._announced[key] > 0:
                self._announced[key] -= 1
                self._bound.add(id_)
                return
            self._count(id_, key or "")

    def announce(self, key: str) -> None:
        """Count a number of which only the resource is known.

        Raises LimitError where the limit is exceeded.
        """
        with self._lock:
            number = self._announced.total() + len(self._bound)
            self._count(f"#{number} of {key}", key)
            self._announced[key] += 1

    def _count(self, name: str, key: str) -> None:
        if self._limit is not None:
            self._events.publish(Event(_RELEASE, name, key))
            if name not in self._counted:
                raise LimitError(messages.TOO_MANY_RELEASES(limit=self._limit))

    def _receive(self, event: Event) -> None:
        """Count events in the order that all processes share, so that all reach the same result."""
        if event.kind == _RELEASE and (self._limit is None or len(self._counted) < self._limit):
            self._counted.add(event.id)
