"""Reads of the journal: the unfinished intents of one backend, as this process sees them."""

from __future__ import annotations

import json
from typing import Any

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.journal.boot_clock import BootClock
from vapi_provider.journal.intents import AccountWatermark, Intent
from vapi_provider.journal.store import Store
from vapi_provider.reconcile.resource_key import is_of_stack
from vapi_provider.settings.backend import Backend

_INTENT = (
    "SELECT key, account, organizations, body, since, known, owner, record, boot, late_until,"
    " late_seconds, sent_at, backend FROM intents"
)


class IntentReader:
    """The unfinished intents of one backend. Methods raise ConfigurationError.

    It remembers whose intents it has read: a write that takes one over names that owner.
    """

    def __init__(self, store: Store, backend: Backend, clock: BootClock) -> None:
        self._store = store
        self._backend = backend
        self._clock = clock
        self._seen_at: dict[str, float] = {}
        self._seen_owners: dict[str, str] = {}
        self._earlier_records: set[str] | None = None

    def exists(self) -> bool:
        """Return whether anything was ever written to the journal."""
        return self._store.exists()

    def may_have_unfinished(self) -> bool:
        """Return whether `unfinished` may find any; cheap also for a shared journal."""
        return self._store.may_have_unfinished()

    def find(self, key: str) -> Intent | None:
        """Return the unfinished intent of a resource, or None.

        Raises OwnershipError if an earlier version wrote the intent without its backend and this
        run names its backend, because the two may be the same.
        """
        if not self._store.exists():
            return None
        # Search by the primary key, (backend, key): by `key` alone SQLite reads the whole table.
        where = "WHERE backend IN ('', ?) AND key = ? ORDER BY backend"
        rows = self._rows(where, self._backend.identity, key)
        if rows:
            # A caller that resumes a purchase must exclude runs that create indistinguishable
            # records.
            self._store.take_turn()
            # Read these before the intents: finishing an intent records its id in the others first.
            others = self._all_records()
            rows = self._rows(where, self._backend.identity, key)
            if rows:
                if rows[0][-1] == "" and self._backend.is_named:
                    raise OwnershipError(messages.INTENT_WITHOUT_BACKEND())
                return self._intent(rows[0], others)
        self._seen_owners.pop(key, None)
        return None

    def unfinished(self, project: str, stack: str) -> list[Intent]:
        """Return the unfinished intents of a stack, sorted by key."""
        if not self._store.exists():
            return []
        where = "WHERE backend IN ('', ?) ORDER BY key"
        if not self._rows(where, self._backend.identity):
            return []
        others = self._all_records()  # Before the intents, as in `find`.
        rows = self._rows(where, self._backend.identity)
        return [self._intent(row, others) for row in rows if is_of_stack(row[0], project, stack)]

    def has_known_records(self, project: str, stack: str) -> bool:
        """Return whether an unfinished intent of a stack has a known record."""
        if not self.may_have_unfinished():
            return False
        rows = self._store.run(
            "SELECT key FROM intents WHERE record IS NOT NULL AND backend IN ('', ?)",
            self._backend.identity,
        )
        return any(is_of_stack(key, project, stack) for (key,) in rows)

    def unfinished_of_others(self, project: str, stack: str) -> list[Intent]:
        """Return a stack's unfinished intents that no process of this operation wrote.

        Fast path: every purchase asks, and few stacks have intents of other operations.
        """
        if not self._store.exists():
            return []
        # Two ranges of the index: `owner <> :own` would read the whole table.
        owners = self._store.run(
            "SELECT DISTINCT owner FROM intents WHERE owner < :own"
            " UNION SELECT DISTINCT owner FROM intents WHERE owner > :own",
            own=self._store.own,
        )
        if all(self._store.is_of_this_operation(owner) for (owner,) in owners):
            return []
        found = self.unfinished(project, stack)
        return [intent for intent in found if not self._store.is_of_this_operation(intent.owner)]

    def is_under_way(self, intent: Intent) -> bool:
        """Return whether the other process that wrote an intent is still running."""
        return self._store.is_alive(intent.owner)

    def is_of_this_operation(self, owner: str) -> bool:
        """Return whether an owner is a process of this engine operation, such as this process."""
        return self._store.is_of_this_operation(owner)

    def _rows(self, where: str, *values: str) -> list[Any]:
        return self._store.run(f"{_INTENT} {where}", *values)

    def _intent(self, row: Any, others: frozenset[str]) -> Intent:
        key, account, organizations, body, since, known, owner, record, *times, sent_at, _ = row
        self._seen_owners[key] = owner
        known_ids = frozenset[str](json.loads(known))
        if record is None:
            # No search needs these for an intent with a known record, and a run without
            # checkpoints leaves many such intents: a copy for each would be quadratic.
            known_ids |= others
        return Intent(
            key,
            account,
            frozenset(json.loads(organizations)),
            json.loads(body),
            AccountWatermark(since, known_ids),
            owner,
            record,
            self._left(key, owner, *times),
            times[-1],
            sent_at,
        )

    def _left(
        self, key: str, owner: str, boot: str, late_until: float, completion_grace_seconds: float
    ) -> float:
        """Return the seconds in which an intent's request may still complete.

        The time counts by the clock of a shared store, or since boot if the machine has not booted
        since. Otherwise it starts anew when this process first sees the intent.
        """
        if owner != self._store.own and (age := self._store.age_of(boot)) is not None:
            return completion_grace_seconds - age
        now = self._clock.now()
        if boot and boot == self._clock.boot:
            return min(late_until - now, completion_grace_seconds)
        return completion_grace_seconds - (now - self._seen_at.setdefault(key, now))

    def _all_records(self) -> frozenset[str]:
        """Return the records that any intent created or any state holds."""
        rows = self._store.run(
            "SELECT record FROM intents WHERE record IS NOT NULL UNION SELECT record FROM held"
        )
        return frozenset(record for (record,) in rows)

    def _is_known(self, record: str) -> bool:
        """Return whether the journal knows a record; True without a query for a file.

        A write to a file costs no more than the query.
        """
        return not self._store.is_shared or bool(
            self._store.run(
                "SELECT 1 FROM intents WHERE record = :record UNION ALL"
                " SELECT 1 FROM held WHERE record = :record UNION ALL"
                " SELECT 1 FROM unique_texts WHERE record = :record",
                record=record,
            )
        )

    def _read_earlier_records(self) -> set[str]:
        """Return the records of earlier runs' intents, cached: most calls find no intent."""
        if self._earlier_records is None:
            rows: list[Any] = []
            if self._store.exists():
                rows = self._store.run(
                    "SELECT record, owner FROM intents"
                    " WHERE record IS NOT NULL AND backend IN ('', ?)",
                    self._backend.identity,
                )
            self._earlier_records = {
                record for record, owner in rows if not self._store.is_of_this_operation(owner)
            }
        return self._earlier_records
