"""Unique values of a run: which resource declares each, and which is about to give it up.

A public number or a SIP URI belongs to one resource; an extension is unique per trunk.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from vapi_provider.catalogue import ownership as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.models.number_spelling import E164_CHECK, number_within
from vapi_provider.reconcile.resource_key import resource_of

UNIQUE_FIELDS = ("number", "sip_uri", "credential_id", E164_CHECK)
"""Fields that determine unique values; without the E.164 check a number is not normalized."""

SWAP_ADVICE = (
    "give one of them a temporary value and run `pulumi up`, then give it the final value and run "
    "`pulumi up` again"
)


@dataclass(frozen=True)
class UniqueValue:
    """A value that only one record of the account may have."""

    field: str
    value: str
    trunk: str | None = None


def unique_values(fields: Mapping[str, Any]) -> frozenset[UniqueValue]:
    """Return the known unique values of declared or recorded fields.

    A number is normalized unless the E.164 check is off.
    """
    found: set[UniqueValue] = set()
    uri, number = fields.get("sip_uri"), number_within(fields)
    if isinstance(uri, str):
        found.add(UniqueValue("sip_uri", uri.lower()))
    if number is not None and number.startswith("+"):
        found.add(UniqueValue("number", number))
    elif number is not None and isinstance(fields.get("credential_id"), str):
        found.add(UniqueValue("number", number, fields["credential_id"]))
    return frozenset(found)


class UniqueValues:
    """Unique values that the resources of a run declare and record; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared: dict[str, frozenset[UniqueValue]] = {}
        self._owners: dict[UniqueValue, str] = {}
        self._holders: dict[UniqueValue, str] = {}
        self._wanted: dict[str, frozenset[UniqueValue]] = {}
        self._given_up: dict[UniqueValue, str] = {}

    def register(self, resource: str, values: frozenset[UniqueValue]) -> list[str]:
        """Record a resource's values; return messages about those declared elsewhere."""
        with self._lock:
            for value in self._declared.get(resource, frozenset()) - values:
                if self._owners.get(value) == resource:
                    del self._owners[value]
            self._declared[resource] = values
            owners = {value: self._owners.setdefault(value, resource) for value in values}
        return [
            messages.UNIQUE_VALUE_DECLARED_TWICE(field=value.field, owner=repr(resource_of(owner)))
            for value, owner in owners.items()
            if owner != resource
        ]

    def forget(self, resource: str | None) -> None:
        """Record that a resource's record is gone, so that its values are free."""
        with self._lock:
            for value in self._declared.pop(resource or "", frozenset()):
                if self._owners.get(value) == resource:
                    del self._owners[value]

    def begin_change(
        self, id_: str, recorded: frozenset[UniqueValue], declared: frozenset[UniqueValue]
    ) -> None:
        """Record the values that a record is about to give up; raise OwnershipError for a swap."""
        with self._lock:
            for value in recorded:
                self._holders[value] = id_
            self._wanted[id_] = declared
            if self._closes_cycle(id_, declared - recorded):
                raise OwnershipError(messages.UNIQUE_VALUES_SWAPPED(id=id_, swap=SWAP_ADVICE))
            for value in recorded - declared:
                self._given_up[value] = id_

    def end_change(self, id_: str) -> None:
        """Record that a record's change is done, or will not happen in this run."""
        with self._lock:
            self._given_up = {
                value: holder for value, holder in self._given_up.items() if holder != id_
            }

    def is_about_to_be_free(self, values: Collection[UniqueValue]) -> bool:
        """Return whether a record is about to give up one of the values."""
        with self._lock:
            return any(value in self._given_up for value in values)

    def _closes_cycle(self, id_: str, values: frozenset[UniqueValue]) -> bool:
        """Return whether taking `values` is circular: the chain of their holders ends at `id_`."""
        seen: set[str] = set()
        waiting = list(values)
        while waiting:
            holder = self._holders.get(waiting.pop())
            if holder == id_:
                return True
            if holder is not None and holder not in seen:
                seen.add(holder)
                taken = self._wanted.get(holder, frozenset())
                waiting += [value for value in taken if self._holders.get(value) != holder]
        return False
