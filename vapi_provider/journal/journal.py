"""The write-ahead journal of purchases: what was about to be bought, and which state held it.

An intent is durable before its POST leaves, so that a run that is killed, or whose answer is lost,
is known to the next one. Once a state is proven to hold its record it is *finished*: the record
stays in the ledger of held records until it is released. The journal lies in a file of this machine
or beside shared state (`store.py`); bodies are kept as digests, backends as identities.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vapi_provider.errors import ConfigurationError, JournalChangedError, OwnershipError
from vapi_provider.journal.boot import BootClock
from vapi_provider.journal.file_store import FileStore
from vapi_provider.journal.intents import Before, Intent
from vapi_provider.journal.ledger import Ledger
from vapi_provider.journal.store import Store
from vapi_provider.journal.turns import FENCED, WRITTEN
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
    `store` is where it lies, a path for a file of this machine. `account` is the account's
    normalized URL, `operation` what the processes of one engine operation have in common. Raises
    ConfigurationError where the store cannot be used.
    """

    def __init__(
        self,
        store: Store | Path,
        account: str,
        backend: Backend,
        clock: BootClock | None = None,
        operation: str = "",
    ) -> None:
        if isinstance(store, Path):
            store = FileStore(store, operation, identity_of_text, USUAL_LATE_SECONDS)
        self._store = store
        self._account = account
        self._backend = backend
        self._clock = clock or BootClock.of_machine()
        self._answered: dict[str, str] | None = None
        self._seen_at: dict[str, float] = {}
        self._seen_owners: dict[str, str] = {}
        self.ledger = Ledger(store, backend.identity)

    def exists(self) -> bool:
        """Return whether anything was ever written to the journal."""
        return self._store.exists()

    def may_have_unfinished(self) -> bool:
        """Return whether `unfinished` may find any: cheap where the journal is shared."""
        return self._store.may_have_unfinished()

    def close(self) -> None:
        """Write what nobody waited for, and free what is open."""
        self._store.close()

    @property
    def is_shared(self) -> bool:
        """Whether other machines see the journal."""
        return self._store.is_shared

    def find(self, key: str) -> Intent | None:
        """Return the unfinished intent of a resource.

        Raises OwnershipError where an earlier version wrote it without saying for which backend,
        and this run names its backend: they may be the same.
        """
        if not self._store.exists():
            return None
        if not self._rows("WHERE key = ?", key):
            return None
        # Whoever looks for what an earlier run created must be alone with what looks the same.
        self._store.take_turn()
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
        self._seen_owners.pop(key, None)
        return None

    def unfinished(self, project: str, stack: str) -> list[Intent]:
        """Return the unfinished intents of a stack, by key."""
        if not self._store.exists():
            return []
        rows = self._rows("WHERE backend IN ('', ?) ORDER BY key", self._backend.identity)
        return [
            self._intent(row, self._records_of_others(row[0]))
            for row in rows
            if is_of_stack(row[0], project, stack)
        ]

    def unfinished_of_others(self, project: str, stack: str) -> list[Intent]:
        """Return those of a stack's unfinished intents that no process of this operation wrote.

        Fast path: every purchase asks, and next to none has a stack of which others left some.
        """
        if not self._store.exists():
            return []
        owners = self._store.run("SELECT DISTINCT owner FROM intents")
        if all(self._store.is_of_this_operation(owner) for (owner,) in owners):
            return []
        found = self.unfinished(project, stack)
        return [one for one in found if not self._store.is_of_this_operation(one.owner)]

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
        """Write an intent, or write it anew; it is durable when this returns.

        One that is only repeated keeps what it was told of the records of others. What other
        threads write meanwhile is written together. Raises JournalChangedError where another run
        has the key, or what could not be told apart from it, since this one looked.
        """
        turns, seen = self._store.turns()
        row = {
            "backend": self._backend.identity,
            "key": key,
            "account": self._account,
            "organizations": json.dumps(sorted(organizations)),
            "body": json.dumps(body, sort_keys=True),
            "since": before.since,
            "known": json.dumps(sorted(before.known)),
            "owner": self._store.own,
            "boot": self._clock.boot,
            "late_until": self._clock.now() + late_seconds,
            "late_seconds": late_seconds,
            "sent_at": sent_at,
            "repeats": repeats,
        }
        result = self._store.submit(
            "begin", row=row, seen_owner=self._seen_owners.get(key), turns=turns, seen=seen
        )
        if result == FENCED:
            raise OwnershipError(_FENCED)
        if result != WRITTEN:
            raise JournalChangedError(
                "another run is making this number, or one that looks the same: run again"
            )
        try:
            self._store.require_lease()
        except OwnershipError:
            # Nothing was sent for it; an earlier try may have been carried out all the same.
            if repeats == 0:
                with suppress(ConfigurationError):
                    self.drop(key)
            raise

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
        if not self._store.exists():
            return
        if self._answered is not None:
            self._answered[record] = key
        result = self._store.submit(
            "answer",
            backend=self._backend.identity,
            key=key,
            record=record,
            owner=self._store.own,
            seen_owner=self._seen_owners.get(key),
            organizations=sorted(organizations),
            texts=list(texts),
            turns=self._store.turns()[0],
        )
        if result == FENCED:
            raise OwnershipError(_FENCED)

    def hold(self, key: str, record: str, organizations: Collection[str] = ()) -> None:
        """Record that a resource adopts `record`: an answered intent of it is finished.

        `import` and `recover` say so too, of what they write into a state.
        """
        self._store.submit(
            "hold",
            backend=self._backend.identity,
            key=key,
            record=record,
            account=self._account,
            organizations=sorted(organizations),
        )
        if self._answered is not None:
            self._answered.pop(record, None)

    def exclude(self, intent: Intent, records: Collection[str]) -> None:
        """Note in an open intent that it did not create `records`, which states hold."""
        told = sorted(set(records) - intent.before.known)
        if told:
            self._store.submit(
                "exclude", backend=self._backend.identity, key=intent.key, records=told
            )

    def drop(self, key: str) -> None:
        """Forget this process's intent: its request cannot have created anything."""
        self._store.submit(
            "drop",
            backend=self._backend.identity,
            key=key,
            owner=self._store.own,
            turns=self._store.turns()[0],
        )

    def forget(self, key: str) -> None:
        """Forget an open intent, whoever wrote it: nothing was created, or a person decided so."""
        if self._store.exists():
            self._store.submit("forget", backend=self._backend.identity, key=key)

    def finish(self, record: str) -> None:
        """Finish the intent that created `record`, if there is one: a state holds it.

        That it cannot be finished is no error: the next run tries again.
        """
        with suppress(ConfigurationError):
            if self._store.is_shared or self._read_answered().pop(record, None) is not None:
                self._store.finish(self._backend.identity, [record], of_earlier_runs=True)

    def finish_all(self, records: Collection[str]) -> None:
        """Finish the intents of `records`, also those that another process has just answered."""
        with suppress(ConfigurationError):
            self._store.finish(self._backend.identity, records, of_earlier_runs=False)

    def release(self, key: str | None, record: str) -> None:
        """Forget that a resource holds `record`: it is released, or another resource has it."""
        with suppress(ConfigurationError):
            if self._store.exists() and self._is_known(record):
                self._store.post(
                    "release", backend=self._backend.identity, key=key or "", record=record
                )

    def gone(self, record: str) -> None:
        """Forget `record`, whoever created or held it: the account does not have it any more."""
        with suppress(ConfigurationError):
            if self._store.exists() and self._is_known(record):
                self._store.post("gone", record=record)

    @contextmanager
    def owned(self) -> Generator[None]:
        """Hold this process's mark while it buys something: others see that it still lives."""
        self._store.hold_owner()
        try:
            yield
        finally:
            self._store.let_go_owner()

    @contextmanager
    def turn(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Serialize purchases whose records could not be told apart.

        Else one that looks for what came of its lost answer could find what another is being
        answered. All `keys` are held; `wait` is called, and may raise, while another process has
        one of them.
        """
        with self._store.turn(wait, *(f"{self._account} {key}" for key in keys)):
            yield

    def is_under_way(self, intent: Intent) -> bool:
        """Return whether another process, which wrote an intent, still works on it."""
        return self._store.lives(intent.owner)

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether this process, or another of the same engine operation, wrote an intent."""
        return self._store.is_of_this_operation(owner)

    def _rows(self, where: str, *values: str) -> list[Any]:
        return self._store.run(f"{_INTENT} {where}", *values)

    def _intent(self, row: Any, others: frozenset[str]) -> Intent:
        key, account, organizations, body, since, known, owner, record, *times, sent_at, _ = row
        self._seen_owners[key] = owner
        return Intent(
            key,
            account,
            frozenset(json.loads(organizations)),
            json.loads(body),
            Before(since, others.union(json.loads(known))),
            owner,
            record,
            self._left(key, owner, *times),
            times[-1],
            sent_at,
        )

    def _left(
        self, key: str, owner: str, boot: str, late_until: float, late_seconds: float
    ) -> float:
        """Return how long an intent's request may still complete.

        By the clock of a shared store, or by time since boot where the boot is the same; else the
        whole time, from when this process first saw the intent.
        """
        if owner != self._store.own and (age := self._store.age_of(boot)) is not None:
            return late_seconds - age
        now = self._clock.now()
        if boot and boot == self._clock.boot:
            return min(late_until - now, late_seconds)
        return late_seconds - (now - self._seen_at.setdefault(key, now))

    def _records_of_others(self, key: str) -> frozenset[str]:
        rows = self._store.run(
            "SELECT record FROM intents WHERE record IS NOT NULL"
            " AND NOT (backend = ? AND key = ?)"
            " UNION SELECT record FROM held",
            self._backend.identity,
            key,
        )
        return frozenset(record for (record,) in rows)

    def _is_known(self, record: str) -> bool:
        """Return whether the journal holds anything of a record; a file is not asked twice."""
        return not self._store.is_shared or bool(
            self._store.run(
                "SELECT 1 FROM intents WHERE record = :record UNION ALL"
                " SELECT 1 FROM held WHERE record = :record UNION ALL"
                " SELECT 1 FROM unique_texts WHERE record = :record",
                record=record,
            )
        )

    def _read_answered(self) -> dict[str, str]:
        """Return the keys of answered intents by record, read once: most calls are about others."""
        if self._answered is None:
            found: dict[str, str] = {}
            if self._store.exists():
                rows = self._rows(
                    "WHERE record IS NOT NULL AND backend IN ('', ?)", self._backend.identity
                )
                found = {row[_RECORD]: row[0] for row in rows}
            self._answered = found
        return self._answered


_FENCED = (
    "this run did not reach its journal for so long that another run may have taken over: nothing "
    "more was bought. Run again"
)


def identity_of_text(url: str) -> str:
    """Return the identity of a backend that an earlier version wrote by its URL."""
    return identity_of(url, os.environ, Path.cwd()) if url else ""
