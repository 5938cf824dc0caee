"""How many calls of the engine the plugin process works on at a time: more while calls wait.

The SDK serves four, whatever ``--parallel`` says, and has no setting for it
(docs/decisions/0006-workers.md). Where its threads are not as we know them, that is how it stays.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import cast

from vapi_provider.plugin import debug, is_plugin_process


class _Workers:
    """The threads that run the engine's calls: the SDK's own, and one more while all of them wait.

    Not as many as may be from the start: those that do not wait only take the interpreter from
    each other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most = 0
        self._waiting = 0
        self._pool: ThreadPoolExecutor | None = None

    def allow(self, calls: int) -> None:
        """Up to `calls` at a time; the SDK's own number stays where that is more."""
        self._most = calls

    @contextmanager
    def wait(self) -> Generator[None]:
        with self._lock:
            self._waiting += 1
            lost = self._most > 0 and not self._one_more()
            if lost:
                self._most = 0
        if lost:
            debug("the SDK's worker threads were not found: it serves as many calls as it chooses")
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1

    def _one_more(self) -> bool:
        """Adds a worker where all are waiting; False where the pool is nothing that we know."""
        self._pool = self._pool or _pool_of_this_thread()
        workers: object = getattr(self._pool, "_max_workers", None)
        if self._pool is None or not isinstance(workers, int):
            return False
        if workers <= self._waiting and workers < self._most:
            self._pool._max_workers = workers + 1  # pyright: ignore[reportAttributeAccessIssue]
            # A thread is started when something is submitted: what is queued would go on waiting.
            self._pool.submit(int)
        return True


_workers = _Workers()


def work_at_once(calls: int) -> None:
    """Lets the plugin process work on up to `calls` calls of the engine at a time."""
    if is_plugin_process():
        _workers.allow(calls)


def waiting() -> AbstractContextManager[None]:
    """Around a wait, for an answer, a turn or a moment: another call is worked on meanwhile.

    Not where one call's look serves all who wait for it: others would only wait as well.
    """
    return _workers.wait()


def _pool_of_this_thread() -> ThreadPoolExecutor | None:
    """The pool that runs the call we are in: it gives each thread a weak reference to itself."""
    given: tuple[object, ...] = getattr(threading.current_thread(), "_args", ())
    for one in given:
        pool = cast("weakref.ref[object]", one)() if isinstance(one, weakref.ref) else None
        # By type: isinstance would wake objects that only pretend to be something.
        if type(pool) is ThreadPoolExecutor:
            return pool
    return None
