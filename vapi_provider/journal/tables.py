"""The journal's tables in SQLite, and statements on them.

A file store keeps them in its file; a shared journal replays its log into a copy in memory.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

Values = Sequence[str | float | None] | Mapping[str, str | float | None]

TABLES = (
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
)

INDEXES = (
    # Each purchase looks for intents of other owners, and many runs have none.
    "CREATE INDEX IF NOT EXISTS intents_by_owner ON intents (owner)",
    "CREATE INDEX IF NOT EXISTS held_by_key ON held (backend, key)",
    "CREATE INDEX IF NOT EXISTS texts_of_record ON unique_texts (record)",
    "CREATE INDEX IF NOT EXISTS answered ON intents (record) WHERE record IS NOT NULL",
    # Finishing an intent updates the open intents, of which there are few.
    "CREATE INDEX IF NOT EXISTS unanswered ON intents (backend) WHERE record IS NULL",
)

SHARED_TABLES = (
    # Locks: the owner that creates a record of a name, number or SIP URI.
    "CREATE TABLE turns (name TEXT PRIMARY KEY, owner TEXT NOT NULL, is_held INTEGER NOT NULL,"
    " position INTEGER NOT NULL)",
    # Owners whose lease has expired: their later writes are refused.
    "CREATE TABLE buried (owner TEXT PRIMARY KEY, position INTEGER NOT NULL)",
    # The newest log entry whose free turns a snapshot omits.
    "CREATE TABLE pruned (position INTEGER NOT NULL)",
)

NAMES = ("intents", "held", "unique_texts", "turns", "buried", "pruned")
"""All tables, in the order of a snapshot."""


class Database:
    """A connection to the tables. `position` is that of the log entry being replayed."""

    def __init__(self, connection: sqlite3.Connection, *, is_shared: bool) -> None:
        self.connection = connection
        self.is_shared = is_shared
        self.position = 0
        # Python 3.13 and newer warn of an unclosed connection. Do not close it at exit: daemon
        # threads may still write.
        weakref.finalize(self, connection.close).atexit = False

    @classmethod
    def in_memory(cls) -> Database:
        """Return empty tables of a shared journal."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        for statement in (*TABLES, *INDEXES, *SHARED_TABLES):
            connection.execute(statement)
        return cls(connection, is_shared=True)

    def run(self, statement: str, *values: str | float | None, **named: str | float | None) -> Any:
        """Return the rows that a statement finds; its parameters are all `?` or all named."""
        return self.connection.execute(statement, named or values).fetchall()

    def dump(self) -> dict[str, list[list[Any]]]:
        """Return the rows of all tables."""
        return {name: [list(row) for row in self.run(f"SELECT * FROM {name}")] for name in NAMES}

    def restore(self, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Replace the rows of all tables by those of a `dump`."""
        with transaction(self.connection):
            for name in NAMES:
                self.connection.execute(f"DELETE FROM {name}")
                for row in tables[name]:
                    places = ", ".join("?" * len(row))
                    self.connection.execute(f"INSERT INTO {name} VALUES ({places})", row)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Run the statements of the block in one transaction, rolled back on an exception."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
