"""The write-ahead journal of purchases: intents, and the records that states hold.

An intent is durable before its POST is sent, so that the next run knows of a run that was killed or
whose response was lost. The intent is *finished* once a state is proven to hold its record, which
then stays in the ledger of held records until it is released. The journal is stored in a file of
this machine or beside shared state (`store.py`). It stores bodies as digests and backends as
identities.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import ConfigurationError, JournalChangedError, OwnershipError
from vapi_provider.journal.boot_clock import BootClock
from vapi_provider.journal.file_store import FileStore
from vapi_provider.journal.intent_reader import IntentReader
from vapi_provider.journal.intents import AccountWatermark, Intent
from vapi_provider.journal.ledger import Ledger
from vapi_provider.journal.store import Store
from vapi_provider.journal.turns import FENCED, WRITTEN
from vapi_provider.settings.backend import Backend

if TYPE_CHECKING:
    from vapi_provider.reconcile.fingerprint import BodyFingerprint


class Journal(IntentReader):
    """The intents and held records of one backend; shared by the threads of a process.

    The store is opened on first use, so a run that buys nothing creates no file. `store` is the
    store, or the path of a file of this machine. `account` is the account's normalized URL.
    `operation` identifies the engine operation that this process belongs to. Methods raise
    ConfigurationError if the store cannot be used.
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
            store = FileStore(store, operation)
        super().__init__(store, backend, clock or BootClock.of_machine())
        self._account = account
        self._own_records: set[str] = set()
        self.ledger = Ledger(store, backend.identity)

    def close(self) -> None:
        """Write what is queued in the background, and close the store."""
        self._store.close()

    @property
    def is_shared(self) -> bool:
        """Whether other machines see the journal."""
        return self._store.is_shared

    def write_intent(
        self,
        key: str,
        body: BodyFingerprint,
        before: AccountWatermark,
        completion_grace_seconds: float,
        *,
        organizations: Collection[str] = (),
        sent_at: float | None = None,
        repeats: int = 0,
    ) -> None:
        """Write an intent, or replace it; it is durable when this returns.

        A repeated intent keeps the ids that it recorded as created by others. Concurrent writes of
        several threads are batched.

        Raises:
            JournalChangedError: Since this process read the journal, another run has taken the key,
                or the turn of a purchase whose record could not be distinguished.
            OwnershipError: This process lost its lease, so another run may have taken over.
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
            "late_until": self._clock.now() + completion_grace_seconds,
            "late_seconds": completion_grace_seconds,
            "sent_at": sent_at,
            "repeats": repeats,
        }
        result = self._store.submit(
            "begin", row=row, seen_owner=self._seen_owners.get(key), turns=turns, seen=seen
        )
        if result == FENCED:
            raise OwnershipError(messages.LEASE_LOST(place=self._store.shown))
        if result != WRITTEN:
            raise JournalChangedError(messages.JOURNAL_CHANGED())
        try:
            self._store.require_lease()
        except OwnershipError:
            # Keep the intent of a repeated request: the earlier attempt may have created a record.
            if repeats == 0:
                with suppress(ConfigurationError):
                    self.withdraw_intent(key)
            raise

    def record_id(
        self,
        key: str,
        record: str,
        texts: Iterable[str] = (),
        organizations: Collection[str] = (),
    ) -> None:
        """Record what an intent created, and exclude that from other open intents.

        `texts` are its unique texts (`fingerprint.unique_texts`); `organizations` are those
        of the account, now that one of its records is known. Raises OwnershipError if another run
        has taken over.
        """
        if not self._store.exists():
            return
        self._own_records.add(record)
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
            raise OwnershipError(messages.LEASE_LOST(place=self._store.shown))

    def record_adoption(
        self,
        key: str,
        record: str,
        organizations: Collection[str] = (),
        account: str | None = None,
    ) -> None:
        """Record that a resource adopts `record`, and finish the intent that created it.

        `import` and `recover` call this too, for the records that they write into a state.
        `account` is the record's, if this journal was opened without one.
        """
        self._store.submit(
            "hold",
            backend=self._backend.identity,
            key=key,
            record=record,
            account=self._account if account is None else account,
            organizations=sorted(organizations),
        )

    def exclude_records(self, intent: Intent, records: Collection[str]) -> None:
        """Record in an open intent that it did not create `records`, which states hold."""
        excluded = sorted(set(records) - intent.before.known)
        if excluded:
            self._store.submit(
                "exclude", backend=self._backend.identity, key=intent.key, records=excluded
            )

    def withdraw_intent(self, key: str) -> None:
        """Forget this process's intent: its request cannot have created anything."""
        self._store.submit(
            "drop",
            backend=self._backend.identity,
            key=key,
            owner=self._store.own,
            turns=self._store.turns()[0],
        )

    def discard_intent(self, key: str) -> None:
        """Forget an open intent of any owner: it created nothing, or the user decided so."""
        if self._store.exists():
            self._store.submit("forget", backend=self._backend.identity, key=key)

    def finish_earlier_intent(self, record: str) -> None:
        """Finish the intent by which an earlier run created `record`: the engine names it.

        An intent of this run stays: without checkpoints, the engine knows ids that no state holds.
        A failure is ignored, because the next run tries again.
        """
        with suppress(ConfigurationError):
            if record not in self._own_records and (
                self._store.is_shared or record in self._read_earlier_records()
            ):
                self._store.finish(self._backend.identity, [record], of_earlier_runs=True)

    def finish_intents(self, records: Collection[str]) -> None:
        """Finish the intents of `records`, including those of other processes of this run.

        A failure is ignored, because the next run tries again.
        """
        with suppress(ConfigurationError):
            self._store.finish(self._backend.identity, records, of_earlier_runs=False)

    def finish_held(self, records: Collection[str]) -> None:
        """Finish the intents of `records`, which a recorded state holds; durable when this returns.

        Raises ConfigurationError where the journal cannot be written.
        """
        self._store.submit("finish", backend=self._backend.identity, records=sorted(records))
        if self._store.is_shared:
            # Where nothing is unfinished now, this writes a snapshot that says so.
            self._store.finish(self._backend.identity, records, of_earlier_runs=False)

    def forget_holder(self, key: str | None, record: str) -> None:
        """Forget that a resource holds `record`, which was released or moved to another resource.

        A failure is ignored.
        """
        with suppress(ConfigurationError):
            if self._store.exists() and self._is_known(record):
                self._store.post(
                    "release", backend=self._backend.identity, key=key or "", record=record
                )

    def forget_record(self, record: str) -> None:
        """Forget `record`, which no longer exists in the account. A failure is ignored."""
        with suppress(ConfigurationError):
            if self._store.exists() and self._is_known(record):
                self._store.post("gone", record=record)

    @contextmanager
    def owner_lock(self) -> Generator[None]:
        """Hold this process's lock or lease inside the block: it shows that the process lives."""
        self._store.hold_owner()
        try:
            yield
        finally:
            self._store.let_go_owner()

    @contextmanager
    def turn(self, wait: Callable[[], None], *keys: str) -> Generator[None]:
        """Serialize purchases whose records could not be distinguished, by holding all `keys`.

        Otherwise a purchase whose response was lost could find and take the record of another.
        `wait` is called, and may raise, while another process holds one of the keys.
        """
        with self._store.turn(wait, *(f"{self._account} {key}" for key in keys)):
            yield
