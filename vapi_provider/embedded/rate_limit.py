"""The rate limit of an embedded account: so many requests in each minute of the UTC clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime


class RateLimit:
    """Counts the requests that one app was sent in the current minute; shared by its threads.

    Requests count when they arrive, so that a client learns of a refusal one latency too late.
    """

    def __init__(self, most: int | None, clock: Callable[[], datetime]) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._count = 0

    def admit(self) -> bool:
        """Count a request; return whether it is within the limit."""
        if self._most is None:
            return True
        with self._lock:
            minute = self._clock().replace(second=0, microsecond=0)
            if minute != self._minute:
                self._minute, self._count = minute, 0
            self._count += 1
            return self._count <= self._most
