"""The journal's file: one SQLite database, opened when it is needed, shared by threads.

SQL and disks are here; what an intent means is `journal.py`'s.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.private_file import make_private

VERSION = 2
"""Of the tables; in SQLite's `user_version`, which the first version left at 0."""

_SCRUB = 1
"""The tables are up to date, and pages that were freed still hold what the first version wrote."""

_TABLES = (
    """
CREATE TABLE IF NOT EXISTS intents (
    backend TEXT NOT NULL,
    key TEXT NOT NULL,
    account TEXT NOT NULL,
    organizations TEXT NOT NULL,
    body TEXT NOT NULL,
    since TEXT NOT NULL,
    known TEXT NOT NULL,
    owner TEXT NOT NULL,
    boot TEXT NOT NULL,
    late_until REAL NOT NULL,
    late_seconds REAL NOT NULL,
    sent_at REAL,
    repeats INTEGER NOT NULL,
    record TEXT,
    PRIMARY KEY (backend, key)
)""",
    """
CREATE TABLE IF NOT EXISTS held (
    backend TEXT NOT NULL,
    key TEXT NOT NULL,
    record TEXT NOT NULL,
    account TEXT NOT NULL,
    organizations TEXT NOT NULL,
    repeated TEXT,
    PRIMARY KEY (record, backend, key)
)""",
    """
CREATE TABLE IF NOT EXISTS unique_texts (
    text TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (text, record)
)""",
    "CREATE INDEX IF NOT EXISTS held_by_key ON held (backend, key)",
    "CREATE INDEX IF NOT EXISTS texts_of_record ON unique_texts (record)",
    "CREATE INDEX IF NOT EXISTS answered ON intents (record) WHERE record IS NOT NULL",
    # The closing of each intent asks for them, and there are next to none.
    "CREATE INDEX IF NOT EXISTS unanswered ON intents (backend) WHERE record IS NULL",
)

_WRITE = """
INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT DO UPDATE SET
    account = excluded.account,
    organizations = excluded.organizations,
    body = excluded.body,
    known = CASE WHEN owner = excluded.owner AND since = excluded.since
        THEN known ELSE excluded.known END,
    since = excluded.since,
    owner = excluded.owner,
    boot = excluded.boot,
    late_until = excluded.late_until,
    late_seconds = excluded.late_seconds,
    sent_at = excluded.sent_at,
    repeats = excluded.repeats,
    record = NULL"""

_FIRST_VERSION = """
INSERT OR IGNORE INTO intents
SELECT identity(backend), declaration, account, '[]', body, since, known, owner, '', 0, ?, NULL, 0,
    record
FROM open_intents"""

R = TypeVar("R")


class JournalFile:
    """Statements on the journal. Every method raises ConfigurationError where it cannot be used.

    `identity` turns the URL of a backend, which the first version wrote as it was, into a digest;
    such intents are given `late_seconds` again.
    """

    def __init__(self, path: Path, identity: Callable[[str], str], late_seconds: float) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._identity = identity
        self._late_seconds = late_seconds
        self._connection: sqlite3.Connection | None = None
        self._synced: sqlite3.Connection | None = None

    def exists(self) -> bool:
        """Return whether anything was ever written; asking creates nothing."""
        return self.path.exists()

    def run(self, statement: str, *values: str | None, **named: str | None) -> list[Any]:
        """Return the rows that a statement finds; its places are all `?` or all named."""
        # Fetched under the lock: an open cursor would show the next reader the past.
        return self._executed(statement, named or values, lambda cursor: cursor.fetchall())

    def change(self, statement: str, *values: str | None, **named: str | None) -> int:
        """Return how many rows a statement changed."""
        return self._executed(statement, named or values, lambda cursor: cursor.rowcount)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Run several statements of this thread as one, or none of them."""
        with self.lock:
            try:
                connection = self._connect()
                with _transaction(connection):
                    yield
            except (sqlite3.Error, OSError) as error:
                raise self.unusable(error) from None

    def _executed(
        self,
        statement: str,
        values: Sequence[str | None] | Mapping[str, str | None],
        read: Callable[[sqlite3.Cursor], R],
    ) -> R:
        try:
            with self.lock:
                return read(self._connect().execute(statement, values))
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(error) from None

    def write(self, rows: Sequence[tuple[str | float | None, ...]]) -> None:
        """Write intents in one transaction, synced to the disk."""
        try:
            with self.lock:
                if self._synced is None:
                    self._connect()
                    # Only an intent must survive the machine: what is lost of the rest is found
                    # again.
                    self._synced = self._opened("FULL")
                with _transaction(self._synced):
                    self._synced.executemany(_WRITE, rows)
        except (sqlite3.Error, OSError) as error:
            raise self.unusable(error) from None

    def unusable(self, error: Exception) -> ConfigurationError:
        """Return what to raise for `error`: one line that says what to do."""
        return ConfigurationError(
            f"the journal {self.path} cannot be used ({error}): make room, or set VAPI_JOURNAL to "
            "a file that can be written"
        )

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            make_private(self.path)
            connection = self._opened("NORMAL")
            self._bring_up_to_date(connection)
            self._connection = connection
        return self._connection

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConfigurationError(
                f"the journal {self.path} was written by a later version of this package: install "
                "that version, or set VAPI_JOURNAL to another file"
            )
        if version == VERSION:
            return
        connection.create_function("identity", 1, self._identity, deterministic=True)
        with _transaction(connection):
            for statement in _TABLES:
                connection.execute(statement)
            is_old = version == _SCRUB or _has_table(connection, "open_intents")
            if _has_table(connection, "open_intents"):
                connection.execute(_FIRST_VERSION, (self._late_seconds,))
                connection.execute("DROP TABLE open_intents")
            connection.execute(f"PRAGMA user_version = {_SCRUB if is_old else VERSION}")
        if is_old:
            # The first version wrote a backend's URL, which may hold a password: free pages and
            # the write-ahead log have it still. Where another process holds the file, the next
            # one that opens it tries again.
            connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                connection.execute(f"PRAGMA user_version = {VERSION}")

    def _opened(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        # Python warns of one that is left open, from 3.13 on. Not at the end: threads may write.
        weakref.finalize(self, connection.close).atexit = False
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
    )
    return found.fetchone() is not None
