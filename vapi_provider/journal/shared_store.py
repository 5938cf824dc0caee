"""The journal beside shared state: a log that every process replays into tables in memory.

`log.py` orders the writes of all machines, `leases.py` shows which processes live, `commands.py`
says what each write does.
"""

from __future__ import annotations

import atexit
import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from vapi_provider.errors import ConfigurationError, OwnershipError
from vapi_provider.journal import compaction
from vapi_provider.journal.blobs import Blobs, StoreError
from vapi_provider.journal.commands import COMMANDS, FENCED, TAKEN, WRITTEN
from vapi_provider.journal.earlier import EarlierJournal
from vapi_provider.journal.leases import BEAT_SECONDS, Lease
from vapi_provider.journal.log import Item, Operation, SharedLog
from vapi_provider.journal.tables import Database, transaction

FRESH_SECONDS = 1.0
"""How old the view of the journal may be that a reader is shown."""

LINGER_SECONDS = 0.05
"""How long a write that nobody waits for waits for others to go with it."""

PROGRAM_LINGER_SECONDS = 1.0
"""The same for the ids that the program sees: each look at the log disturbs the plugin a little."""

END_SECONDS = 10.0
"""How long the end of a process waits for such writes."""


@dataclass
class _Turn:
    """What a thread has to itself, or takes together with its intent."""

    names: tuple[str, ...]
    seen: int
    is_taken: bool = False


