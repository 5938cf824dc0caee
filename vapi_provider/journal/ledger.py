"""The ledger of held records: which resource's state was proven to hold which record.

A record stays in it until it is released or gone. The ledger shows a `create` that the state was
edited or restored behind the provider, and a `delete` that another resource holds the record.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vapi_provider.journal.store import Store
from vapi_provider.reconcile.resource_key import children_range, is_of_stack, old_form

_HELD = "SELECT key, record, account, organizations FROM held WHERE backend = :backend"


@dataclass(frozen=True)
class HeldRecord:
    """A record that a state held, with its account and the organizations that were seen in it."""

    record: str
    account: str
    organizations: frozenset[str]


@dataclass(frozen=True)
class Repeated:
    """A purchase whose POST was repeated after a lost response, so that it may have bought twice.

    `key` and `record` are those of the last POST. The other fields are the intent's.
    """

    key: str
    record: str
    body: Any
    since: str
    known: frozenset[str]
    owner: str
    sent_at: float | None
    """The time of the last attempt, by the API's clock, in Unix seconds, if known."""


class Ledger:
    """The held records of one backend, in the journal's store."""

    def __init__(self, store: Store, backend: str) -> None:
        self._store = store
        self._backend = backend
        self._organizations: dict[tuple[str, str], frozenset[str]] = {}

    def held(self, key: str) -> list[HeldRecord]:
        """Return the records that a state held for a resource and that were not released."""
        return self._held(f"{_HELD} AND key = :key", key=key).get(key, [])

    def held_in_any_form(self, key: str) -> dict[str, list[HeldRecord]]:
        """Return the records that a state held for a resource under any form of its key, by key.

        For a resource without parent this includes children of the same name: the resource may have
        been one of them.
        """
        old = old_form(key)
        if key != old:
            return self._held(f"{_HELD} AND key IN (:key, :old)", key=key, old=old)
        children, name = children_range(key)
        return self._held(
            f"{_HELD} AND key = :key UNION ALL {_HELD} AND key >= :children"
            " AND key < :children || '~' AND substr(key, length(:children) + 9) = :name",
            key=key,
            children=children,
            name=name,
        )

    def _held(self, statement: str, **named: str) -> dict[str, list[HeldRecord]]:
        """Return the held records that a statement finds, by key in sorted order."""
        found: defaultdict[str, list[HeldRecord]] = defaultdict(list)
        if self._store.exists():
            # Named parameters: Python 3.12 warns of `?1`, which it treats as named.
            rows = self._store.run(statement, backend=self._backend, **named)
            for key, id_, account, orgs in sorted(rows):
                found[key].append(HeldRecord(id_, account, frozenset(json.loads(orgs))))
        return dict(found)

    def holders_here(self, record: str) -> set[str]:
        """Return the resources of this backend whose state held `record`."""
        if not self._store.exists():
            return set()
        rows = self._store.run(
            "SELECT key FROM held WHERE backend = ? AND record = ? COLLATE NOCASE",
            self._backend,
            record,
        )
        return {key for (key,) in rows}

    def holders(self, record: str) -> set[str]:
        """Return the resources, of all backends, whose state or intent has `record`."""
        if not self._store.exists():
            return set()
        rows = self._store.run(
            "SELECT key FROM held WHERE record = ? COLLATE NOCASE"
            " UNION SELECT key FROM intents WHERE record = ? COLLATE NOCASE",
            record,
            record,
        )
        return {key for (key,) in rows}

    def organizations(self, project: str, stack: str) -> frozenset[str]:
        """Return the organizations in which a stack's held records were created.

        Cached once any is known, because every purchase asks. A later organization that is missing
        here can only make the guard against another account's key stricter.
        """
        known = self._organizations.get((project, stack))
        if not known:
            known = self._organizations[project, stack] = self._read_organizations(project, stack)
        return known

    def _read_organizations(self, project: str, stack: str) -> frozenset[str]:
        if not self._store.exists():
            return frozenset()
        rows = self._store.run(
            "SELECT DISTINCT key, organizations FROM held WHERE backend = ?", self._backend
        )
        return frozenset(
            organization
            for key, organizations in rows
            if is_of_stack(key, project, stack)
            for organization in json.loads(organizations)
        )

    def rename(self, record: str, old: str, new: str) -> None:
        """Record that a resource was renamed, so that its state has a new key."""
        if self._store.exists():
            self._store.post("rename", backend=self._backend, record=record, old=old, new=new)

    def repeated(self, project: str, stack: str) -> list[Repeated]:
        """Return the stack's purchases whose POST was repeated, until `forget_repeat`."""
        if not self._store.may_have_unfinished():
            return []
        rows = self._store.run(
            "SELECT key, record, repeated FROM held WHERE backend = ? AND repeated IS NOT NULL",
            self._backend,
        )
        found = ((key, record, json.loads(text)) for key, record, text in rows)
        return [
            Repeated(
                key,
                record,
                intent["body"],
                intent["since"],
                frozenset(intent["known"]),
                intent["owner"],
                intent.get("sent_at"),
            )
            for key, record, intent in found
            if is_of_stack(key, project, stack)
        ]

    def forget_repeat(self, repeated: Repeated) -> None:
        """Stop searching for a record of the first attempt of a repeated POST."""
        self._store.post("forget_repeat", record=repeated.record)

    def with_texts(self, texts: Iterable[str]) -> set[str]:
        """Return the records that were created with any of `texts`."""
        if not self._store.exists():
            return set()
        found = (
            self._store.run("SELECT record FROM unique_texts WHERE text = ?", text)
            for text in texts
        )
        return {record for rows in found for (record,) in rows}
