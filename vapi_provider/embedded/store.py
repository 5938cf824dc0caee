"""The SQLite file of one embedded account: opening it, sharing it, transactions.

Safe for many threads and several processes at once: every write holds SQLite's own lock from its
first look at the data. Knows no phone numbers; `records.py` does.
"""

from __future__ import annotations

import sqlite3
import stat
import threading
import time
import uuid
import weakref
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from vapi_provider.embedded.errors import EmbeddedAccountError

_OURS = 0x76617069  # "vapi", in the header of the file
_VERSION = 1
_PATIENCE_SECONDS = 20.0

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
    """One account's file, made with a fresh organisation if it is not there.

    Raises EmbeddedAccountError where the path cannot be such a file. Connections are kept for
    reuse and closed with the object.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._idle: list[sqlite3.Connection] = []
        # Threads of one process queue here: SQLite itself only polls, which is unfair and slow.
        self._turn = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)
        if self.path.is_dir():
            raise EmbeddedAccountError(f"{self.path}: a directory, not a file")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._connection() as connection:
                self.org_id = _opened(connection, self.path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise EmbeddedAccountError(f"{self.path}: {reason}") from error
        except sqlite3.Error as error:
            raise EmbeddedAccountError(f"{self.path}: {error}") from error

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """One consistent view of the file, without waiting for writers."""
        with self._connection() as connection, _transaction(connection, "DEFERRED"):
            yield connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that no other write can interleave; an exception undoes it."""
        with (
            self._turn,
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
        path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    try:
        # Enough for a killed process; only a power cut may lose the last moments.
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
        # A disk error has already rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _opened(connection: sqlite3.Connection, path: Path) -> str:
    """The organisation of an account's file; makes the account in an empty file."""
    # Before the first change: somebody else's file is left exactly as it is.
    with _transaction(connection, "DEFERRED"):
        _is_empty(connection, path)
    _make_private(path)
    _use_write_ahead_log(connection)
    # A write lock, so that a file that cannot be written is known now and two processes do not
    # both make the account.
    with _transaction(connection, "IMMEDIATE"):
        if _is_empty(connection, path):
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO account VALUES (?)", (str(uuid.uuid4()),))
            connection.execute(f"PRAGMA application_id = {_OURS}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        (org_id,) = connection.execute("SELECT org_id FROM account").fetchone()
    return org_id


def _make_private(path: Path) -> None:
    """Take the rights of others from an account's file: it holds carriers' secrets.

    SQLite gives side files that it makes later the same rights. By path: opening and closing a file
    beside SQLite drops SQLite's locks.
    """
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        # A side file may be gone meanwhile; another person's file is theirs to close.
        with suppress(FileNotFoundError, PermissionError):
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                file.chmod(0o600)


def _is_empty(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether nothing is in the file yet. Raises EmbeddedAccountError unless that or ours."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (marker,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (tables, marker, version) == (0, 0, 0):
        return True
    if marker != _OURS:
        raise EmbeddedAccountError(f"{path}: a SQLite file, but not an embedded account")
    if version != _VERSION:
        raise EmbeddedAccountError(
            f"{path}: an embedded account of version {version}; this program knows {_VERSION}"
        )
    return False


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with closing(connection.execute("PRAGMA journal_mode")) as cursor:
            if cursor.fetchone()[0] == "wal":
                return
        try:
            # Where the file system cannot do it SQLite stays with its older, slower way.
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # Another process is switching: SQLite does not wait here by itself.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        return
