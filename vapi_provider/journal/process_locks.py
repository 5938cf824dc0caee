"""Locks among the processes of a machine, on Linux, macOS and Windows, by `filelock`.

The operating system releases a lock when its process exits. On a system without file locks,
`filelock` writes a file that names its process, and takes over the file of a dead process.
"""

from __future__ import annotations

import hashlib
import os
import threading
import warnings
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vapi_provider.journal.owner import Owner

if TYPE_CHECKING:
    from filelock import BaseFileLock

SLOTS = 64
"""The number of locks among processes. Keys share them, and each has two files."""


class ProcessLocks(Owner):
    """Lock file that shows that this process is running, and checks of other processes' files.

    Shared by the threads of the process. The files lie beside `beside`.
    """

    def __init__(self, beside: Path, operation: str = "") -> None:
        super().__init__(operation)
        self._beside = beside
        self._lock = threading.Lock()
        self._in_flight = 0
        self._held: BaseFileLock | None = None

    def hold(self) -> None:
        """Hold the lock file until `let_go` was called as often. Raises OSError."""
        with self._lock:
            if self._held is None:
                held = file_lock(self._file(self.own))
                held.acquire()
                self._held = held
            self._in_flight += 1

    def let_go(self) -> None:
        """Release the lock file after the last `hold`."""
        with self._lock:
            self._in_flight -= 1
            if self._in_flight == 0 and self._held is not None:
                # A file that cannot be removed must not fail the completed purchase.
                remove(self._held)
                self._held = None

    def is_alive(self, owner: str) -> bool:
        """Return whether another process still holds its lock file; False for this process.

        Remove the file of a dead process. Raises OSError.
        """
        return owner != self.own and is_held(self._file(owner))

    def others_live(self) -> bool:
        """Return whether any other process holds its mark beside the same file. Raises OSError."""
        prefix, suffix = f"{self._beside.name}.", ".lock"
        names = [name for name in os.listdir(self._beside.parent) if name.startswith(prefix)]
        owners = [name[len(prefix) : -len(suffix)] for name in names if name.endswith(suffix)]
        # A list, not a generator: checking every mark removes those of dead processes.
        return any([self.is_alive(owner) for owner in owners])

    def _file(self, owner: str) -> Path:
        return self._beside.with_name(f"{self._beside.name}.{owner}.lock")


class KeyedLocks:
    """Exclusive locks by key, among the threads of this process and the processes of the machine.

    Among processes, keys are hashed to a fixed number of slots, so that a fleet does not leave a
    file for each number. Two keys that share a slot only cause contention between processes.
    """

    def __init__(self, path: Path, slots: int = SLOTS) -> None:
        self._slots = [_Slot(path.with_name(f"{path.name}.{index:02d}")) for index in range(slots)]
        self._lock = threading.Lock()
        self._among_threads: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    @classmethod
    @cache
    def beside(cls, path: Path) -> KeyedLocks:
        """Return this process's locks beside `path`, cached because its threads must share them."""
        return cls(path)

    @contextmanager
    def of(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Hold the locks of all `keys`; call `wait` while another process holds one of them.

        An exception of `wait` ends the waiting. A thread must take all its keys in one call: a
        second call while it holds some may cause a deadlock. Raises OSError.
        """
        with ExitStack() as held:
            # Take keys first, then slots, each in sorted order, which prevents deadlocks.
            for key in sorted(set(keys)):
                with self._lock:
                    among_threads = self._among_threads[key]
                held.enter_context(among_threads)
            for index in sorted({self._index_of(key) for key in keys}):
                held.enter_context(self._slots[index].held(wait))
            yield

    def _index_of(self, key: str) -> int:
        digest = hashlib.sha256(key.encode()).digest()
        return int.from_bytes(digest[:8], "big") % len(self._slots)


class _Slot:
    """One lock among processes, which the threads of a process share.

    A process that waits for the lock holds the file `next`, and nobody else joins or acquires the
    lock meanwhile, so a process with many purchases does not starve the others.
    """

    def __init__(self, path: Path) -> None:
        self._entering = threading.Lock()
        self._lock = threading.Lock()
        self._inside = 0
        self._held = ExitStack()
        self._next = path.with_name(f"{path.name}.next")
        self._turn = path.with_name(f"{path.name}.turn")

    @contextmanager
    def held(self, wait: Callable[[], None]) -> Generator[None]:
        with self._entering:
            # Fast path: `next` exists only while a process waits, or where one was killed.
            if os.path.lexists(self._next) or not self._enter():
                with _acquire(self._next, wait):
                    while not self._enter():
                        wait()
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    self._held.close()

    def _enter(self) -> bool:
        with self._lock:
            if self._inside == 0:
                turn = file_lock(self._turn)
                if not _try(turn):
                    return False
                self._held.callback(turn.release)
            self._inside += 1
            return True


@contextmanager
def _acquire(file: Path, wait: Callable[[], None]) -> Generator[None]:
    lock = file_lock(file)
    while not _try(lock):
        wait()
    try:
        yield
    finally:
        lock.release()


def _try(lock: BaseFileLock) -> bool:
    from filelock import Timeout

    # On a system without file locks, the first attempt only removes the file of a dead process.
    for _ in range(2):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return True
    return False


def is_held(file: Path) -> bool:
    """Return whether any process holds a lock file; remove the file of a dead holder.

    Raises OSError.
    """
    if not os.path.lexists(file):
        return False
    found = file_lock(file)
    if not _try(found):
        return True
    remove(found)
    return False


def file_lock(file: Path) -> BaseFileLock:
    """Return the lock of a file that only this user can read; symbolic links are not followed."""
    if not file.parent.is_dir():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _lock_class()(file, mode=0o600, thread_local=False)


@cache
def _lock_class() -> type[BaseFileLock]:
    """Import filelock, which most runs do not need: they buy nothing."""
    with warnings.catch_warnings():
        # filelock warns on a system without file locks, which is supported here.
        warnings.simplefilter("ignore")
        from filelock import FileLock

    return FileLock


def remove(held: BaseFileLock) -> None:
    """Remove a lock's file and release the lock; errors are ignored.

    The file is removed while the lock is held, so that a waiting process notices it and tries
    again. Windows cannot remove an open file, so a second attempt follows the release.
    """
    file = Path(held.lock_file)
    with suppress(OSError):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        held.release()
        file.unlink(missing_ok=True)
