"""Locks among the processes of a machine, on Linux, macOS and Windows: `filelock` underneath.

The operating system frees a lock with its process. Where it has no such locks, `filelock` leaves a
file that names its process, and takes over the file of a dead one.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

SLOTS = 64
"""How many keys can be held at once. Keys share slots, and each slot has two files."""


class ProcessMark:
    """A mark that shows that this process lives, and looks at the marks of others.

    Shared by the threads of the process. The files lie beside the journal.
    """

    def __init__(self, beside: Path) -> None:
        self.own = uuid.uuid4().hex
        self._beside = beside
        self._lock = threading.Lock()
        self._in_flight = 0
        self._held: BaseFileLock | None = None

    def hold(self) -> None:
        """Mark this process as living until `let_go` was called as often. Raise OSError."""
        with self._lock:
            if self._held is None:
                held = _file_lock(self._file(self.own))
                held.acquire()
                self._held = held
            self._in_flight += 1

    def let_go(self) -> None:
        """Take the mark away with its last holder."""
        with self._lock:
            self._in_flight -= 1
            if self._in_flight == 0 and self._held is not None:
                # The purchase is done: a file that stays behind is no reason to fail.
                _remove(self._held, self._file(self.own))
                self._held = None

    def lives(self, owner: str) -> bool:
        """Return whether another process still holds its mark; our own does not count.

        Remove the file of a dead one. Raise OSError.
        """
        file = self._file(owner)
        if owner == self.own or not file.exists():
            return False
        found = _file_lock(file)
        if not _try(found):
            return True
        _remove(found, file)
        return False

    def _file(self, owner: str) -> Path:
        return self._beside.with_name(f"{self._beside.name}.{owner}.lock")


class KeyedLocks:
    """Exclusive locks by key, among the threads of this process and the processes of the machine.

    Keys are hashed onto a bounded set of files: a fleet leaves no file for each number. That two
    keys share a slot costs time and nothing else, because a thread may hold a slot repeatedly.
    """

    def __init__(self, path: Path, slots: int = SLOTS) -> None:
        self._slots = [_Slot(path.with_name(f"{path.name}.{at:02d}")) for at in range(slots)]

    @classmethod
    @cache
    def beside(cls, path: Path) -> KeyedLocks:
        """Return this process's locks beside `path`: its threads have to share them."""
        return cls(path)

    @contextmanager
    def of(self, key: str, wait: Callable[[], None]) -> Generator[None]:
        """Hold the lock of `key`; `wait` is called, and may raise, while another process has it.

        Raise OSError. Hold one key at a time: two threads that take two keys in different order
        would wait for each other.
        """
        digest = hashlib.sha256(key.encode()).digest()
        with self._slots[int.from_bytes(digest[:8], "big") % len(self._slots)].held(wait):
            yield


class _Slot:
    """One lock of a bounded set. The waiting process that comes next has a file of its own.

    With one file alone, a process with many purchases would take it again before any other sees
    that it is free.
    """

    def __init__(self, path: Path) -> None:
        self._among_threads = threading.RLock()
        self._depth = 0
        self._next = path.with_name(f"{path.name}.next")
        self._turn = path.with_name(f"{path.name}.turn")

    @contextmanager
    def held(self, wait: Callable[[], None]) -> Generator[None]:
        with self._among_threads:
            if self._depth:
                yield
                return
            with ExitStack() as among_processes:
                with _acquired(self._next, wait):
                    among_processes.enter_context(_acquired(self._turn, wait))
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1


@contextmanager
def _acquired(file: Path, wait: Callable[[], None]) -> Generator[None]:
    lock = _file_lock(file)
    while not _try(lock):
        wait()
    try:
        yield
    finally:
        lock.release()


def _try(lock: BaseFileLock) -> bool:
    from filelock import Timeout

    # Where files name processes, the first try takes the file of a dead one away.
    for _ in range(2):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return True
    return False


def _file_lock(file: Path) -> BaseFileLock:
    # Lazy import: most runs buy nothing.
    with warnings.catch_warnings():
        # It warns where the operating system has no locks of files; the files then name processes.
        warnings.simplefilter("ignore")
        from filelock import FileLock

    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileLock(file, mode=0o600, thread_local=False)


def _remove(held: BaseFileLock, file: Path) -> None:
    """Release a lock and remove its file, while it is held: whoever waits for it then looks again.

    Windows removes no file that is open.
    """
    with suppress(OSError):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        held.release()
        file.unlink(missing_ok=True)
