"""Leases of the processes that buy, in a shared journal.

A process that buys puts its mark again every few seconds. Others judge it by the age of the mark,
by the store's clock; the process itself counts by its own monotonic clock, from before it sent the
mark, and sends no POST long before others may think that it is dead. No two clocks are compared.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.blobs import Blobs, StoreError

BEAT_SECONDS = 5.0
"""How often a process that buys shows that it lives."""

HOLD_SECONDS = 15.0
"""How long after its last mark, that the store has taken, a process may send a POST."""

DEAD_SECONDS = 30.0
"""How old a mark must be for others to take over. Twice `HOLD_SECONDS`, and a slow request."""

IDLE_SECONDS = 1.0
"""How long after its last purchase a process keeps its lease."""

LOOK_SECONDS = 1.0
"""For how long an answer to "does it live" serves all threads."""

PREFIX = "owners/"


class Lease:
    """The lease of this process, and its view of those of others; shared by threads.

    It is given up when nothing was bought for a moment. Methods raise StoreError, or
    ConfigurationError where the store cannot be trusted.
    """

    def __init__(
        self, blobs: Blobs, operation: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._blobs = blobs
        self._clock = clock
        self._operation = hashlib.sha256(operation.encode()).hexdigest()[:8] if operation else ""
        self.own = self._operation + uuid.uuid4().hex[len(self._operation) :]
        self._condition = threading.Condition(threading.Lock())
        self._beating = threading.Lock()
        self._holders = 0
        self._renewed: float | None = None
        self._is_checked = False
        self._thread: threading.Thread | None = None
        self._ages: tuple[float, dict[str, float]] | None = None
        self._looking = threading.Lock()

    def hold(self) -> None:
        """Hold the lease until `let_go` was called as often; the store has it when this returns."""
        with self._condition:
            self._holders += 1
        try:
            self.renew(BEAT_SECONDS)
        except BaseException:
            self.let_go()
            raise
        with self._condition:
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep, daemon=True)
                self._thread.start()

    def let_go(self) -> None:
        """Let the lease end soon, with its last holder."""
        with self._condition:
            self._holders -= 1
            self._condition.notify_all()

    def renew(self, older_than: float) -> None:
        """Put the mark again where the last one is older than so many seconds."""
        with self._beating:
            if self._renewed is not None and self._clock() - self._renewed < older_than:
                return
            begun = self._clock()
            if not self._is_checked:
                self._check_conditions()
            else:
                self._blobs.put(self._name(self.own), "{}")
            with self._condition:
                self._renewed = begun

    def is_valid(self) -> bool:
        """Return whether no other process can think that this one, which buys, is dead."""
        with self._condition:
            if self._holders == 0:
                return True  # Nothing is about to be bought.
            return self._renewed is not None and self._clock() - self._renewed < HOLD_SECONDS

    def lives(self, owner: str) -> bool:
        """Return whether another process holds its lease, by the store's clock."""
        if owner == self.own:
            return False
        with self._looking:
            now = self._clock()
            if self._ages is None or now - self._ages[0] > LOOK_SECONDS:
                self._ages = (now, dict(self._blobs.ages(PREFIX)))
            return self._ages[1].get(self._name(owner), DEAD_SECONDS) < DEAD_SECONDS

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether an owner is this process, or another one of the same engine operation."""
        return owner == self.own or bool(self._operation and owner.startswith(self._operation))

    def end(self) -> None:
        """Give the lease up."""
        with self._beating:
            if self._renewed is not None:
                with self._condition:
                    self._renewed = None
                self._blobs.remove([self._name(self.own)])

    def _check_conditions(self) -> None:
        """Take the lease, and refuse a store that would give it twice; once a process."""
        name = self._name(self.own)
        with ThreadPoolExecutor(2) as both:
            # At once: a store that checks and writes in two steps shows it only then.
            taken = list(both.map(self._blobs.create, [name] * 2, ["{}"] * 2))
        if all(taken):
            raise ConfigurationError(
                f"the store {self._blobs.shown} takes a second conditional put of one name, so two "
                "runs could buy one number: nothing was bought. Set VAPI_JOURNAL=<path> for a "
                "journal in a file of this machine, or use a store with conditional puts"
            )
        self._is_checked = True

    def _keep(self) -> None:
        """Renew the lease while it is held, and give it up a moment after."""
        idle_since: float | None = None
        while True:
            with self._condition:
                if self._holders > 0:
                    idle_since = None
                    self._condition.wait(BEAT_SECONDS / 2)
                elif idle_since is None:
                    idle_since = self._clock()
                else:
                    self._condition.wait(IDLE_SECONDS / 2)
                is_over = (
                    self._holders == 0
                    and idle_since is not None
                    and self._clock() - idle_since >= IDLE_SECONDS
                )
                if is_over:
                    self._thread = None
            if is_over:
                # A lease that stays behind runs out by itself.
                with suppress(StoreError):
                    self._end_unless_held()
                return
            if self._holders > 0:
                with suppress(StoreError, ConfigurationError):
                    self.renew(BEAT_SECONDS)

    def _end_unless_held(self) -> None:
        with self._condition:
            if self._holders > 0:
                return
        self.end()

    def _name(self, owner: str) -> str:
        return f"{PREFIX}{owner}"