class SharedStore:
    """Store of many machines. Every method raises ConfigurationError where it cannot be used.

    What `earlier`, a journal of this machine, holds is moved here as soon as this one is read.
    """

    is_shared = True

    def __init__(
        self,
        blobs: Blobs,
        operation: str = "",
        earlier: EarlierJournal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._blobs = blobs
        self._clock = clock
        self._earlier = earlier or EarlierJournal.none()
        self._is_brought = False
        self._is_bringing = False
        self._bringing = threading.RLock()
        self._database = Database.in_memory()
        self._log = SharedLog(blobs, self._replay, self._database.restore, clock)
        self._lease = Lease(blobs, operation, clock)
        self._of_thread = threading.local()
        self._keys: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._contended: set[str] = set()
        self._written_at: dict[int, float] = {}
        self._lock = threading.Lock()
        self._posted = threading.Condition(threading.Lock())
        """Guards what the worker does."""
        self._worker: threading.Thread | None = None
        self._posts: list[Item] = []
        self._to_finish: list[tuple[str, str]] = []
        self._had_unfinished: bool | None = None
        self._asking = threading.Lock()
        self._of_earlier_runs = False
        self._wants_snapshot = False
        self._is_ending = False
        self._is_prepared = False

    @property
    def own(self) -> str:
        """The name of this process's lease."""
        return self._lease.own

    def exists(self) -> bool:
        """Return whether anything was ever written; reads the log once."""
        self._look(None)
        return self._log.position > 0

    def may_have_unfinished(self) -> bool:
        """Return whether there may be unfinished intents, by one request of this process."""
        if self._log.synced_at is not None:
            return True
        with self._asking, self._usable():
            if self._had_unfinished is None:
                self._had_unfinished = self._log.has_unfinished() or not self._earlier.is_empty()
            return self._had_unfinished

    def run(self, statement: str, *values: str | None, **named: str | None) -> list[Any]:
        """Return the rows that a statement finds, in a view that is at most a moment old."""
        self._look()
        with self._log.condition:
            return self._database.run(statement, *values, **named)

    def submit(self, command: str, **arguments: Any) -> Any:
        """Write a command to the log, in one entry with what other threads write."""
        self._look(None)
        result = self._append(command, arguments)
        if compaction.is_due(self._log, self._database):
            self._wants_snapshot = True
            self._work()
        turn = self._turn_of_thread()
        if turn is not None and command == "begin":
            if result == WRITTEN:
                turn.is_taken = True
            elif result != FENCED:
                # The next try takes its turn before it looks.
                self._contended.update(turn.names)
        elif turn is not None and command in ("answer", "drop"):
            turn.is_taken = False
        return result

    def post(self, command: str, **arguments: Any) -> None:
        """Write a command to the log with the next one, or a moment later."""
        item = Item((command, arguments))
        self._log.enqueue(item)
        with self._posted:
            self._posts.append(item)
        self._work()

    def finish(self, backend: str, records: Collection[str], *, of_earlier_runs: bool) -> None:
        """Finish intents beside the work: a run that buys nothing sends one request for it."""
        if of_earlier_runs and self._had_unfinished is False:
            return
        with self._posted:
            self._to_finish += [(backend, record) for record in records]
            self._of_earlier_runs = of_earlier_runs
        self._work()

    def hold_owner(self) -> None:
        """Hold this process's lease; the store has it when this returns."""
        with self._usable():
            self._lease.hold()

    def let_go_owner(self) -> None:
        """Let go of it with the last holder."""
        self._lease.let_go()

    def require_lease(self) -> None:
        """Raise OwnershipError where others may soon take over what this process has begun."""
        if not self._lease.is_valid():
            raise OwnershipError(
                f"the journal {self._blobs.shown} was too slow: another run could take over, so "
                "nothing was bought. Run again"
            )

    def lives(self, owner: str) -> bool:
        """Return whether another process holds its lease."""
        with self._usable():
            return self._lease.lives(owner)

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether an owner is this process, or another one of the same engine operation."""
        return self._lease.is_of_this_operation(owner)

    @contextmanager
    def turn(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Hold locks of this process's threads; machines are kept apart as the intent is written.

        An intent takes the turns in one step with itself, if nobody had them since this thread
        looked. Where somebody did, the next try takes them first.
        """
        names = tuple(sorted({hashlib.sha256(key.encode()).hexdigest()[:32] for key in keys}))
        with ExitStack() as held:
            for name in names:
                with self._lock:
                    among_threads = self._keys[name]
                held.enter_context(among_threads)
            self._prepare_to_buy()
            self._look()
            with self._log.condition:
                turn = _Turn(names, self._log.position)
            if self._contended.intersection(names):
                self._take(turn, wait, held)
                self._contended.difference_update(names)
            self._of_thread.turn, self._of_thread.wait = turn, wait
            try:
                yield
            finally:
                self._of_thread.turn = None
                if turn.is_taken:
                    self.post("free_turns", owner=self.own, names=list(names))

    def take_turn(self) -> None:
        """Take this thread's turn now: it is about to look for what another run left."""
        turn = self._turn_of_thread()
        if turn is not None and not turn.is_taken:
            self._take(turn, self._of_thread.wait, None)

    def turns(self) -> tuple[tuple[str, ...], int]:
        """Return the turns that this thread's next intent takes."""
        turn = self._turn_of_thread()
        return ((), 0) if turn is None else (turn.names, turn.seen)

    def age_of(self, boot: str) -> float | None:
        """Return how long ago the log entry of an intent was written, by the store's clock."""
        if not boot.startswith("log:"):
            return None
        position = int(boot.removeprefix("log:"))
        with self._usable():
            if position not in self._written_at:
                for name, age in self._blobs.ages("log/").items():
                    at = int(name.removeprefix("log/").partition(".")[0])
                    self._written_at.setdefault(at, self._clock() - age)
        # What is not there any more was removed because it is old.
        written = self._written_at.setdefault(position, self._clock() - compaction.KEPT_SECONDS)
        return self._clock() - written

    def close(self) -> None:
        """Write what was posted, end the lease, and close the connections."""
        with self._posted:
            self._is_ending = True
            self._posted.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join(END_SECONDS)
            self._worker = None
        with suppress(StoreError):
            self._lease.end()
        self._blobs.close()
        atexit.unregister(self.close)

    def _work(self) -> None:
        """Let the worker do what waits; it ends with the process."""
        with self._posted:
            if self._worker is None:
                self._is_ending = False
                self._worker = threading.Thread(target=self._do_work, daemon=True)
                self._worker.start()
                atexit.register(self.close)
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
                    # Others come soon: they share an entry, or a look at the log.
                    is_program = self._to_finish and not self._of_earlier_runs
                    linger = PROGRAM_LINGER_SECONDS if is_program else LINGER_SECONDS
                    self._posted.wait_for(lambda: self._is_ending, linger)
                posts, self._posts = self._posts, []
                finished, self._to_finish = self._to_finish, []
                is_over = self._is_ending and not posts and not finished
            if is_over:
                return
            # The next run finds out what cannot be written.
            with suppress(StoreError, ConfigurationError):
                for item in posts:
                    self._log.wait_for(item)
                if finished:
                    self._finish(finished)
                if compaction.is_due(self._log, self._database):
                    compaction.compact(self._log, self._database, self._blobs)

    def _finish(self, finished: Sequence[tuple[str, str]]) -> None:
        by_backend: defaultdict[str, list[str]] = defaultdict(list)
        for backend, record in finished:
            by_backend[backend].append(record)
        commands: list[Operation] = [
            ("finish", {"backend": backend, "records": records})
            for backend, records in by_backend.items()
        ]
        if self._log.synced_at is None:
            if not self._of_earlier_runs:
                # The plugin writes a lot meanwhile, and it does not matter what.
                if self._log.has_unfinished():
                    self._log.append_blindly(commands)
                return
            if not self.may_have_unfinished():
                return
        self._look(None)
        self._had_unfinished = True
        with self._log.condition:
            rows = self._database.run("SELECT record FROM intents WHERE record IS NOT NULL")
        answered = {record for (record,) in rows}
        if any(record in answered for _, record in finished):
            for command, arguments in commands:
                self._append(command, arguments)
        if compaction.count_unfinished(self._log, self._database) == 0:
            compaction.compact(self._log, self._database, self._blobs)
            compaction.remove_old(self._blobs)

    def _append(self, command: str, arguments: dict[str, Any]) -> Any:
        with self._usable():
            return self._log.append(Item((command, arguments)))

    def _look(self, fresh_seconds: float | None = FRESH_SECONDS) -> None:
        """Read what others have written, if this process has not for a while; None: if never."""
        synced = self._log.synced_at
        if synced is None or (fresh_seconds is not None and self._clock() - synced > fresh_seconds):
            with self._usable():
                self._log.sync()
        if not self._is_brought:
            with self._bringing:
                if not self._is_brought and not self._is_bringing:
                    self._is_bringing = True
                    try:
                        self._is_brought = self._earlier.move_to(self)
                    finally:
                        self._is_bringing = False

    def _replay(self, position: int, operations: Sequence[Operation]) -> list[Any]:
        database = self._database
        database.position = position
        with transaction(database.connection):
            results: list[Any] = []
            for command, arguments in operations:
                if command not in COMMANDS:
                    raise ConfigurationError(
                        f"the journal {self._blobs.shown} was written by a later version of this "
                        "package: install that version, or set VAPI_JOURNAL to another place"
                    )
                results.append(COMMANDS[command](database, **arguments))
            return results

    def _prepare_to_buy(self) -> None:
        """Take the lease while the log is being read: the first purchase waits for both."""
        with self._lock:
            if self._is_prepared:
                return
            self._is_prepared = True

        def renew() -> None:
            with suppress(StoreError, ConfigurationError):  # `hold_owner` finds out.
                self._lease.renew(BEAT_SECONDS)

        threading.Thread(target=renew, daemon=True).start()

    def _turn_of_thread(self) -> _Turn | None:
        return getattr(self._of_thread, "turn", None)

    def _take(self, turn: _Turn, wait: Callable[[], None], held: ExitStack | None) -> None:
        """Take a turn before the intent is written; bury whoever died with it."""
        self.hold_owner()
        if held is not None:
            held.callback(self.let_go_owner)
        try:
            while True:
                result = self._append(
                    "take_turns", {"owner": self.own, "names": list(turn.names), "seen": None}
                )
                if result == WRITTEN:
                    turn.is_taken = True
                    with self._log.condition:
                        turn.seen = self._log.position
                    return
                if result != TAKEN:
                    raise OwnershipError("this run lost its lease of the journal: run again")
                if not self._bury_the_dead(turn.names):
                    wait()
        finally:
            if held is None:
                self.let_go_owner()

    def _bury_the_dead(self, names: Sequence[str]) -> bool:
        """Take turns from owners whose lease ran out; return whether there were any."""
        with self._log.condition:
            places = ", ".join("?" * len(names))
            rows = self._database.run(
                f"SELECT DISTINCT owner FROM turns WHERE is_held AND name IN ({places})", *names
            )
        dead = [owner for (owner,) in rows if owner != self.own and not self.lives(owner)]
        for owner in dead:
            self._append("bury", {"owner": owner})
        return bool(dead)

    @contextmanager
    def _usable(self) -> Generator[None]:
        try:
            yield
        except StoreError as error:
            raise ConfigurationError(
                f"the journal {self._blobs.shown} cannot be reached ({error}): nothing was bought. "
                "Try again, or set VAPI_JOURNAL to a store or file that can be reached"
            ) from None
