"""The journal beside shared state: a log that every process replays into tables in memory.

`log.py` orders the writes of all machines, `replica.py` holds the tables, `leases.py` shows which
processes are running, `deferred.py` writes in the background, and `commands.py` defines the writes.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import ConfigurationError, OwnershipError
from vapi_provider.journal.blobs import Blobs, StoreError
from vapi_provider.journal.deferred import DeferredWrites
from vapi_provider.journal.file_migration import EarlierJournal
from vapi_provider.journal.leases import BEAT_SECONDS, Lease
from vapi_provider.journal.replica import Replica
from vapi_provider.journal.turns import FENCED, TAKEN, WRITTEN


@dataclass
class _Turn:
    """The locks among machines that a thread holds, or takes together with its intent."""

    names: tuple[str, ...]
    seen: int
    is_taken: bool = False


class SharedStore:
    """A store of many machines. Every method raises ConfigurationError if it cannot be used.

    The rows of `earlier`, this machine's earlier journal, are moved here on the first read.
    """

    is_shared = True

    def __init__(
        self,
        blobs: Blobs,
        operation: str = "",
        earlier: EarlierJournal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replica = Replica(blobs, earlier, self, clock)
        self._log = self._replica.log
        self._lease = Lease(blobs, operation, clock)
        self._deferred = DeferredWrites(self._replica, self._lease.is_of_this_operation, self.close)
        self.shown, self.own = blobs.shown, self._lease.own
        # These are the work of one part alone.
        self.run, self.age_of = self._replica.run, self._replica.age_of
        self.may_have_unfinished = self._replica.may_have_unfinished
        self.post, self.finish = self._deferred.post, self._deferred.finish
        self.let_go_owner = self._lease.let_go
        self.is_of_this_operation = self._lease.is_of_this_operation
        self._of_thread = threading.local()
        self._keys: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)
        self._contended: set[str] = set()
        self._lock = threading.Lock()
        self._is_prepared = False

    def exists(self) -> bool:
        """Return whether anything was ever written; the first call reads the log."""
        self._replica.refresh(None)
        return self._log.position > 0

    def submit(self, command: str, **arguments: Any) -> Any:
        """Write a command to the log, batched with those of other threads."""
        self._replica.refresh(None)
        result = self._replica.append(command, arguments)
        self._deferred.compact_if_due()
        turn = self._turn_of_thread()
        if turn is not None and command == "begin":
            if result == WRITTEN:
                turn.is_taken = True
            elif result != FENCED:
                # The next attempt takes its turn before it reads the account.
                self._contended.update(turn.names)
        elif turn is not None and command in ("answer", "drop"):
            turn.is_taken = False
        return result

    def hold_owner(self) -> None:
        """Hold this process's lease; it is stored when this returns."""
        with self._replica.usable():
            self._lease.hold()

    def require_lease(self) -> None:
        """Raise OwnershipError if others may soon take over what this process has begun."""
        if not self._lease.is_valid():
            raise OwnershipError(messages.LEASE_LOST(place=self.shown))

    def is_alive(self, owner: str) -> bool:
        """Return whether the owner is another process with a valid lease."""
        with self._replica.usable():
            return self._lease.is_alive(owner)

    @contextmanager
    def turn(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Hold the keys' locks among threads; the intent takes the turns among machines.

        Writing the intent takes the turns atomically, unless another process had one of them since
        this thread read the log. In that case the next attempt takes the turns first.
        """
        names = tuple(sorted({hashlib.sha256(key.encode()).hexdigest()[:32] for key in keys}))
        with ExitStack() as held:
            for name in names:
                with self._lock:
                    among_threads = self._keys[name]
                held.enter_context(among_threads)
            self._prepare_to_buy()
            self._replica.refresh()
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
        """Take this thread's locks now, before it searches for records of another run."""
        turn = self._turn_of_thread()
        if turn is not None and not turn.is_taken:
            self._take(turn, self._of_thread.wait, None)

    def turns(self) -> tuple[tuple[str, ...], int]:
        """Return the turns that this thread's next intent takes, and the position it has read."""
        turn = self._turn_of_thread()
        return ((), 0) if turn is None else (turn.names, turn.seen)

    def close(self) -> None:
        """Write what was posted, end the lease, and close the connections."""
        self._deferred.close()
        with suppress(StoreError):
            self._lease.end()
        self._replica.blobs.close()

    def _prepare_to_buy(self) -> None:
        """Take the lease in the background while the log is read: the purchase needs both."""
        with self._lock:
            if self._is_prepared:
                return
            self._is_prepared = True

        def renew() -> None:
            with suppress(StoreError, ConfigurationError):  # `hold_owner` reports the error.
                self._lease.renew(BEAT_SECONDS)

        threading.Thread(target=renew, daemon=True).start()

    def _turn_of_thread(self) -> _Turn | None:
        return getattr(self._of_thread, "turn", None)

    def _take(self, turn: _Turn, wait: Callable[[], None], held: ExitStack | None) -> None:
        """Take a turn before the intent is written, also from owners whose lease has expired.

        Raises OwnershipError if this process lost its own lease.
        """
        self.hold_owner()
        if held is not None:
            held.callback(self.let_go_owner)
        try:
            while True:
                result = self._replica.append(
                    "take_turns", {"owner": self.own, "names": list(turn.names), "seen": None}
                )
                if result == WRITTEN:
                    turn.is_taken = True
                    with self._log.condition:
                        turn.seen = self._log.position
                    return
                if result != TAKEN:
                    raise OwnershipError(messages.LEASE_LOST(place=self.shown))
                if not self._bury_expired_owners(turn.names):
                    wait()
        finally:
            if held is None:
                self.let_go_owner()

    def _bury_expired_owners(self, names: Sequence[str]) -> bool:
        """Free the turns of owners whose lease has expired; return whether there were any."""
        with self._log.condition:
            places = ", ".join("?" * len(names))
            rows = self._replica.database.run(
                f"SELECT DISTINCT owner FROM turns WHERE is_held AND name IN ({places})", *names
            )
        dead = [owner for (owner,) in rows if owner != self.own and not self.is_alive(owner)]
        for owner in dead:
            self._replica.append("bury", {"owner": owner})
        return bool(dead)
