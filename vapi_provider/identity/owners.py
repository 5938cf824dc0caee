"""Which processes are making something: a locked file for each, freed by the system with it.

The files lie beside the journal. Knows nothing of what is made.
"""

from __future__ import annotations

import fcntl
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO


class Owners:
    """This process's own mark, and looks at the marks of others; shared by its threads."""

    def __init__(self, beside: Path) -> None:
        self.own = uuid.uuid4().hex
        self._beside = beside
        self._lock = threading.Lock()
        self._in_flight = 0
        self._held: IO[str] | None = None

    def hold(self) -> None:
        """Marks this process as living until `let_go` was called as often. Raises OSError."""
        with self._lock:
            if self._held is None:
                self._beside.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                held = self._mark(self.own).open("w")
                try:
                    fcntl.flock(held, fcntl.LOCK_EX)
                except OSError:
                    held.close()
                    raise
                self._held = held
            self._in_flight += 1

    def let_go(self) -> None:
        """Takes the mark away with its last holder."""
        with self._lock:
            self._in_flight -= 1
            if self._in_flight == 0 and self._held is not None:
                # What was made is made: a file that stays is no reason to fail.
                with suppress(OSError):
                    self._mark(self.own).unlink(missing_ok=True)
                    self._held.close()
                self._held = None

    def lives(self, owner: str) -> bool:
        """Whether another process still holds its mark; our own does not count. Raises OSError."""
        if owner == self.own:
            return False
        mark = self._mark(owner)
        with suppress(FileNotFoundError), mark.open("r+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            mark.unlink(missing_ok=True)
        return False

    def _mark(self, owner: str) -> Path:
        return self._beside.with_name(f"{self._beside.name}.{owner}.lock")
