"""The journal's file: one SQLite database, opened when it is needed, shared by threads.

Knows SQL and disks; what an intent means is `journal.py`'s.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from vapi_provider.errors import ConfigurationError

_TABLE = """
CREATE TABLE IF NOT EXISTS open_intents (
    account TEXT NOT NULL,
    backend TEXT NOT NULL,
    declaration TEXT NOT NULL,
    body TEXT NOT NULL,
    since TEXT NOT NULL,
    known TEXT NOT NULL,
    owner TEXT NOT NULL,
    late_until REAL NOT NULL,
    record TEXT,
    PRIMARY KEY (account, declaration, backend)
)"""

# Each number's closing asks for them, and there are next to none.
_UNANSWERED = """
CREATE INDEX IF NOT EXISTS unanswered ON open_intents (account) WHERE record IS NULL"""

_WRITE = """
INSERT INTO open_intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT DO UPDATE SET
    body = excluded.body,
    known = CASE WHEN owner = excluded.owner AND since = excluded.since
        THEN known ELSE excluded.known END,
    since = excluded.since,
    owner = excluded.owner,
    late_until = excluded.late_until,
    record = NULL"""

R = TypeVar("R")


def _bound(statement: str, values: Sequence[str | None]) -> Any:
    """Return the values as a statement with numbered places takes them: Python 3.14 wants names."""
    if "?1" not in statement:
        return values
    return {str(place): value for place, value in enumerate(values, start=1)}


class JournalFile:
    """Statements on the journal. Every method raises ConfigurationError where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._synced: sqlite3.Connection | None = None

    def exists(self) -> bool:
        """Whether anything was ever written; nothing is made by asking."""
        return self.path.exists()

    def run(self, statement: str, *values: str | None) -> list[Any]:
        """The rows that a statement finds."""
        # Fetched under the lock: an open cursor would show the next reader the past.
        return self._executed(statement, values, lambda cursor: cursor.fetchall())

    def change(self, statement: str, *values: str | None) -> int:
        """How many rows a statement changes; it is a transaction of its own."""
        return self._executed(statement, values, lambda cursor: cursor.rowcount)

    def _executed(
        self, statement: str, values: Sequence[str | None], read: Callable[[sqlite3.Cursor], R]
    ) -> R:
        try:
            with self.lock:
                return read(self._connect().execute(statement, _bound(statement, values)))
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(error) from None

    def write(self, rows: Sequence[tuple[str | float, ...]]) -> None:
        """Writes intents in one transaction, synced to the disk."""
        try:
            with self.lock:
                if self._synced is None:
                    self._connect()
                    # Only an intent must survive the machine: what is lost of the rest is found
                    # again.
                    self._synced = self._opened("FULL")
                self._synced.execute("BEGIN IMMEDIATE")
                try:
                    self._synced.executemany(_WRITE, rows)
                    self._synced.execute("COMMIT")
                finally:
                    if self._synced.in_transaction:
                        self._synced.execute("ROLLBACK")
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(error) from None

    def unusable(self, error: Exception) -> ConfigurationError:
        """What to raise for `error`, in one line that says what to do."""
        return ConfigurationError(
            f"the journal {self.path} cannot be used ({error}): make room, or set VAPI_JOURNAL to "
            "a file that can be written"
        )

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(self.path.open("a")):
                os.chmod(self.path, 0o600)
            self._connection = self._opened("NORMAL")
            self._connection.execute(_TABLE)
            self._connection.execute(_UNANSWERED)
        return self._connection

    def _opened(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        # Python warns of one that is left open, from 3.13 on. Not at the end: threads may write.
        weakref.finalize(self, connection.close).atexit = False
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection
