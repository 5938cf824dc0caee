"""The events that the plugin processes of one engine operation share.

Explicit providers start several plugin processes. A file in a folder of this person, named after
the engine, carries what all of them must know. It is written by rare events only, and
its order decides between two of them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

STALE_SECONDS = 24 * 3600.0
"""A file that nobody has open and nobody has written for so long is of an engine that is gone."""


class Event(NamedTuple):
    """What one plugin process tells the others: a kind of event, a record's id, a resource."""

    kind: str
    id: str
    declaration: str


class Operation:
    """The events of one engine operation, in one order for all its plugin processes.

    `engine` is where the engine listens and, behind a space, its process where that is known.
    Without it, or without a folder that is this person's alone, events stay in this process.
    """

    def __init__(self, engine: str = "", folder: Path | None = None) -> None:
        self._listeners: list[Callable[[Event], None]] = []
        self._lock = threading.RLock()
        self._path: Path | None = None
        self._is_exact = False
        self._file = -1
        self._offset = 0
        if engine:
            # An address alone may be a later engine's, too.
            self._is_exact = bool(engine.partition(" ")[2])
            digest = hashlib.sha256(engine.encode()).hexdigest()[:16]
            self._path = (folder or _own_folder()) / f"{digest}.run"

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
                    self._path = None  # Better one process's claims than none.
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
        """Open the file; where the engine is known by its address alone, it may be an old one's."""
        while self._file < 0:
            _make_private(path.parent)
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            if not self._is_exact and _is_free(file):
                os.ftruncate(file, 0)
            # Held as long as this process lives: nobody else takes the file for a stale one.
            fcntl.flock(file, fcntl.LOCK_SH)
            if _is_at(file, path):
                self._file = file
                _remove_stale(path)
            else:
                os.close(file)


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"vapi-phone-numbers-{os.getuid()}"


def _make_private(folder: Path) -> None:
    """Make a folder of this person alone. Raise PermissionError where it is anybody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{folder} is not this person's alone")


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
    """Remove the files of engines that are long gone."""
    for other in path.parent.glob("*.run"):
        with suppress(OSError):
            if other != path and time.time() - other.stat().st_mtime > STALE_SECONDS:
                file = os.open(other, os.O_RDWR)
                try:
                    if _is_free(file) and _is_at(file, other):
                        other.unlink()
                finally:
                    os.close(file)
