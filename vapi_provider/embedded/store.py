"""The SQLite file of one embedded account: opening it, sharing it, transactions.

Threads and processes may use it at once: a write transaction holds SQLite's lock from its first
read on. `records.py` has the queries.
"""

from __future__ import annotations

import sqlite3
import stat
import threading
import uuid
import weakref
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from vapi_provider.catalogue.embedded import EMBEDDED_FILE
from vapi_provider.embedded.errors import EmbeddedAccountError
from vapi_provider.shared.write_ahead_log import BUSY_SECONDS, use_write_ahead_log

_APPLICATION_ID = 0x76617069  # "vapi", in the header of the file
_VERSION = 1

_SCHEMA = (
    "CREATE TABLE account (org_id TEXT NOT NULL)",
    """CREATE TABLE phone_number (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        fields TEXT NOT NULL,
        number TEXT,
        bought INTEGER NOT NULL,
        sip_key TEXT UNIQUE,
        search TEXT NOT NULL,
        resource_id TEXT,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        active_ms INTEGER NOT NULL,
        number_ms INTEGER NOT NULL,
        hidden_reads INTEGER NOT NULL
    )""",
    "CREATE INDEX phone_number_by_age ON phone_number (created_ms, id)",
    "CREATE INDEX phone_number_by_number ON phone_number (number)",
    "CREATE TABLE area_code (code TEXT PRIMARY KEY, sold INTEGER NOT NULL)",
)


class Store:
    """The file of one account, created with a new organization if it is missing.

    Connections are reused and closed with the object.

    Raises:
        EmbeddedAccountError: The path cannot be such a file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._idle: list[sqlite3.Connection] = []
        # Serialize the writers of this process: SQLite's own lock polls, which is unfair and slow.
        self._write_lock = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)
        if self.path.is_dir():
            raise _unusable(self.path, "a directory, not a file")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection() as connection:
                self.org_id = _open_account(connection, self.path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise _unusable(self.path, reason) from error
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from error

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """Open a read transaction: a consistent view that does not wait for writers."""
        with self._connection() as connection, _transaction(connection, "DEFERRED"):
            yield connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """Open a write transaction, exclusive among writers; an exception rolls it back."""
        with (
            self._write_lock,
            self._connection() as connection,
            _transaction(connection, "IMMEDIATE"),
        ):
            yield connection

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection, None, None]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _connect(self.path)
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        except BaseException:
            self._idle.append(connection)
            raise
        self._idle.append(connection)


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    try:
        # Survives a killed process; a power cut may lose the last transactions.
        connection.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection, how: str) -> Generator[None, None, None]:
    connection.execute(f"BEGIN {how}")
    try:
        yield
    except BaseException:
        # SQLite has already rolled back after a disk error.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _open_account(connection: sqlite3.Connection, path: Path) -> str:
    """Return the organization of an account's file; create the account in an empty file."""
    # Before the first change: a file that is not ours must stay as it is.
    with _transaction(connection, "DEFERRED"):
        _is_empty(connection, path)
    _make_private(path)
    use_write_ahead_log(connection)
    # The write lock fails now if the file is read-only, and stops two processes from both
    # creating the account.
    with _transaction(connection, "IMMEDIATE"):
        if _is_empty(connection, path):
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO account VALUES (?)", (str(uuid.uuid4()),))
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        (org_id,) = connection.execute("SELECT org_id FROM account").fetchone()
    return org_id


def _make_private(path: Path) -> None:
    """Remove other users' permissions from an account's file: it contains carriers' secrets.

    SQLite copies the permissions to the side files that it creates later. Changed by path: closing
    a second descriptor of the file would drop SQLite's locks.
    """
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        # A side file may disappear meanwhile; only its owner can change a file's permissions.
        with suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                file.chmod(0o600)


def _is_empty(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether the file is empty; raise EmbeddedAccountError for a file that is not ours."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (marker,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (tables, marker, version) == (0, 0, 0):
        return True
    if marker != _APPLICATION_ID:
        raise _unusable(path, "a SQLite file, but not an embedded account")
    if version != _VERSION:
        reason = f"an embedded account of version {version}; this program knows {_VERSION}"
        raise _unusable(path, reason)
    return False


def _unusable(path: Path, reason: object) -> EmbeddedAccountError:
    return EmbeddedAccountError(EMBEDDED_FILE(path=path, reason=reason))
