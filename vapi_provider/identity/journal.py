"""The write-ahead journal of intents: what was about to be made, kept until a state holds it.

An intent is on the disk before its POST leaves, so that a run that is killed, or whose answer is
lost, is known to the next one. It is closed only when the engine calls with the record's id: then
some state has it. One SQLite file for all projects of a person; bodies are kept without secrets.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vapi_provider.errors import ConfigurationError

_TABLE = """
CREATE TABLE IF NOT EXISTS intents (
    account TEXT NOT NULL,
    backend TEXT NOT NULL,
    declaration TEXT NOT NULL,
    fields TEXT NOT NULL,
    since TEXT NOT NULL,
    known TEXT NOT NULL,
    owner TEXT NOT NULL,
    record TEXT,
    begun REAL NOT NULL DEFAULT 0,
    PRIMARY KEY (account, backend, declaration)
)"""
_ADD_BEGUN = "ALTER TABLE intents ADD COLUMN begun REAL NOT NULL DEFAULT 0"


@dataclass(frozen=True)
class Before:
    """The newest that an account showed at a moment, by the server's clock.

    `since` is its `createdAt`, empty where there was nothing; `known` are the ids of that time,
    since several records may share one.
    """

    since: str
    known: frozenset[str]

    def is_newer(self, id_: str, created_at: str) -> bool:
        """Whether a record was made after this moment."""
        return created_at >= self.since and id_ not in self.known


@dataclass(frozen=True)
class Intent:
    """Something that a run was about to make.

    `fields` are the declared ones without secrets. `before` is what the account showed then.
    `record` is the id of what was made, where the answer came. `age_seconds` is since it was last
    written, by this machine's clock.
    """

    fields: Mapping[str, Any]
    before: Before
    owner: str
    record: str | None
    age_seconds: float


class Journal:
    """The intents of one account and one backend; shared by the threads of a plugin.

    Nothing is opened or made before it is needed: a run that makes nothing leaves no trace.
    """

    def __init__(
        self, file: Path, account: str, backend: str, now: Callable[[], float] = time.time
    ) -> None:
        self._file = file
        self._now = now
        self._key = (account, backend)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._made: set[str] | None = None
        self._owner = uuid.uuid4().hex
        self._in_flight = 0
        self._held: IO[str] | None = None

    def find(self, declaration: str) -> Intent | None:
        """The open intent of a declaration."""
        if not self._file.exists():
            return None
        row = self._run(
            "SELECT fields, since, known, owner, record, begun FROM intents"
            " WHERE account = ? AND backend = ? AND declaration = ?",
            declaration,
        ).fetchone()
        if row is None:
            return None
        before = Before(row[1], frozenset(json.loads(row[2])))
        return Intent(json.loads(row[0]), before, row[3], row[4], self._now() - row[5])

    def has_open(self, project: str, stack: str) -> bool:
        """Whether any intent of a stack is open."""
        if not self._file.exists():
            return False
        row = self._run(
            "SELECT 1 FROM intents WHERE account = ? AND backend = ? AND instr(declaration, ?) > 0",
            f"/{project}/{stack}/",
        ).fetchone()
        return row is not None

    def begin(self, declaration: str, fields: Mapping[str, Any], before: Before) -> None:
        """Writes an intent, or writes it anew; it is on the disk when this returns."""
        self._run(
            "INSERT OR REPLACE INTO intents VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            declaration,
            json.dumps(fields, sort_keys=True),
            before.since,
            json.dumps(sorted(before.known)),
            self._owner,
            self._now(),
            durable=True,
        )

    def made(self, declaration: str, record: str) -> None:
        """Notes the id of what was made."""
        with self._lock:
            self._open_records().add(record)
            self._run(
                "UPDATE intents SET record = ?4 WHERE account = ?1 AND backend = ?2"
                " AND declaration = ?3",
                declaration,
                record,
            )

    def drop(self, declaration: str) -> None:
        """Forgets an intent of which nothing came."""
        self._run(
            "DELETE FROM intents WHERE account = ? AND backend = ? AND declaration = ?", declaration
        )

    def close(self, record: str) -> None:
        """Forgets the intent that made `record`: the engine knows its id, so a state holds it."""
        with self._lock:
            if record in self._open_records():
                self._open_records().discard(record)
                self._run(
                    "DELETE FROM intents WHERE account = ? AND backend = ? AND record = ?", record
                )

    @contextmanager
    def owned(self) -> Generator[None]:
        """Holds this process's mark while it makes something: others see that it still lives."""
        with self._lock:
            if self._in_flight == 0:
                try:
                    self._held = self._mark(self._owner).open("w")
                except OSError as error:
                    raise self._unusable(error) from None
                fcntl.flock(self._held, fcntl.LOCK_EX)
            self._in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
                if self._in_flight == 0 and self._held is not None:
                    self._mark(self._owner).unlink(missing_ok=True)
                    self._held.close()

    def is_being_made(self, intent: Intent) -> bool:
        """Whether the process that wrote an intent is still at it; our own does not count."""
        if intent.owner == self._owner:
            return False
        mark = self._mark(intent.owner)
        with suppress(FileNotFoundError), mark.open("r+") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            mark.unlink(missing_ok=True)
        return False

    def _mark(self, owner: str) -> Path:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._file.with_name(f"{self._file.name}.{owner}.lock")

    def _open_records(self) -> set[str]:
        """Ids that wait to be closed: most calls of a run are about others."""
        if self._made is None:
            self._made = set()
            if self._file.exists():
                rows = self._run(
                    "SELECT record FROM intents WHERE account = ? AND backend = ?"
                    " AND record IS NOT NULL"
                )
                self._made = {row[0] for row in rows.fetchall()}
        return self._made

    def _run(self, statement: str, *values: str | float, durable: bool = False) -> sqlite3.Cursor:
        try:
            with self._lock:
                connection = self._connect()
                # Only an intent must survive the machine: what is lost of the rest is found again.
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                return connection.execute(statement, (*self._key, *values))
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> ConfigurationError:
        return ConfigurationError(
            f"the journal {self._file} cannot be used ({error}), so nothing is bought: set "
            "VAPI_JOURNAL to a file that can be written"
        )

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(self._file.open("a")):
                os.chmod(self._file, 0o600)
            # Each statement is a transaction of its own.
            self._connection = sqlite3.connect(
                self._file, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(_TABLE)
            columns = self._connection.execute("PRAGMA table_info(intents)").fetchall()
            if "begun" not in {column[1] for column in columns}:
                # A journal of before times were noted; another process may be adding it, too.
                with suppress(sqlite3.OperationalError):
                    self._connection.execute(_ADD_BEGUN)
        return self._connection
