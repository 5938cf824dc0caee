"""How many calls of the engine the plugin process works on at a time: one more while all wait.

The SDK serves four, whatever ``--parallel`` says, and has no setting for it
(docs/decisions/0006-workers.md). Where its threads are not as we know them, that is how it stays.
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

_QUEUED_AT_MOST = 1000
"""More calls than an engine hands out at once."""


class _Workers:
    """The threads that run the engine's calls: the SDK's own, and one more while all of them wait.

    Not as many as may be from the start: those that do not wait only take the interpreter from
    each other. One that was started stays.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._most = 0
        self._waiting: set[int] = set()

    def allow(self, calls: int) -> None:
        """Up to `calls` at a time; the SDK's own number stays where that is more."""
        self._most = calls

    @contextmanager
    def wait(self) -> Generator[None]:
        """Counts this thread as waiting; once, however many waits there are within its wait."""
        me = threading.get_ident()
        if me in self._waiting:
            yield
            return
        with self._lock:
            self._waiting.add(me)
        try:
            self._one_more()
            yield
        finally:
            with self._lock:
                self._waiting.remove(me)

    def _one_more(self) -> None:
        """Adds a worker where all wait. Never raises: this only makes a run quicker."""
        with self._lock:
            if self._most == 0:
                return
            pool: Any = _pool_of_this_thread()
            known = hasattr(pool, "_threads") and hasattr(pool, "_max_workers")
            if not known:
                self._most = 0
            elif len(pool._threads) <= len(self._waiting) and len(pool._threads) < self._most:
                _start_thread(pool)
        if not known:
            debug("the SDK's worker threads were not found: it serves as many calls as it chooses")


def _start_thread(pool: Any) -> None:
    """Lets the pool have one thread more, and has it started: calls may be queued already."""
    wanted = len(pool._threads) + 1
    pool._max_workers = max(pool._max_workers, wanted)
    # No more threads are to be had, or the process is about to end.
    with suppress(RuntimeError):
        # A submit starts a thread unless one counts as idle. Before Python 3.12 so does each call
        # that ever was queued, until another submit.
        for _ in range(_QUEUED_AT_MOST):
            if len(pool._threads) == wanted:
                return
            pool.submit(int)


_workers = _Workers()


def work_at_once(calls: int) -> None:
    """Lets the plugin process work on up to `calls` calls at a time, never on fewer than before."""
    if is_plugin_process() and are_patches_on():
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
