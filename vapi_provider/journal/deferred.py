"""Background writes of a shared journal: finished intents, releases, renames, snapshots."""

from __future__ import annotations

import atexit
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import Any

from vapi_provider.errors import ConfigurationError
from vapi_provider.journal import compaction
from vapi_provider.journal.blobs import StoreError
from vapi_provider.journal.entries import Item, LoggedCommand
from vapi_provider.journal.replica import Replica

LINGER_SECONDS = 0.05
"""The time that a background write waits for others to be batched with it."""

PROGRAM_LINGER_SECONDS = 1.0
"""The same for ids from the program, longer because each read of the log slows the plugin."""

END_SECONDS = 10.0
"""The time that the end of a process waits for background writes."""


class DeferredWrites:
    """A background thread of writes that no caller waits for.

    The next run detects lost writes. `is_own` returns whether an owner is a process of this engine
    operation. `at_exit` is called at the exit of a process that has posted a write.
    """

    def __init__(
        self, replica: Replica, is_own: Callable[[str], bool], at_exit: Callable[[], None]
    ) -> None:
        self._replica = replica
        self._log = replica.log
        self._is_own = is_own
        self._at_exit = at_exit
        self._posted = threading.Condition(threading.Lock())
        """The lock of the worker's queues, notified when there is work."""
        self._worker: threading.Thread | None = None
        self._posts: list[Item] = []
        self._to_finish: list[tuple[str, str]] = []
        self._of_earlier_runs = False
        self._wants_snapshot = False
        self._is_ending = False

    def post(self, command: str, **arguments: Any) -> None:
        """Write a command to the log together with the next one, or shortly afterwards."""
        item = Item((command, arguments))
        self._log.enqueue(item)
        with self._posted:
            self._posts.append(item)
        self._work()

    def finish(self, backend: str, records: Collection[str], *, of_earlier_runs: bool) -> None:
        """Finish intents in the background: a run that buys nothing sends one request for it."""
        if of_earlier_runs and self._replica.had_unfinished is False:
            return
        with self._posted:
            self._to_finish += [(backend, record) for record in records]
            self._of_earlier_runs = of_earlier_runs
        self._work()

    def compact_if_due(self) -> None:
        """Write a snapshot in the background if one is due."""
        if compaction.is_due(self._log, self._replica.database):
            self._wants_snapshot = True
            self._work()

    def close(self) -> None:
        """Write what is queued, and end the thread."""
        with self._posted:
            self._is_ending = True
            self._posted.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join(END_SECONDS)
            self._worker = None
        atexit.unregister(self._at_exit)

    def _work(self) -> None:
        """Wake the worker, and start it if necessary; it ends with the process."""
        with self._posted:
            if self._worker is None:
                self._is_ending = False
                self._worker = threading.Thread(target=self._do_work, daemon=True)
                self._worker.start()
                atexit.register(self._at_exit)
            self._posted.notify_all()

    def _do_work(self) -> None:
        while True:
            with self._posted:
                while not (
                    self._posts or self._to_finish or self._wants_snapshot or self._is_ending
                ):
                    self._posted.wait()
                self._wants_snapshot = False
                if not self._is_ending:
                    # Wait for more writes, which then share an entry or a read of the log.
                    is_program = self._to_finish and not self._of_earlier_runs
                    linger = PROGRAM_LINGER_SECONDS if is_program else LINGER_SECONDS
                    self._posted.wait_for(lambda: self._is_ending, linger)
                posts, self._posts = self._posts, []
                finished, self._to_finish = self._to_finish, []
                is_over = self._is_ending and not posts and not finished
            if is_over:
                return
            # The next run detects what could not be written.
            with suppress(StoreError, ConfigurationError):
                for item in posts:
                    self._log.wait_for(item)
                if finished:
                    self._finish(finished)
                if compaction.is_due(self._log, self._replica.database):
                    compaction.compact(self._log, self._replica.database, self._replica.blobs)

    def _finish(self, finished: Sequence[tuple[str, str]]) -> None:
        if self._log.synced_at is None:
            if not self._of_earlier_runs:
                # Fast path of the program's process: append without replaying the plugin's writes.
                if self._log.has_unfinished():
                    self._log.append_blindly(_finishing(finished))
                return
            if not self._replica.may_have_unfinished():
                return
        self._replica.refresh(None)
        self._replica.had_unfinished = True
        with self._log.condition:
            rows = self._replica.database.run(
                "SELECT record, owner FROM intents WHERE record IS NOT NULL"
            )
        answered = {
            record for record, owner in rows if not (self._of_earlier_runs and self._is_own(owner))
        }
        for command, arguments in _finishing(
            [(backend, record) for backend, record in finished if record in answered]
        ):
            self._replica.append(command, arguments)
        if compaction.count_unfinished(self._log, self._replica.database) == 0:
            compaction.compact(self._log, self._replica.database, self._replica.blobs)
            compaction.remove_old(self._replica.blobs)


def _finishing(finished: Sequence[tuple[str, str]]) -> list[LoggedCommand]:
    """Return the commands that finish intents, given as pairs of backend and record."""
    by_backend: defaultdict[str, list[str]] = defaultdict(list)
    for backend, record in finished:
        by_backend[backend].append(record)
    return [
        ("finish", {"backend": backend, "records": records})
        for backend, records in by_backend.items()
    ]
