"""Waits for other runs, and the durations that waits for runs, requests and the engine share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vapi_provider.catalogue.message import Message
from vapi_provider.errors import OwnershipError

POLL_SECONDS = 0.2
"""Pause between two polls for the end of another run or the engine's next check."""

NOTIFY_AFTER_SECONDS = 10.0
"""Shortest wait that is reported to the user."""

MAX_RUN_WAIT_SECONDS = 300.0
"""Maximum wait for another run."""

MAX_GRACE_SECONDS = 600.0
"""Maximum wait for a request that may still complete, whatever the clocks say."""


@dataclass
class BoundedWait:
    """A wait for another run, of any number of pauses.

    `waiting` is reported once, after `NOTIFY_AFTER_SECONDS`; `timeout` is the error after
    `MAX_RUN_WAIT_SECONDS`.
    """

    clock: Callable[[], float]
    pause: Callable[[float], None]
    notify: Callable[[Message], None]
    waiting: Message
    timeout: Message
    _begun: float | None = field(default=None, init=False)
    _is_notified: bool = field(default=False, init=False)

    def __call__(self) -> None:
        """Pause once. Raises OwnershipError where the maximum is reached."""
        if self._begun is None:
            self._begun = self.clock()
        waited = self.clock() - self._begun
        if waited >= MAX_RUN_WAIT_SECONDS:
            raise OwnershipError(self.timeout)
        if waited >= NOTIFY_AFTER_SECONDS and not self._is_notified:
            self.notify(self.waiting)
            self._is_notified = True
        self.pause(POLL_SECONDS)
