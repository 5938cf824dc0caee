"""The write-ahead journal of purchases: what was about to be bought, and which state held it.

An intent is on the disk before its POST leaves, so that a run that is killed, or whose answer is
lost, is known to the next one. Once a state is proven to hold its record it is *finished*: the
record stays in the ledger of held records until it is released. One SQLite file for all projects
of a person; bodies are kept as digests, backends as identities.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vapi_provider.errors import ConfigurationError, OwnershipError
from vapi_provider.journal.boot import BootClock
from vapi_provider.journal.intents import Before, Intent
from vapi_provider.journal.journal_file import JournalFile
from vapi_provider.journal.ledger import Ledger
from vapi_provider.journal.process_locks import KeyedLocks, ProcessMark
from vapi_provider.reconcile.resource_key import is_of_stack
from vapi_provider.settings.backend import Backend, identity_of

if TYPE_CHECKING:
    from vapi_provider.reconcile.fingerprint import Sent

USUAL_LATE_SECONDS = 30.0
"""How long a request of an earlier version's intent may still complete: its time is not known."""


_INTENT = (
    "SELECT key, account, organizations, body, since, known, owner, record, boot, late_until,"
    " late_seconds, sent_at, backend FROM intents"
)
_RECORD = 7
"""Where `record` stands in a row of it."""


