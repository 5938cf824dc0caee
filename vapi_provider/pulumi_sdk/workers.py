"""The number of engine calls that the plugin process handles at a time, grown on demand.

The SDK handles four, whatever ``--parallel`` says, and has no setting for it
(docs/decisions/0006-workers.md). If a version of the SDK has no thread pool of the known form, its
own number stays.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, cast

from vapi_provider.pulumi_sdk.plugin import debug, is_plugin_process
from vapi_provider.pulumi_sdk.switch import are_patches_on

_MAX_QUEUED = 1000
"""An upper bound on the calls that an engine has queued at once."""


class _Workers:
    """The threads that run the engine's calls: the SDK's own, and one more whenever all wait.

    The pool grows on demand because running threads contend for the GIL. It never shrinks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most = 0
        self._waiting: set[int] = set()

    def allow(self, calls: int) -> None:
        """Set the maximum number of calls at a time; the SDK's own number remains a minimum."""
        self._most = calls

    @contextmanager
    def wait(self) -> Generator[None]:
        """Count this thread as waiting inside the block; nested waits count once."""
        me = threading.get_ident()
        if me in self._waiting:
            yield
            return
        with self._lock:
            self._waiting.add(me)
        try:
            self._grow()
            yield
        finally:
            with self._lock:
                self._waiting.remove(me)

    def _grow(self) -> None:
        """Add a worker if all wait.

        This never raises, because it only makes a run faster.
        """
        with self._lock:
            if self._most == 0:
                return
            pool: Any = _pool_of_this_thread()
            known = hasattr(pool, "_threads") and hasattr(pool, "_max_workers")
            if not known:
                self._most = 0
            elif (count := _thread_count(pool)) <= len(self._waiting) and count < self._most:
                _start_thread(pool, count + 1)
        if not known:
            debug("the SDK's worker threads were not found: it serves as many calls as it chooses")


def _thread_count(pool: Any) -> int:
    """Return how many threads a pool has with this one, which it starts first and counts later."""
    return len(pool._threads | {threading.current_thread()})


def _start_thread(pool: Any, wanted: int) -> None:
    """Raise the pool's limit by one and start that thread, since calls may be queued already."""
    pool._max_workers = max(pool._max_workers, wanted)
    # RuntimeError: the system has no more threads, or the process is exiting.
    with suppress(RuntimeError):
        # A submit starts a thread unless the pool counts one as idle. Before Python 3.12 each call
        # that was ever queued counts as idle until another submit, so several may be needed.
        for _ in range(_MAX_QUEUED):
            if _thread_count(pool) == wanted:
                return
            pool.submit(int)


_workers = _Workers()


def set_max_calls(calls: int) -> None:
    """Let the plugin process handle up to `calls` calls at a time; no-op in any other process."""
    if is_plugin_process() and are_patches_on():
        _workers.allow(calls)


def blocking() -> AbstractContextManager[None]:
    """Return a context for waits (for a response, a lock, a delay): another call may run meanwhile.

    Do not use it where many calls wait for the result of one: more calls would only wait as well.
    """
    return _workers.wait()


def _pool_of_this_thread() -> ThreadPoolExecutor | None:
    """Return the pool of the current thread, found by the weak reference in the thread's args."""
    given: tuple[object, ...] = getattr(threading.current_thread(), "_args", ())
    for argument in given:
        pool = (
            cast("weakref.ref[object]", argument)() if isinstance(argument, weakref.ref) else None
        )
        # Compare types: isinstance would resolve lazy proxy objects.
        if type(pool) is ThreadPoolExecutor:
            return pool
    return None
