"""Texts of a shared journal in PostgreSQL: the table `vapi_journal`, beside Pulumi's own table.

psycopg is imported when the journal is used.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vapi_provider.journal.blobs import StoreError, one_line
from vapi_provider.journal.store_credentials import connection_string
from vapi_provider.settings.journal_location import Location

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 10

_TABLE = """
CREATE TABLE IF NOT EXISTS vapi_journal (
    name text COLLATE "C" PRIMARY KEY,
    body text NOT NULL,
    put_at timestamptz NOT NULL DEFAULT clock_timestamp()
)"""


class PostgresBlobs:
    """Texts stored as rows of one table.

    Thread-safe: each statement has a connection of its own while it runs.
    """

    def __init__(self, location: Location) -> None:
        self.shown = location.shown
        self._location = location
        self._lock = threading.Lock()
        self._free: list[psycopg.Connection[Any]] = []
        self._has_table = False

    def create(self, name: str, text: str) -> bool:
        """Insert a row, and return False if the name is taken."""
        return bool(
            self._run(
                "INSERT INTO vapi_journal (name, body) VALUES (%s, %s) ON CONFLICT DO NOTHING"
                " RETURNING 1",
                (name, text),
            )
        )

    def put(self, name: str, text: str) -> None:
        """Insert a row, or replace that of the same name."""
        self._run(
            "INSERT INTO vapi_journal (name, body) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE"
            " SET body = excluded.body, put_at = clock_timestamp() RETURNING 1",
            (name, text),
        )

    def names(self, prefix: str, after: str = "") -> Sequence[str]:
        """Return the names, sorted by their bytes."""
        rows = self._run(
            "SELECT name FROM vapi_journal WHERE name > %s AND name >= %s AND name < %s"
            " ORDER BY name",
            (after, prefix, f"{prefix}\x7f"),
        )
        return [name for (name,) in rows]

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the texts of the rows that exist."""
        if not names:
            return {}
        return dict(
            self._run("SELECT name, body FROM vapi_journal WHERE name = ANY(%s)", (list(names),))
        )

    def ages(self, prefix: str) -> Mapping[str, float]:
        """Return ages by the server's clock."""
        rows = self._run(
            "SELECT name, extract(epoch FROM clock_timestamp() - put_at)::float8 FROM vapi_journal"
            " WHERE name >= %s AND name < %s",
            (prefix, f"{prefix}\x7f"),
        )
        return dict(rows)

    def remove(self, names: Collection[str]) -> None:
        """Delete rows."""
        self._run("DELETE FROM vapi_journal WHERE name = ANY(%s) RETURNING 1", (list(names),))

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            closing, self._free = self._free, []
        for connection in closing:
            connection.close()

    def _run(self, statement: str, values: Sequence[Any]) -> list[Any]:
        # Lazy import: most runs use another store.
        try:
            import psycopg
        except ImportError as error:  # psycopg without its `binary` extra, and no libpq.
            raise StoreError(one_line(str(error))) from None

        try:
            try:
                return self._on_connection(statement, values)
            except psycopg.OperationalError:
                # A pooler or a restart may have closed an idle connection. Running a statement
                # twice is harmless: the statements are idempotent, and the log recognizes its own
                # entry.
                self.close()
                return self._on_connection(statement, values)
        except psycopg.Error as error:
            raise StoreError(one_line(str(error)) or type(error).__name__) from None

    def _on_connection(self, statement: str, values: Sequence[Any]) -> list[Any]:
        with self._lock:
            connection = self._free.pop() if self._free else None
        if connection is None:
            connection = self._connect()
        try:
            # Bytes satisfy the type that psycopg requires; the statements are constants.
            result = connection.execute(statement.encode(), values).fetchall()
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._free.append(connection)
        return result

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg

        connection = psycopg.connect(
            connection_string(self._location),
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            # A pooler does not keep prepared statements between clients.
            prepare_threshold=None,
        )
        try:
            timeout = f"{STATEMENT_SECONDS}s"
            connection.execute("SELECT set_config('statement_timeout', %s, false)", (timeout,))
            with self._lock:
                if not self._has_table:
                    if not _exists(connection):
                        _make_table(connection)
                    self._has_table = True
        except BaseException:
            connection.close()
            raise
        return connection


def _exists(connection: psycopg.Connection[Any]) -> bool:
    # A role may be allowed to use the table but not to create it.
    row = connection.execute("SELECT to_regclass('vapi_journal') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _make_table(connection: psycopg.Connection[Any]) -> None:
    import psycopg

    # If two processes create the table at once, PostgreSQL fails one, at the row of the table or of
    # its type in the catalog, and the table exists.
    errors = psycopg.errors
    with suppress(errors.UniqueViolation, errors.DuplicateObject, errors.DuplicateTable):
        connection.execute(_TABLE)
