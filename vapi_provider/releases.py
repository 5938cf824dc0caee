"""How many numbers one run may release: a released number is gone for good."""

from __future__ import annotations

import threading

from vapi_provider.errors import LimitError


class Releases:
    """The numbers that this run releases, or is known to release, held against a limit.

    Used by all threads of a plugin process. A replacement is known before anything is done, also
    at preview; a deletion only when its time has come.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._ids: set[str] = set()
        self._lock = threading.Lock()

    def expect(self, id_: str) -> None:
        """Counts a number once, however often it is named; raises LimitError for one too many."""
        with self._lock:
            ids = self._ids | {id_}
            if self._limit is not None and len(ids) > self._limit:
                raise LimitError(too_many(self._limit))
            self._ids = ids


def too_many(limit: int) -> str:
    """What to say of one release too many."""
    return (
        f"this run would release more numbers than vapi:maxReleases allows ({limit}): undo the "
        "change, or say VAPI_MAX_RELEASES=<number> in the environment for one run"
    )
