"""The journal in a file of this machine: one SQLite database, and lock files beside it.

The database is opened on first use and shared by the process's threads.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.commands import COMMANDS
from vapi_provider.journal.entries import Item
from vapi_provider.journal.private_file import make_private
from vapi_provider.journal.process_locks import KeyedLocks, ProcessLocks
from vapi_provider.journal.tables import INDEXES, TABLES, Database, transaction
from vapi_provider.settings.backend import identity_of
from vapi_provider.shared.write_ahead_log import BUSY_SECONDS, use_write_ahead_log

VERSION = 2
"""The version of the tables, stored in SQLite's `user_version`, which version 1 left at 0."""

_SCRUB = 1
"""The `user_version` of migrated tables whose free pages still hold what version 1 wrote."""

_FIRST_VERSION = """
INSERT OR IGNORE INTO intents
SELECT identity(backend), declaration, account, '[]', body, since, known, owner, '', 0, ?, NULL, 0,
    record
FROM open_intents"""

_FIRST_GRACE_SECONDS = 30.0
"""The time in which the request of an intent of version 1 may complete; it recorded none."""


class FileStore:
    """A store of one machine. Every method raises ConfigurationError if the file cannot be used.

    `operation` identifies the engine operation that this process belongs to.
    """

    is_shared = False

    def __init__(self, path: Path, operation: str = "") -> None:
        self.path = path
        self._lock = threading.RLock()
        self._database: Database | None = None
        self._to_write: list[Item] = []
        self._owners = ProcessLocks(path, operation)
        self._turns = KeyedLocks.beside(path)
        self.shown, self.own = str(path), self._owners.own
        self.let_go_owner = self._owners.let_go
        self.is_of_this_operation = self._owners.is_of_this_operation

    def exists(self) -> bool:
        """Return whether anything was ever written; this creates no file."""
        return self._database is not None or self.path.exists()

    # Reading the file would cost little more.
    may_have_unfinished = exists

    def run(self, statement: str, *values: str | None, **named: str | None) -> list[Any]:
        """Return the rows that a statement finds; its parameters are all `?` or all named."""
        # Fetch all rows under the lock: an open cursor would pin the next reader to old data.
        with self._opened_database() as database:
            return database.run(statement, *values, **named)

    def submit(self, command: str, **arguments: Any) -> Any:
        """Run a command in a transaction. An intent is synced to the disk when this returns.

        Intents that arrive while another one is being synced are written together.
        """
        if command == "begin":
            return self._begin(Item((command, arguments)))
        with self._opened_database() as database, transaction(database.connection):
            return COMMANDS[command](database, **arguments)

    post = submit

    def _begin(self, write: Item) -> Any:
        self._to_write.append(write)
        with self._lock:
            if write.is_done:
                return write.result
            writes = list(self._to_write)
            try:
                with self._opened_database() as database, _synced(database.connection):
                    for queued in writes:
                        command, arguments = queued.command
                        queued.result = COMMANDS[command](database, **arguments)
            except ConfigurationError:
                # The other threads try again themselves.
                self._to_write.remove(write)
                raise
            for queued in writes:
                queued.is_done = True
                self._to_write.remove(queued)
            return write.result

    def finish(self, backend: str, records: Collection[str], *, of_earlier_runs: bool) -> None:
        """Finish the intents of `records` in one transaction."""
        if self.exists():
            self.submit("finish", backend=backend, records=list(records))

    def close(self) -> None:
        """Do nothing: the connections are closed when this object is garbage-collected."""

    def hold_owner(self) -> None:
        """Hold this process's lock file."""
        with self._usable():
            self._owners.hold()

    def require_lease(self) -> None:
        """Do nothing: the lock of a running process is never taken over."""

    def is_alive(self, owner: str) -> bool:
        """Return whether the owner is another process that is still running."""
        with self._usable():
            return self._owners.is_alive(owner)

    @contextmanager
    def turn(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Hold the locks of all keys, among this process's threads and the machine's processes."""
        with ExitStack() as held:
            with self._usable():
                held.enter_context(self._turns.of(wait, *keys))
            yield

    def take_turn(self) -> None:
        """Do nothing: `turn` holds the locks already."""

    def turns(self) -> tuple[tuple[str, ...], int]:
        """Return no turns: `turn` holds the locks already."""
        return (), 0

    def age_of(self, boot: str) -> float | None:
        """Return None: the age follows from the machine's clock."""
        return None

    @contextmanager
    def _usable(self) -> Generator[None]:
        """Convert errors of the database and the file system to ConfigurationError."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise ConfigurationError(
                messages.JOURNAL_UNUSABLE(file=self.path, cause=error)
            ) from None

    @contextmanager
    def _opened_database(self) -> Generator[Database]:
        with self._lock, self._usable():
            if self._database is None:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                make_private(self.path)
                database = self._open()
                self._bring_up_to_date(database.connection)
                self._database = database
            yield self._database

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise ConfigurationError(messages.JOURNAL_OF_LATER_VERSION(place=self.path))
        if version == VERSION:
            # A file that an earlier release created lacks the indexes that were added since.
            for statement in INDEXES:
                connection.execute(statement)
            return
        connection.create_function("identity", 1, _identity_in, deterministic=True)
        with transaction(connection):
            for statement in (*TABLES, *INDEXES):
                connection.execute(statement)
            first_version = connection.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'open_intents'"
            ).fetchone()
            is_old = version == _SCRUB or first_version is not None
            if first_version is not None:
                connection.execute(_FIRST_VERSION, (_FIRST_GRACE_SECONDS,))
                connection.execute("DROP TABLE open_intents")
            connection.execute(f"PRAGMA user_version = {_SCRUB if is_old else VERSION}")
        if is_old:
            # Version 1 stored the backend's URL, which may contain a password that free pages and
            # the write-ahead log still hold. If another process has the file open, the next
            # process that opens it tries again.
            connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                connection.execute(f"PRAGMA user_version = {VERSION}")

    def _open(self) -> Database:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        database = Database(connection, is_shared=False)
        use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        return database


@contextmanager
def _synced(connection: sqlite3.Connection) -> Generator[None]:
    """Run the block in a transaction that is on the disk when this ends.

    Only an intent must survive a crash of the machine: a later run finds out everything else again.
    """
    connection.execute("PRAGMA synchronous = FULL")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


def _identity_in(url: str) -> str:
    """Return the digest of a backend whose URL version 1 stored."""
    return identity_of(url, os.environ, Path.cwd()) if url else ""
