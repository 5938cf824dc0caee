"""Count of the calls or requests that are in flight."""

from __future__ import annotations

import threading


class InFlight:
    """A counter of the `with` blocks that several threads have entered and not left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def __enter__(self) -> int:
        """Return the count, this block included."""
        with self._lock:
            self.count += 1
            return self.count

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.count -= 1
