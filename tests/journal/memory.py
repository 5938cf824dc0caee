"""A place for a shared journal in this process, with a clock and faults of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence

from tests.support.builders import Clock
from vapi_provider.journal.blobs import StoreError


class MemoryBlobs:
    """Texts in a dictionary. `fault` is called with each call's name, and may raise."""

    shown = "memory://journal"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.texts: dict[str, str] = {}
        self.put_at: dict[str, float] = {}
        self.fault: Callable[[str], None] = lambda name: None
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def create(self, name: str, text: str) -> bool:
        """Put a text under a free name."""
        self._call("create")
        with self._lock:
            if name in self.texts:
                return False
            self._put(name, text)
        self._call("created")
        return True

    def put(self, name: str, text: str) -> None:
        """Put a text."""
        self._call("put")
        with self._lock:
            self._put(name, text)

    def names(self, prefix: str, after: str = "") -> Sequence[str]:
        """Return names."""
        self._call("names")
        with self._lock:
            return sorted(name for name in self.texts if name.startswith(prefix) and name > after)

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return texts."""
        if not names:
            return {}
        self._call("read")
        with self._lock:
            return {name: self.texts[name] for name in names if name in self.texts}

    def ages(self, prefix: str) -> Mapping[str, float]:
        """Return ages by the test's clock."""
        self._call("ages")
        with self._lock:
            found = [(name, put) for name, put in self.put_at.items() if name.startswith(prefix)]
            return {name: self.clock.now - put for name, put in found}

    def remove(self, names: Collection[str]) -> None:
        """Remove texts."""
        self._call("remove")
        with self._lock:
            for name in names:
                self.texts.pop(name, None)
                self.put_at.pop(name, None)

    def close(self) -> None:
        """Nothing is open."""

    def _put(self, name: str, text: str) -> None:
        self.texts[name] = text
        self.put_at[name] = self.clock.now

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self.fault(name)


def unreachable(name: str) -> None:
    """Fail as a store does that nobody reaches."""
    raise StoreError(f"{name}: connection refused")
