"""Who is making something on this machine: locked files, freed by the system with their process.

The files lie beside the journal. Knows nothing of what is made.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO


class Owners:
    """This process's own mark, and looks at the marks of others; shared by its threads."""

    def __init__(self, beside: Path, operation: str = "") -> None:
        # Processes of one engine operation begin alike.
        of_operation = hashlib.sha256(operation.encode()).hexdigest()[:8] if operation else ""
        self.own = of_operation + uuid.uuid4().hex[len(of_operation) :]
        self._operation = of_operation
        self._beside = beside
        self._lock = threading.Lock()
        self._in_flight = 0
        self._held: IO[str] | None = None

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether a mark is of a process that the same engine operation started."""
        return owner == self.own or bool(self._operation and owner.startswith(self._operation))

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


class Turns:
    """One at a time by key, among the threads of this process and the processes of this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._among_threads: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
        self._in_use = 0
        self._file = -1

    @classmethod
    @cache
    def beside(cls, path: Path) -> Turns:
        """The one of this process: a process that closes a file gives up all its locks on it."""
        return cls(path.with_name(f"{path.name}.turns"))

    def slot(self, key: str) -> int:
        """Return where in the file a key is locked. That two keys share a slot only costs time."""
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")

    @contextmanager
    def of(self, slot: int, wait: Callable[[], None]) -> Generator[None]:
        """Hold a slot; `wait` is called, and may raise, while another process has it.

        Raises OSError. Two bytes of the file stand for a slot, who is next and whose turn it is:
        with one, a process with many turns would let no other in.
        """
        following = 2 * slot
        with self._lock:
            among_threads = self._among_threads[following]
        with among_threads, self._opened() as file, ExitStack() as turn:
            with _locked(file, following, wait):
                turn.enter_context(_locked(file, following + 1, wait))
            yield

    @contextmanager
    def _opened(self) -> Generator[int]:
        with self._lock:
            if self._in_use == 0:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._in_use += 1
        try:
            yield self._file
        finally:
            with self._lock:
                self._in_use -= 1
                if self._in_use == 0:
                    os.close(self._file)


@contextmanager
def _locked(file: int, byte: int, wait: Callable[[], None]) -> Generator[None]:
    while not _lock(file, byte):
        wait()
    try:
        yield
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


def _lock(file: int, byte: int) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except (BlockingIOError, PermissionError):  # POSIX allows either.
        return False
    return True
