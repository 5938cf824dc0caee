"""Events that the plugin processes of one engine operation share.

Explicit providers start several plugin processes. They exchange events by a file named after the
engine, in a folder that only this user can write. Events are rare, and their order in the file
decides between two processes.
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
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

from vapi_provider.journal.process_locks import ProcessLocks, file_lock

STALE_SECONDS = 24 * 3600.0
"""The age at which a file that no process holds is removed: its engine has exited."""

GUARD_SECONDS = 30.0
"""The timeout for the lock of the folder, which each process holds for a moment."""

# Only Windows has O_BINARY, and it has no O_NOFOLLOW.
_FLAGS = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class Event(NamedTuple):
    """An event that a plugin process sends to others: kind, record id, resource key."""

    kind: str
    id: str
    key: str


def operation_at(address: str) -> str:
    """Return the identity of the engine operation: the engine's address and process id.

    The process id is missing if the system does not show it.
    """
    return f"{address} {_engine_process()}"


def _engine_process() -> str:
    """Return the process id of the nearest ancestor named `pulumi`, else of the grandparent.

    It is empty if the system does not show the ancestors.
    """
    found = ""
    with suppress(OSError, IndexError, UnicodeDecodeError):
        pid = str(os.getppid())
        for _ in range(_GENERATIONS):
            name, parent = _process(pid)
            if name == "pulumi":
                return pid
            found, pid = found or parent, parent
    return found


_GENERATIONS = 6
"""The number of ancestors to search.

The engine starts a language host or a script, which may start a tool that runs Python.
"""


def _process(pid: str) -> tuple[str, str]:
    """Return a process's name and its parent's process id."""
    before, _, after = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")
    return before.partition("(")[2], after.split()[1]


class OperationEvents:
    """The events of one engine operation, in one order for all its plugin processes.

    `engine` is the engine's address and, after a space, its process id if known. Without `engine`,
    or without a folder that only this user can write, events stay in this process.
    """

    def __init__(self, engine: str = "", folder: Path | None = None) -> None:
        self._listeners: list[Callable[[Event], None]] = []
        self._lock = threading.RLock()
        self._path: Path | None = None
        self._is_exact = False
        self._file = -1
        self._own_lock: ProcessLocks | None = None
        self._offset = 0
        if engine:
            # Without a process id, a later engine may have the same address.
            self._is_exact = bool(engine.partition(" ")[2])
            digest = hashlib.sha256(engine.encode()).hexdigest()[:16]
            self._path = (folder or _own_folder()) / f"{digest}.run"

    def subscribe(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` with every event, including this process's own, in the shared order."""
        self._listeners.append(listener)

    def publish(self, event: Event) -> None:
        """Add an event, and receive all events before it.

        If the file cannot be written, the event stays in this process.
        """
        with self._lock:
            if self._path is not None:
                try:
                    self._open(self._path)
                    with _append_lock(self._path.parent):
                        os.write(self._file, json.dumps(event).encode() + b"\n")
                except OSError:
                    self._path = None  # Events of this process alone are better than none.
                else:
                    self._receive()
                    return
            self._deliver(event)

    def catch_up(self) -> None:
        """Receive the events that other processes have added."""
        path = self._path
        if path is None or (self._file < 0 and not path.exists()):
            return
        with self._lock, suppress(OSError):
            self._open(path)
            self._receive()

    def _receive(self) -> None:
        while chunk := self._read():
            end = chunk.rfind(b"\n") + 1
            if end == 0:
                return
            self._offset += end
            for line in chunk[:end].splitlines():
                with suppress(ValueError, TypeError):
                    self._deliver(Event(*json.loads(line)))

    def _read(self) -> bytes:
        os.lseek(self._file, self._offset, os.SEEK_SET)
        return os.read(self._file, 1 << 16)

    def _deliver(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def _open(self, path: Path) -> None:
        """Open the file; truncate that of an earlier engine with the same address.

        Raises OSError if the file cannot be opened.
        """
        if self._file >= 0:
            return
        _make_private(path.parent)
        own_lock = ProcessLocks(path)
        with _lock_folder(path.parent):
            flags = _FLAGS | os.O_CREAT | os.O_APPEND
            if not self._is_exact and not own_lock.others_live():
                flags |= os.O_TRUNC
            # Hold the lock while this process runs, so that no other process removes the file as st
            own_lock.hold()
            try:
                self._file = os.open(path, flags, 0o600)
            except OSError:
                own_lock.let_go()
                raise
            self._own_lock = own_lock
            _remove_stale(path)


def _own_folder() -> Path:
    # Windows has no user ids, but a folder for temporary files for each user.
    suffix = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"vapi-phone-numbers{suffix}"


def _make_private(folder: Path) -> None:
    """Create a folder that only this user can write.

    Raises PermissionError if it exists and others own it or can write to it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    is_own = not hasattr(os, "getuid") or (
        found.st_uid == os.getuid() and not found.st_mode & 0o022
    )
    if not stat.S_ISDIR(found.st_mode) or not is_own:
        raise PermissionError(f"{folder} is not this user's alone")


@contextmanager
def _lock_folder(folder: Path) -> Generator[None]:
    """Lock the folder's files against other processes inside the block.

    Raises OSError if the lock cannot be acquired in time.
    """
    with file_lock(folder / "guard").acquire(timeout=GUARD_SECONDS, poll_interval=0.01):
        yield


def _append_lock(folder: Path) -> AbstractContextManager[None]:
    """Return a lock for one append: only Windows needs it, where an append is not atomic."""
    return _lock_folder(folder) if os.name == "nt" else nullcontext()


def _remove_stale(path: Path) -> None:
    """Remove the files of engines that exited long ago; the caller holds the folder's lock."""
    for other in path.parent.glob("*.run"):
        with suppress(OSError):
            is_old = time.time() - other.stat().st_mtime > STALE_SECONDS
            if other != path and is_old and not ProcessLocks(other).others_live():
                other.unlink()