class Journal:
    """The intents and held records of one backend; shared by the threads of a process.

    Nothing is opened or created before it is needed: a run that buys nothing leaves no trace.
    `account` is the account's normalized URL, `operation` what the processes of one engine
    operation have in common. Raises ConfigurationError where the file cannot be used.
    """

    def __init__(
        self,
        file: Path,
        account: str,
        backend: Backend,
        clock: BootClock | None = None,
        operation: str = "",
    ) -> None:
        self._file = JournalFile(file, _identity_of_text, USUAL_LATE_SECONDS)
        self._account = account
        self._backend = backend
        self._clock = clock or BootClock.of_machine()
        self._to_write: dict[str, tuple[str | float | None, ...]] = {}
        self._answered: dict[str, str] | None = None
        self._seen_at: dict[str, float] = {}
        self._owners = ProcessMark(file, operation)
        self._turns = KeyedLocks.beside(file)
        self.ledger = Ledger(self._file, backend.identity, account)

    def exists(self) -> bool:
        """Return whether anything was ever written to the journal."""
        return self._file.exists()

    def find(self, key: str) -> Intent | None:
        """Return the unfinished intent of a resource.

        Raises OwnershipError where an earlier version wrote it without saying for which backend,
        and this run names its backend: they may be the same.
        """
        if not self._file.exists():
            return None
        if not self._rows("WHERE key = ?", key):
            return None
        # Before they are read: an intent that is finished meanwhile tells the others first.
        others = self._records_of_others(key)
        for row in self._rows("WHERE key = ?", key):
            backend = row[-1]
            if backend == "" and self._backend.is_named:
                raise OwnershipError(
                    "an interrupted run, with no PULUMI_BACKEND_URL in its environment, was making "
                    "this number: run it once more like that, so that it is not bought twice"
                )
            if backend in ("", self._backend.identity):
                return self._intent(row, others)
        return None

    def unfinished(self, project: str, stack: str) -> list[Intent]:
        """Return the unfinished intents of a stack, by key."""
        if not self._file.exists():
            return []
        rows = self._rows("WHERE backend IN ('', ?) ORDER BY key", self._backend.identity)
        return [
            self._intent(row, self._records_of_others(row[0]))
            for row in rows
            if is_of_stack(row[0], project, stack)
        ]

    def begin(
        self,
        key: str,
        body: Sent,
        before: Before,
        late_seconds: float,
        *,
        organizations: Collection[str] = (),
        sent_at: float | None = None,
        repeats: int = 0,
    ) -> None:
        """Write an intent, or write it anew; it is on the disk when this returns.

        One that is only repeated keeps what it was told of the records of others. What comes while
        another one is being synced is written together with all that waits.
        """
        self._to_write[key] = (
            self._backend.identity,
            key,
            self._account,
            json.dumps(sorted(organizations)),
            json.dumps(body, sort_keys=True),
            before.since,
            json.dumps(sorted(before.known)),
            self._owners.own,
            self._clock.boot,
            self._clock.now() + late_seconds,
            late_seconds,
            sent_at,
            repeats,
        )
        with self._file.lock:
            if key not in self._to_write:
                return
            rows = dict(self._to_write)
            try:
                self._file.write(list(rows.values()))
            except ConfigurationError:
                # The others try it themselves.
                del self._to_write[key]
                raise
            for written in rows:
                del self._to_write[written]

    def answer(
        self,
        key: str,
        record: str,
        texts: Iterable[str] = (),
        organizations: Collection[str] = (),
    ) -> None:
        """Record what an intent created: no other open intent did.

        `texts` are what no other record may have too (`matching.unique_texts`); `organizations` are
        those of the account, now that one of its records is known.
        """
        if not self._file.exists():
            return
        with self._file.lock:
            self._read_answered()[record] = key
            with self._file.transaction():
                self._change_own("UPDATE intents SET record = :value", key, record)
                if organizations:
                    orgs = json.dumps(sorted(organizations))
                    self._change_own("UPDATE intents SET organizations = :value", key, orgs)
                self.ledger.note_texts(record, texts)
                self._tell_others(record)

    def hold(self, key: str, record: str, organizations: Collection[str] = ()) -> None:
        """Record that a resource adopts `record`: an answered intent of it is finished.

        `import` and `recover` say so too, of what they write into a state.
        """
        with self._file.lock:
            with self._file.transaction():
                self._file.change("DELETE FROM intents WHERE record = ?", record)
                # Its own unanswered one is answered by this: whoever adopts it says so.
                self._change_own("DELETE FROM intents", key, None)
                self._tell_others(record)
                self.ledger.hold(key, record, organizations)
            self._read_answered().pop(record, None)

    def drop(self, key: str) -> None:
        """Forget this process's intent: its request cannot have created anything."""
        with self._file.lock:
            self._file.change(
                "DELETE FROM intents WHERE backend = ? AND key = ? AND owner = ?",
                self._backend.identity,
                key,
                self._owners.own,
            )

    def forget(self, key: str) -> None:
        """Forget an open intent, whoever wrote it: nothing was created, or a person decided so."""
        if self._file.exists():
            self._change_own("DELETE FROM intents", key, None)

    def finish(self, record: str) -> None:
        """Finish the intent that created `record`, if there is one: a state holds it.

        That it cannot be finished is no error: the next run tries again.
        """
        with self._file.lock, suppress(ConfigurationError):
            key = self._read_answered().pop(record, None)
            if key is not None:
                self._finish(key, record)

    def finish_all(self, records: Collection[str]) -> None:
        """Finish the intents of `records`, also those that another process has just answered."""
        with self._file.lock, suppress(ConfigurationError):
            if self._file.exists():
                for record in records:
                    found = self._file.run(
                        "SELECT key FROM intents WHERE record = ? AND backend IN ('', ?)",
                        record,
                        self._backend.identity,
                    )
                    for (key,) in found:
                        self._finish(key, record)

    def release(self, key: str | None, record: str) -> None:
        """Forget that a resource holds `record`: it is released, or another resource has it."""
        with suppress(ConfigurationError):
            if self._file.exists():
                self._change_own("DELETE FROM intents", key or "", record)
                self.ledger.release(key or "", record)

    def gone(self, record: str) -> None:
        """Forget `record`, whoever created or held it: the account does not have it any more."""
        with suppress(ConfigurationError):
            if self._file.exists():
                self._file.change("DELETE FROM intents WHERE record = ?", record)
                self.ledger.gone(record)

    @contextmanager
    def owned(self) -> Generator[None]:
        """Hold this process's mark while it buys something: others see that it still lives."""
        try:
            self._owners.hold()
        except OSError as error:
            raise self._file.unusable(error) from None
        try:
            yield
        finally:
            self._owners.let_go()

    @contextmanager
    def turn(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Serialize purchases on this machine whose records could not be told apart.

        Else one that looks for what came of its lost answer could find what another is being
        answered. All `keys` are held; `wait` is called, and may raise, while another process has
        one of them.
        """
        with ExitStack() as held:
            try:
                texts = (f"{self._account} {key}" for key in keys)
                held.enter_context(self._turns.of(wait, *texts))
            except OSError as error:
                raise self._file.unusable(error) from None
            yield

    def is_under_way(self, intent: Intent) -> bool:
        """Return whether another process, which wrote an intent, still works on it."""
        try:
            return self._owners.lives(intent.owner)
        except OSError as error:
            raise self._file.unusable(error) from None

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether this process, or another of the same engine operation, wrote an intent."""
        return self._owners.is_of_this_operation(owner)

    def _rows(self, where: str, *values: str) -> list[Any]:
        return self._file.run(f"{_INTENT} {where}", *values)

    def _intent(self, row: Any, others: frozenset[str]) -> Intent:
        key, account, organizations, body, since, known, owner, record, *times, sent_at, _ = row
        return Intent(
            key,
            account,
            frozenset(json.loads(organizations)),
            json.loads(body),
            Before(since, others.union(json.loads(known))),
            owner,
            record,
            self._left(key, *times),
            sent_at,
        )

    def _left(self, key: str, boot: str, late_until: float, late_seconds: float) -> float:
        """Return how long an intent's request may still complete.

        By time since boot where the boot is the same; else the whole time, from when this process
        first saw the intent.
        """
        now = self._clock.now()
        if boot and boot == self._clock.boot:
            return min(late_until - now, late_seconds)
        return late_seconds - (now - self._seen_at.setdefault(key, now))

    def _records_of_others(self, key: str) -> frozenset[str]:
        rows = self._file.run(
            "SELECT record FROM intents WHERE record IS NOT NULL"
            " AND NOT (backend = ? AND key = ?)"
            " UNION SELECT record FROM held",
            self._backend.identity,
            key,
        )
        return frozenset(record for (record,) in rows)

    def _tell_others(self, record: str) -> None:
        """Note in the open intents that this is not what they created."""
        self._file.change(
            "UPDATE intents SET known = json_insert(known, '$[#]', ?) WHERE record IS NULL", record
        )

    def _change_own(self, statement: str, key: str, value: str | None) -> int:
        """Change this backend's intent of a resource; a DELETE only where its record is `value`."""
        where = " WHERE key = :key AND backend IN ('', :backend)"
        if statement.startswith("DELETE"):
            where += " AND record IS :value"
        return self._file.change(
            statement + where, key=key, backend=self._backend.identity, value=value
        )

    def _finish(self, key: str, record: str) -> None:
        with self._file.transaction():
            # While it is unfinished it says itself that it created the record.
            self._tell_others(record)
            self.ledger.take_over(key, record)
            self._change_own("DELETE FROM intents", key, record)

    def _read_answered(self) -> dict[str, str]:
        """Return the keys of answered intents by record, read once: most calls are about others."""
        if self._answered is None:
            self._answered = {}
            if self._file.exists():
                rows = self._rows(
                    "WHERE record IS NOT NULL AND backend IN ('', ?)", self._backend.identity
                )
                self._answered = {row[_RECORD]: row[0] for row in rows}
        return self._answered


def _identity_of_text(url: str) -> str:
    """Return the identity of a backend that an earlier version wrote by its URL."""
    return identity_of(url, os.environ, Path.cwd()) if url else ""
