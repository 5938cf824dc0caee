"""The events that the plugin processes of one engine operation share.

Explicit providers start several plugin processes. A file beside the journal, named after the
engine's address, carries what all of them must know. It is written by rare events only, lives as
long as one of its processes, and its order decides between two of them.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Event(NamedTuple):
    """What one plugin process tells the others: a kind of event, a record's id, a resource."""

    kind: str
    id: str
    declaration: str


class Operation:
    """The events of one engine operation, in one order for all its plugin processes.

    Without an engine's address they stay in this process.
    """

    def __init__(self, journal: Path | None = None, engine: str | None = None) -> None:
        self._listeners: list[Callable[[Event], None]] = []
        self._lock = threading.RLock()
        self._path: Path | None = None
        if journal is not None and engine is not None:
            digest = hashlib.sha256(engine.encode()).hexdigest()[:12]
            self._path = journal.with_name(f"{journal.name}.{digest}.run")
        self._file = -1
        self._offset = 0

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with every event, those of this process too, in the shared order."""
        self._listeners.append(listener)

    def tell(self, event: Event) -> None:
        """Add an event, and receive all that came before it.

        A file that cannot be written leaves the event to this process.
        """
        with self._lock:
            if self._path is not None:
                try:
                    self._opened(self._path)
                    # One write to a file that is open for appending: others write whole lines too.
                    os.write(self._file, json.dumps(event).encode() + b"\n")
                except OSError:
                    self._path = None
                else:
                    self._receive()
                    return
            self._hear(event)

    def catch_up(self) -> None:
        """Receive what other processes have told meanwhile."""
        path = self._path
        if path is None or (self._file < 0 and not path.exists()):
            return
        with self._lock, suppress(OSError):
            self._opened(path)
            self._receive()

    def _receive(self) -> None:
        while chunk := os.pread(self._file, 1 << 16, self._offset):
            end = chunk.rfind(b"\n") + 1
            if end == 0:
                return
            self._offset += end
            for line in chunk[:end].splitlines():
                with suppress(ValueError, TypeError):
                    self._hear(Event(*json.loads(line)))

    def _hear(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _opened(self, path: Path) -> None:
        """Open the file; what no living process holds is of an earlier engine at this address."""
        while self._file < 0:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            if _is_free(file):
                os.ftruncate(file, 0)
            fcntl.flock(file, fcntl.LOCK_SH)
            if _is_at(file, path):
                self._file = file
                atexit.register(self.close)
                _remove_stale(path)
            else:
                os.close(file)  # Its last process removed it meanwhile.

    def close(self) -> None:
        """Let go of the file, and remove it as the last process."""
        with self._lock, suppress(OSError):
            if self._file >= 0 and self._path is not None:
                if _is_free(self._file) and _is_at(self._file, self._path):
                    self._path.unlink(missing_ok=True)
                os.close(self._file)
            self._file = -1
            self._offset = 0


def _is_free(file: int) -> bool:
    """Return whether no other process has the file open; it is locked against all others then."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _remove_stale(path: Path) -> None:
    """Remove the files of engines that are gone: their plugins may have been killed."""
    journal = path.name.removesuffix(".run").rpartition(".")[0]
    for other in path.parent.glob(f"{journal}.*.run"):
        with suppress(OSError):
            if other != path:
                file = os.open(other, os.O_RDWR)
                try:
                    if _is_free(file) and _is_at(file, other):
                        other.unlink()
                finally:
                    os.close(file)
