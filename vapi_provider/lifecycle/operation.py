"""The events that the plugin processes of one engine operation share.

Explicit providers start several plugin processes. A file in a folder of this person, named after
the engine, carries what all of them must know. It is written by rare events only, and
its order decides between two of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from vapi_provider.journal.process_locks import ProcessMark, file_lock

STALE_SECONDS = 24 * 3600.0
"""A file that nobody has open and nobody has written for so long is of an engine that is gone."""

GUARD_SECONDS = 30.0
"""How long the folder may be another process's; each has it for a moment."""

# Windows alone has the one, and lacks the other.
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


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
        self._mark: ProcessMark | None = None
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
                    # Windows appends in two steps: find the end, and write there.
                    with _guarded(self._path.parent):
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
        while chunk := self._read():
            end = chunk.rfind(b"\n") + 1
            if end == 0:
                return
            self._offset += end
            for line in chunk[:end].splitlines():
                with suppress(ValueError, TypeError):
                    self._hear(Event(*json.loads(line)))

    def _read(self) -> bytes:
        os.lseek(self._file, self._offset, os.SEEK_SET)
        return os.read(self._file, 1 << 16)

    def _hear(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _opened(self, path: Path) -> None:
        """Open the file; where the engine is known by its address alone, it may be an old one's."""
        if self._file >= 0:
            return
        _make_private(path.parent)
        mark = ProcessMark(path)
        with _guarded(path.parent):
            flags = _FLAGS | os.O_CREAT | os.O_APPEND
            if not self._is_exact and not mark.others_live():
                flags |= os.O_TRUNC
            # Held as long as this process lives: nobody else takes the file for a stale one.
            mark.hold()
            try:
                self._file = os.open(path, flags, 0o600)
            except OSError:
                mark.let_go()
                raise
            self._mark = mark
            _remove_stale(path)


def _own_folder() -> Path:
    # Windows has no such number, and a folder for temporary files for each person.
    person = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"vapi-phone-numbers{person}"


def _make_private(folder: Path) -> None:
    """Make a folder of this person alone. Raise PermissionError where it is anybody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    is_own = not hasattr(os, "getuid") or (
        found.st_uid == os.getuid() and not found.st_mode & 0o022
    )
    if not stat.S_ISDIR(found.st_mode) or not is_own:
        raise PermissionError(f"{folder} is not this person's alone")


@contextmanager
def _guarded(folder: Path) -> Generator[None]:
    """Keep other processes from the folder's files for a moment. Raise OSError."""
    with file_lock(folder / "guard").acquire(timeout=GUARD_SECONDS, poll_interval=0.01):
        yield


def _remove_stale(path: Path) -> None:
    """Remove the files of engines that are long gone. The folder is guarded."""
    for other in path.parent.glob("*.run"):
        with suppress(OSError):
            is_old = time.time() - other.stat().st_mtime > STALE_SECONDS
            if other != path and is_old and not ProcessMark(other).others_live():
                other.unlink()
