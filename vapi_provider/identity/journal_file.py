"""The journal's file: one SQLite database, opened when it is needed, shared by threads.

Knows SQL and disks; what an intent means is `journal.py`'s.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

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
    PRIMARY KEY (account, backend, declaration)
)"""

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


class JournalFile:
    """Statements on the journal. Every method raises ConfigurationError where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def exists(self) -> bool:
        """Whether anything was ever written; nothing is made by asking."""
        return self.path.exists()

    def run(self, statement: str, *values: str | None) -> list[Any]:
        """The rows of one statement, which is a transaction of its own."""
        try:
            with self.lock:
                # Fetched here: an open cursor would show the next reader the past.
                return self._connect().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(error) from None

    def write(self, rows: Iterable[tuple[str | float, ...]]) -> None:
        """Writes intents in one transaction, synced to the disk."""
        try:
            connection = self._connect()
            # Only an intent must survive the machine: what is lost of the rest is found again.
            connection.execute("PRAGMA synchronous = FULL")
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(_WRITE, rows)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                connection.execute("PRAGMA synchronous = NORMAL")
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
            self._connection = sqlite3.connect(
                self.path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute(_TABLE)
        return self._connection
