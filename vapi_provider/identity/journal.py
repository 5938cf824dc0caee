"""The write-ahead journal of intents: what was about to be made, kept until a state holds it.

An intent is on the disk before its POST leaves, so that a run that is killed, or whose answer is
lost, is known to the next one. It is closed only when the engine calls with the record's id: then
some state has it. One SQLite file for all projects of a person; bodies are kept as digests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vapi_provider.errors import ConfigurationError, OwnershipError
from vapi_provider.identity.journal_file import JournalFile
from vapi_provider.identity.matching import Sent
from vapi_provider.identity.owners import Owners, Turns


@dataclass(frozen=True)
class Before:
    """The newest that an account showed at a moment, by the server's clock.

    `since` is a `createdAt`, empty where there was nothing; `known` are the ids from then on that
    are not what comes later.
    """

    since: str
    known: frozenset[str]

    def is_newer(self, id_: str, created_at: str) -> bool:
        """Whether a record was made after this moment."""
        return created_at >= self.since and id_ not in self.known


@dataclass(frozen=True)
class Intent:
    """Something that a run was about to make.

    `before` is what the account showed then. `record` is the id of what was made, where the answer
    came. `late_seconds` is how long from now on the request may still make something.
    """

    body: Sent
    before: Before
    owner: str
    record: str | None
    late_seconds: float


@dataclass
class _Waiting:
    """Open intents that earlier runs left: by id what was made, by declaration what was before."""

    made: dict[str, str] = field(default_factory=dict[str, str])
    unanswered: dict[str, Before] = field(default_factory=dict[str, Before])


class Journal:
    """The intents of one account and one backend; shared by the threads of a plugin.

    Nothing is opened or made before it is needed: a run that makes nothing leaves no trace. Raises
    ConfigurationError where the file cannot be used.
    """

    def __init__(
        self, file: Path, account: str, backend: str, now: Callable[[], float] = time.time
    ) -> None:
        self._file = JournalFile(file)
        self._account = account
        self._backend = backend.rstrip("/")
        self._now = now
        self._to_write: dict[str, tuple[str | float, ...]] = {}
        self._waiting_to_close: _Waiting | None = None
        self._owners = Owners(file)
        self._turns = Turns.beside(file)

    def find(self, declaration: str) -> Intent | None:
        """The open intent of a declaration.

        Raises OwnershipError where there is one of a run that named its backend where this one does
        not, or the other way round: they may be the same.
        """
        if not self._file.exists():
            return None
        if not self._rows(declaration):
            return None
        # Before they are read: an intent that is closed meanwhile tells the others first.
        others = self._made_by_others(declaration)
        for backend, body, since, known, owner, record, late_until in self._rows(declaration):
            if backend == self._backend:
                before = Before(since, others.union(json.loads(known)))
                late = late_until - self._now()
                return Intent(json.loads(body), before, owner, record, late)
            if "" in (backend, self._backend):
                other = f"PULUMI_BACKEND_URL={backend}" if backend else "no PULUMI_BACKEND_URL"
                raise OwnershipError(
                    f"an interrupted run, with {other} in its environment, was making this number: "
                    "run it once more like that, so that it is not bought twice"
                )
        return None

    def has_open(self, project: str, stack: str) -> bool:
        """Whether any intent of a stack is open."""
        if not self._file.exists():
            return False
        rows = self._file.run(
            "SELECT 1 FROM open_intents WHERE account = ? AND backend = ?"
            " AND instr(declaration, ?) > 0",
            self._account,
            self._backend,
            f"/{project}/{stack}/",
        )
        return bool(rows)

    def begin(self, declaration: str, body: Sent, before: Before, late_seconds: float) -> None:
        """Writes an intent, or writes it anew; it is on the disk when this returns.

        One that is only repeated keeps what it was told of the records of others. What comes while
        another one is being synced is written together with all that waits.
        """
        self._to_write[declaration] = (
            self._account,
            self._backend,
            declaration,
            json.dumps(body, sort_keys=True),
            before.since,
            json.dumps(sorted(before.known)),
            self._owners.own,
            self._now() + late_seconds,
        )
        with self._file.lock:
            if declaration not in self._to_write:
                return
            rows = dict(self._to_write)
            try:
                self._file.write(list(rows.values()))
            except ConfigurationError:
                # The others try it themselves.
                del self._to_write[declaration]
                raise
            for written in rows:
                del self._to_write[written]

    def made(self, declaration: str, record: str) -> None:
        """Notes the id of what was made or adopted: no other open intent of the account made it."""
        if not self._file.exists():
            return
        with self._file.lock:
            self._read().made[record] = declaration
            own = self._file.change(
                "UPDATE open_intents SET record = ?4"
                " WHERE account = ?1 AND declaration = ?3 AND backend = ?2",
                self._account,
                self._backend,
                declaration,
                record,
            )
            if not own:
                self._tell_others(record)

    def drop(self, declaration: str) -> None:
        """Forgets this process's intent of which nothing came."""
        self._forget(declaration, self._owners.own)

    def close(self, record: str, declaration: str | None, created_at: str | None) -> None:
        """Forgets the intent that made `record`: the engine knows its id, so a state holds it.

        Also one that does not know what it made, where the record came after it: then the number
        has reached the state another way (`adopt_id`, `recover` elsewhere). That it cannot be
        forgotten is no error: a state that has the number decides.
        """
        with self._file.lock, suppress(ConfigurationError):
            waiting = self._read()
            maker = waiting.made.pop(record, None)
            if maker is not None:
                # While it is open it says itself that it made the record.
                self._tell_others(record)
                self._forget(maker)
            before = waiting.unanswered.get(declaration or "")
            if before is not None and before.is_newer(record, created_at or ""):
                self._forget(declaration or "")

    @contextmanager
    def owned(self) -> Generator[None]:
        """Holds this process's mark while it makes something: others see that it still lives."""
        try:
            self._owners.hold()
        except OSError as error:
            raise self._file.unusable(error) from None
        try:
            yield
        finally:
            self._owners.let_go()

    @contextmanager
    def turn(self, alike: str, wait: Callable[[], None]) -> Generator[None]:
        """Makes what looks alike one after the other, whoever makes it on this machine.

        Else one that looks for what came of its lost answer could find what another is being
        answered. `wait` is called, and may raise, while another process has its turn.
        """
        with ExitStack() as turn:
            try:
                turn.enter_context(self._turns.of(f"{self._account} {alike}", wait))
            except OSError as error:
                raise self._file.unusable(error) from None
            yield

    def is_being_made(self, intent: Intent) -> bool:
        """Whether the process that wrote an intent is still at it; our own does not count."""
        try:
            return self._owners.lives(intent.owner)
        except OSError as error:
            raise self._file.unusable(error) from None

    def _rows(self, declaration: str) -> list[Any]:
        return self._file.run(
            "SELECT backend, body, since, known, owner, record, late_until FROM open_intents"
            " WHERE account = ? AND declaration = ?",
            self._account,
            declaration,
        )

    def _made_by_others(self, declaration: str) -> frozenset[str]:
        rows = self._file.run(
            "SELECT record FROM open_intents WHERE account = ?1 AND record IS NOT NULL"
            " AND NOT (declaration = ?3 AND backend = ?2)",
            self._account,
            self._backend,
            declaration,
        )
        return frozenset(record for (record,) in rows)

    def _tell_others(self, record: str) -> None:
        """Notes in the open intents without an answer that this is not what they made."""
        self._file.change(
            "UPDATE open_intents SET known = json_insert(known, '$[#]', ?2)"
            " WHERE account = ?1 AND record IS NULL",
            self._account,
            record,
        )

    def _forget(self, declaration: str, owner: str | None = None) -> None:
        with self._file.lock:
            self._read().unanswered.pop(declaration, None)
            self._file.change(
                "DELETE FROM open_intents WHERE account = ?1 AND backend = ?2"
                " AND declaration = ?3 AND owner = coalesce(?4, owner)",
                self._account,
                self._backend,
                declaration,
                owner,
            )

    def _read(self) -> _Waiting:
        """What waits to be closed, read once: most calls of a run are about others."""
        if self._waiting_to_close is None:
            self._waiting_to_close = waiting = _Waiting()
            if self._file.exists():
                rows = self._file.run(
                    "SELECT declaration, record, since, known, backend FROM open_intents"
                    " WHERE account = ?",
                    self._account,
                )
                made = frozenset(record for _, record, *_ in rows if record is not None)
                for declaration, record, since, known, backend in rows:
                    if backend != self._backend:
                        continue
                    if record is None:
                        before = Before(since, made.union(json.loads(known)))
                        waiting.unanswered[declaration] = before
                    else:
                        waiting.made[record] = declaration
        return self._waiting_to_close
