"""Writes in flight to a stack's records, and writes that a run with a killed engine left.

A plugin may outlive its engine with a PATCH or DELETE in flight, so it locks a file beside the
journal while it writes. The next run of the stack waits until that lock is free, and then reads the
records whose writes no state recorded.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from vapi_provider.catalogue import ownership as messages
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import VapiError
from vapi_provider.journal import writer_files
from vapi_provider.lifecycle.waits import MAX_GRACE_SECONDS, NOTIFY_AFTER_SECONDS, BoundedWait
from vapi_provider.pulumi_sdk.plugin import require_engine

FILE_KEPT_SECONDS = 30 * 86400.0
"""Lifetime of a killed process's file for records that no later run reads."""


class _Stack:
    """Writes of this process to one stack."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wait_lock = threading.Lock()
        self.has_waited = False
        self.failure: VapiError | None = None
        self.lock = threading.Lock()
        self.in_flight = 0
        self.held: writer_files.WriterLock | None = None

    def note(self, **what: Any) -> None:
        """Append a line to the file; a failure does not prevent the write to the API."""
        with self.lock, suppress(OSError):
            if self.held is not None:
                writer_files.note(self.held.file, **what)


class Writers:
    """Writes of a process by stack; shared by its threads.

    A file exists only during a write, so a run without changes creates none. `engine` is the
    address of this process's engine; `is_listening` returns whether an engine listens at an
    address. A run does not wait for a process whose engine is running: the process is of the same
    operation, or Pulumi's lock serializes the two runs.
    """

    def __init__(
        self,
        beside: Path,
        backend: str,
        engine: str,
        is_listening: Callable[[str], bool],
        completion_grace_seconds: float,
        notify: Callable[[Message], None],
        blocking: Callable[[], AbstractContextManager[None]] = nullcontext,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._beside = beside
        self._backend = backend
        self._engine = engine
        self._is_listening = is_listening
        self._completion_grace_seconds = completion_grace_seconds
        self._notify = notify
        self._blocking = blocking
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._process = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._stacks: dict[str, _Stack] = {}
        self._left: defaultdict[str, dict[Path, frozenset[str]]] = defaultdict(dict)
        self.refreshed: set[str] = set()
        """Ids whose recorded values come from a read of this process, not from the state."""
        self.released: set[str] = set()
        """Ids of records that a run with a killed engine released and the state still has."""

    def wait_for_others(self, *keys: str | None) -> None:
        """Wait once per process until no run with a killed engine writes to the stacks.

        Raises OwnershipError after five minutes, and AbandonedError where the own engine is gone.
        """
        for stack_key in {self._stack_key(key) for key in keys if key}:
            stack = self._stack(stack_key)
            if stack.has_waited:
                continue
            with self._blocking(), stack.wait_lock:
                if stack.failure is not None:
                    raise stack.failure
                if not stack.has_waited:
                    try:
                        self._wait(stack_key)
                    except VapiError as error:
                        stack.failure = error
                        raise
                    stack.has_waited = True

    @contextmanager
    def writing(
        self, key: str | None, id_: str | None = None, fields: Collection[str] = ()
    ) -> Generator[None]:
        """Hold this process's file of the stack during a write, including its retries.

        `id_` is the record of a PATCH or DELETE, `fields` are the fields of a PATCH. Where the file
        cannot be written, the write proceeds, because each try checks for the engine anyway.
        """
        stack = self._stack(self._stack_key(key or ""))
        with stack.lock:
            if stack.in_flight == 0:
                with suppress(OSError):
                    stack.held = writer_files.hold(stack.path, self._engine)
            stack.in_flight += 1
        if id_ is not None:
            stack.note(begun=id_, fields=sorted(fields))
        may_still_complete = False
        try:
            yield
        except VapiError as error:
            may_still_complete = getattr(error, "may_still_complete", False)
            raise
        finally:
            # Without an engine no state records the outcome, so the next run reads the record.
            if id_ is not None and self._is_own_engine_alive():
                stack.note(recorded=id_)
            elif id_ is not None and not may_still_complete:
                stack.note(over=id_)
            with stack.lock:
                stack.in_flight -= 1
                if stack.in_flight == 0 and stack.held is not None:
                    with suppress(OSError):
                        writer_files.let_go(stack.held, stack.path)
                    stack.held = None

    def before_send(self) -> None:
        """Record the time of a try, because a killed process's request may complete after it."""
        with self._lock:
            stacks = list(self._stacks.values())
        for stack in stacks:
            stack.note(sent=self._now())

    def interrupted(self, id_: str) -> Collection[str] | None:
        """Return the fields of a PATCH that no state recorded; an empty set for a DELETE.

        None where no write was interrupted. Call `wait_for_others` first.
        """
        with self._lock:
            left = self._left.get(id_)
            return None if left is None else frozenset[str]().union(*left.values())

    def forget(self, id_: str) -> None:
        """Forget an interrupted write, once the state has the account's values."""
        with self._lock:
            for path in self._left.pop(id_, ()):
                with suppress(OSError):
                    writer_files.forget(path, id_)

    def _stack_key(self, key: str) -> str:
        return "\n".join([self._backend, *key.split("/")[:3]])

    def _stack(self, stack_key: str) -> _Stack:
        with self._lock:
            if stack_key not in self._stacks:
                path = writer_files.path_of(self._beside, stack_key, self._process)
                self._stacks[stack_key] = _Stack(path)
            return self._stacks[stack_key]

    def _wait(self, stack_key: str) -> None:
        wait = BoundedWait(
            self._clock,
            self._pause,
            self._notify,
            messages.WAITING_FOR_EARLIER_RUN(),
            messages.EARLIER_RUN_STILL_WRITES(),
        )
        while any(map(self._is_orphaned, writer_files.files_of(self._beside, stack_key))):
            wait()
        for path in writer_files.files_of(self._beside, stack_key):
            with suppress(OSError):
                if not writer_files.is_writing(path):
                    self._take_over(path)

    def _is_orphaned(self, path: Path) -> bool:
        """Return whether a process that outlived its engine holds the file."""
        if not writer_files.is_writing(path):
            return False
        with suppress(OSError):
            engine = writer_files.engine_of(path)
            return bool(engine) and not self._is_listening(engine)
        return False

    def _take_over(self, path: Path) -> None:
        """Wait until a killed process's requests have completed, and load its open writes.

        Removes a file that has no open write or is older than `FILE_KEPT_SECONDS`.
        """
        writes = writer_files.open_writes(path)
        if not writes or self._now() - path.stat().st_mtime > FILE_KEPT_SECONDS:
            path.unlink(missing_ok=True)
            return
        if not all(write.is_over for write in writes):
            left = writer_files.last_sent(path) + self._completion_grace_seconds - self._now()
            left = min(left, MAX_GRACE_SECONDS)
            if left >= NOTIFY_AFTER_SECONDS:
                self._notify(messages.WAITING_FOR_EARLIER_WRITES(seconds=left))
            until = self._clock() + left
            while (left := until - self._clock()) > 0:
                self._pause(min(left, 2.0))
        with self._lock:
            for write in writes:
                self._left[write.id][path] = write.fields

    def _pause(self, seconds: float) -> None:
        require_engine(self._is_own_engine_alive)
        self._sleep(seconds)

    def _is_own_engine_alive(self) -> bool:
        return not self._engine or self._is_listening(self._engine)
