"""The tables of a shared journal, which this process replays from the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal import compaction
from vapi_provider.journal.blobs import Blobs, StoreError
from vapi_provider.journal.commands import COMMANDS
from vapi_provider.journal.entries import Item, LoggedCommand, position_of
from vapi_provider.journal.file_migration import EarlierJournal
from vapi_provider.journal.log import SharedLog
from vapi_provider.journal.tables import Database, transaction

if TYPE_CHECKING:
    from vapi_provider.journal.store import Store

FRESH_SECONDS = 1.0
"""The maximum age of the view that a reader gets."""


class Replica:
    """The log and its tables; shared by threads. Methods raise ConfigurationError.

    The rows of `earlier`, this machine's earlier journal, are moved to `store` on the first read.
    """

    def __init__(
        self,
        blobs: Blobs,
        earlier: EarlierJournal | None,
        store: Store,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.blobs = blobs
        self.database = Database.in_memory()
        self.log = SharedLog(blobs, self._replay, self.database.restore, clock)
        self.had_unfinished: bool | None = None
        """Whether earlier runs left unfinished intents; None before the first request."""
        self._clock = clock
        self._store = store
        self._earlier = earlier
        self._is_moving = False
        self._move_lock = threading.RLock()
        self._first_read = threading.Lock()
        self._written_at: dict[int, float] = {}

    def may_have_unfinished(self) -> bool:
        """Return whether there may be unfinished intents; the first call sends one request."""
        if self.log.synced_at is not None:
            return True
        with self._first_read, self.usable():
            if self.had_unfinished is None:
                earlier = self._earlier
                is_moved = earlier is None or earlier.is_empty()
                self.had_unfinished = self.log.has_unfinished() or not is_moved
            return self.had_unfinished

    def run(self, statement: str, *values: str | None, **named: str | None) -> list[Any]:
        """Return the rows that a statement finds, in a view at most `FRESH_SECONDS` old."""
        self.refresh()
        with self.log.condition:
            return self.database.run(statement, *values, **named)

    def age_of(self, boot: str) -> float | None:
        """Return the age of an intent's log entry, by the store's clock; None without an entry."""
        if not boot.startswith("log:"):
            return None
        position = int(boot.removeprefix("log:"))
        with self.usable():
            if position not in self._written_at:
                for name, age in self.blobs.ages("log/").items():
                    self._written_at.setdefault(position_of(name), self._clock() - age)
        # An entry that no longer exists was removed because of its age.
        written = self._written_at.setdefault(
            position, self._clock() - compaction.ENTRY_KEPT_SECONDS
        )
        return self._clock() - written

    def append(self, command: str, arguments: dict[str, Any]) -> Any:
        """Write a command to the log, and return its result."""
        item = Item((command, arguments))
        with self.usable():
            self.log.enqueue(item)
            return self.log.wait_for(item)

    def refresh(self, fresh_seconds: float | None = FRESH_SECONDS) -> None:
        """Read the log if the last read is older than `fresh_seconds`; with None, only if never."""
        synced = self.log.synced_at
        if synced is None or (fresh_seconds is not None and self._clock() - synced > fresh_seconds):
            with self.usable():
                self.log.sync()
        with self._move_lock:
            if self._earlier is not None and not self._is_moving:
                self._is_moving = True
                try:
                    if self._earlier.move_to(self._store):
                        self._earlier = None
                finally:
                    self._is_moving = False

    def _replay(self, position: int, commands: Sequence[LoggedCommand]) -> list[Any]:
        database = self.database
        database.position = position
        with transaction(database.connection):
            results: list[Any] = []
            for command, arguments in commands:
                if command not in COMMANDS:
                    raise ConfigurationError(
                        messages.JOURNAL_OF_LATER_VERSION(place=self.blobs.shown)
                    )
                results.append(COMMANDS[command](database, **arguments))
            return results

    @contextmanager
    def usable(self) -> Generator[None]:
        """Convert a StoreError to a ConfigurationError that tells the user what to do."""
        try:
            yield
        except StoreError as error:
            raise ConfigurationError(
                messages.JOURNAL_UNREACHABLE(place=self.blobs.shown, cause=error)
            ) from None
