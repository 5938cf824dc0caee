"""Leases of purchasing processes, in a shared journal.

A purchasing process renews its lease every few seconds. Other processes judge it by the lease's
age, by the store's clock. The process itself uses its own monotonic clock, from before it sent the
renewal, and stops sending POSTs long before others may consider it dead. No two clocks are
compared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.blobs import Blobs, StoreError
from vapi_provider.journal.owner import Owner

BEAT_SECONDS = 5.0
"""The interval between two renewals of a lease."""

HOLD_SECONDS = 15.0
"""The time after its last successful renewal in which a process may send a POST."""

DEAD_SECONDS = 30.0
"""The age of a lease at which others take over: twice `HOLD_SECONDS`, to allow a slow request."""

IDLE_SECONDS = 1.0
"""The time after its last purchase in which a process keeps its lease."""

AGES_CACHED_SECONDS = 1.0
"""The time for which the ages of all leases are cached."""

PREFIX = "owners/"


class Lease(Owner):
    """The lease of this process, and its view of those of others; shared by threads.

    It is given up after a moment without purchases. Methods raise StoreError, and
    ConfigurationError for a store without conditional puts.
    """

    def __init__(
        self, blobs: Blobs, operation: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(operation)
        self._blobs = blobs
        self._clock = clock
        self._condition = threading.Condition(threading.Lock())
        self._renewal_lock = threading.Lock()
        self._holders = 0
        self._renewed: float | None = None
        self._is_checked = False
        self._thread: threading.Thread | None = None
        self._ages: tuple[float, dict[str, float]] | None = None
        self._ages_lock = threading.Lock()

    def hold(self) -> None:
        """Hold the lease until `let_go` was called as often; it is stored when this returns."""
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
        """Release the lease; it ends shortly after its last holder has released it."""
        with self._condition:
            self._holders -= 1
            self._condition.notify_all()

    def renew(self, older_than: float) -> None:
        """Renew the lease if the last renewal is older than the given seconds."""
        with self._renewal_lock:
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
        """Return whether no other process can consider this one dead while it purchases."""
        with self._condition:
            if self._holders == 0:
                return True  # No purchase is in progress.
            return self._renewed is not None and self._clock() - self._renewed < HOLD_SECONDS

    def is_alive(self, owner: str) -> bool:
        """Return whether the owner is another process with a valid lease, by the store's clock."""
        if owner == self.own:
            return False
        with self._ages_lock:
            now = self._clock()
            if self._ages is None or now - self._ages[0] > AGES_CACHED_SECONDS:
                self._ages = (now, dict(self._blobs.ages(PREFIX)))
            return self._ages[1].get(self._name(owner), DEAD_SECONDS) < DEAD_SECONDS

    def end(self) -> None:
        """Remove the lease from the store."""
        with self._renewal_lock:
            if self._renewed is not None:
                with self._condition:
                    self._renewed = None
                self._blobs.remove([self._name(self.own)])

    def _check_conditions(self) -> None:
        """Take the lease, once per process, and check that the store grants it only once.

        Raises ConfigurationError for a store without conditional puts.
        """
        name = self._name(self.own)
        with ThreadPoolExecutor(2) as both:
            # Concurrent puts: they expose a store whose check and write are not atomic.
            taken = list(both.map(self._blobs.create, [name] * 2, ["{}"] * 2))
        if all(taken):
            raise ConfigurationError(messages.STORE_WITHOUT_CONDITIONS(place=self._blobs.shown))
        self._is_checked = True

    def _keep(self) -> None:
        """Renew the lease while it is held, and end it shortly afterwards."""
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
                # A lease that is left behind expires by itself.
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
