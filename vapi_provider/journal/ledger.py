"""The ledger of held records: which resource's state was proven to hold which record.

A record stays in it until it is released or gone. So a `create` knows that the state was edited or
restored behind the provider, and a `delete` that another resource has the record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vapi_provider.journal.journal_file import JournalFile
from vapi_provider.reconcile.resource_key import is_of_stack, old_form


@dataclass(frozen=True)
class Held:
    """A record that a state held, in an account and its organizations as far as they were seen."""

    record: str
    account: str
    organizations: frozenset[str]


@dataclass(frozen=True)
class Repeated:
    """A purchase whose POST was repeated after its answer was lost: the first may have been late.

    `key` and `record` are what the last POST created. The rest is the intent's.
    """

    key: str
    record: str
    body: Any
    since: str
    known: frozenset[str]
    owner: str


class Ledger:
    """The held records of one backend, in the journal's file."""

    def __init__(self, file: JournalFile, backend: str, account: str) -> None:
        self._file = file
        self._backend = backend
        self._account = account

    def held(self, key: str) -> list[Held]:
        """Return the records that a state held for a resource and that are not released."""
        if not self._file.exists():
            return []
        rows = self._file.run(
            "SELECT record, account, organizations FROM held WHERE backend = ? AND key = ?",
            self._backend,
            key,
        )
        return [Held(id_, account, frozenset(json.loads(orgs))) for id_, account, orgs in rows]

    def held_alike(self, key: str) -> dict[str, list[Held]]:
        """Return what a state held for a resource under either form of its key, by key.

        For a resource without parent that is what was held for children of its name, too: it may
        have been one of them.
        """
        if not self._file.exists():
            return {}
        keys = {key, old_form(key)}
        if key == old_form(key):
            *scope, class_name, resource = key.split("/", 4)
            children, name = "/".join((*scope, f"{class_name}~")), f"/{resource}"
            rows = self._file.run(
                "SELECT DISTINCT key FROM held WHERE backend = ?1 AND key >= ?2 AND key < ?2 || '~'"
                " AND substr(key, length(?2) + 9) = ?3",
                self._backend,
                children,
                name,
            )
            keys.update(found for (found,) in rows)
        return {one: held for one in sorted(keys) if (held := self.held(one))}

    def holders_here(self, record: str) -> set[str]:
        """Return the resources of this backend whose state held `record`."""
        if not self._file.exists():
            return set()
        rows = self._file.run(
            "SELECT key FROM held WHERE backend = ? AND record = ? COLLATE NOCASE",
            self._backend,
            record,
        )
        return {key for (key,) in rows}

    def holders(self, record: str) -> set[str]:
        """Return the resources whose state held `record`, those of other backends too."""
        if not self._file.exists():
            return set()
        rows = self._file.run(
            "SELECT key FROM held WHERE record = ? COLLATE NOCASE"
            " UNION SELECT key FROM intents WHERE record = ? COLLATE NOCASE",
            record,
            record,
        )
        return {key for (key,) in rows}

    def organizations(self, project: str, stack: str) -> frozenset[str]:
        """Return the organizations in which a stack's held records were created."""
        if not self._file.exists():
            return frozenset()
        rows = self._file.run(
            "SELECT DISTINCT key, organizations FROM held WHERE backend = ?", self._backend
        )
        return frozenset(
            one
            for key, organizations in rows
            if is_of_stack(key, project, stack)
            for one in json.loads(organizations)
        )

    def hold(self, key: str, record: str, organizations: Iterable[str] = ()) -> None:
        """Record that a resource holds `record`."""
        self._file.change(
            "INSERT OR IGNORE INTO held VALUES (?, ?, ?, ?, ?, NULL)",
            self._backend,
            key,
            record,
            self._account,
            json.dumps(sorted(organizations)),
        )

    def take_over(self, key: str, record: str) -> None:
        """Record that the state holds what the intent of `key` created, as the intent knows it."""
        self._file.change(
            "INSERT OR REPLACE INTO held"
            " SELECT :backend, key, record, account, organizations, CASE WHEN repeats > 0 THEN"
            " json_object('body', json(body), 'since', since, 'known', json(known), 'owner', owner)"
            " END FROM intents WHERE key = :key AND record = :record AND backend IN ('', :backend)",
            backend=self._backend,
            key=key,
            record=record,
        )

    def rename(self, record: str, old: str, new: str) -> None:
        """Record that a resource was renamed: its state names another declaration from now on."""
        if self._file.exists():
            self._file.change(
                "UPDATE OR REPLACE held SET key = ? WHERE backend = ? AND record = ? AND key = ?",
                new,
                self._backend,
                record,
                old,
            )

    def release(self, key: str, record: str) -> None:
        """Forget that a resource holds `record`."""
        self._file.change(
            "DELETE FROM held WHERE backend = ? AND key = ? AND record = ?",
            self._backend,
            key,
            record,
        )

    def gone(self, record: str) -> None:
        """Forget a record that the account does not have any more."""
        self._file.change("DELETE FROM held WHERE record = ?", record)
        self._file.change("DELETE FROM unique_texts WHERE record = ?", record)

    def repeated(self, project: str, stack: str) -> list[Repeated]:
        """Return the stack's purchases whose POST was repeated, until `forget_repeat`."""
        if not self._file.exists():
            return []
        rows = self._file.run(
            "SELECT key, record, repeated FROM held WHERE backend = ? AND repeated IS NOT NULL",
            self._backend,
        )
        found = ((key, record, json.loads(text)) for key, record, text in rows)
        return [
            Repeated(key, record, it["body"], it["since"], frozenset(it["known"]), it["owner"])
            for key, record, it in found
            if is_of_stack(key, project, stack)
        ]

    def forget_repeat(self, repeated: Repeated) -> None:
        """Stop looking for what a repeated POST's first try may have created."""
        self._file.change("UPDATE held SET repeated = NULL WHERE record = ?", repeated.record)

    def note_texts(self, record: str, texts: Iterable[str]) -> None:
        """Record what `record` has and no other record may have."""
        for text in texts:
            self._file.change("INSERT OR IGNORE INTO unique_texts VALUES (?, ?)", text, record)

    def with_texts(self, texts: Iterable[str]) -> set[str]:
        """Return the records that some process of this machine gave any of `texts`."""
        if not self._file.exists():
            return set()
        found = (
            self._file.run("SELECT record FROM unique_texts WHERE text = ?", text) for text in texts
        )
        return {record for rows in found for (record,) in rows}
