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
from vapi_provider.models.spelling import E164_CHECK, number_within
from vapi_provider.reconcile.resource_key import resource_of

FIELDS = ("number", "sip_uri", "credential_id", E164_CHECK)
"""Fields that determine unique values; without the E.164 check a number is not normalized."""

SWAP = (
    "give one of them a temporary value and run `pulumi up`, then give it the final value and run "
    "`pulumi up` again"
)


@dataclass(frozen=True)
class Key:
    """A value that only one record may have."""

    field: str
    value: str
    trunk: str | None = None


def keys_of(fields: Mapping[str, Any]) -> frozenset[Key]:
    """Return the known unique keys of declared or recorded fields.

    A number is normalized to one key unless the E.164 check is off.
    """
    found: set[Key] = set()
    uri, number = fields.get("sip_uri"), number_within(fields)
    if isinstance(uri, str):
        found.add(Key("sip_uri", uri.lower()))
    if number is not None and number.startswith("+"):
        found.add(Key("number", number))
    elif number is not None and isinstance(fields.get("credential_id"), str):
        found.add(Key("number", number, fields["credential_id"]))
    return frozenset(found)


class UniqueKeys:
    """Unique keys that the resources of a run declare and record; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared: dict[str, frozenset[Key]] = {}
        self._owners: dict[Key, str] = {}
        self._holders: dict[Key, str] = {}
        self._wanted: dict[str, frozenset[Key]] = {}
        self._given_up: dict[Key, str] = {}

    def register(self, resource: str, keys: frozenset[Key]) -> list[str]:
        """Record a resource's keys; return messages about keys that another resource declares."""
        with self._lock:
            for key in self._declared.get(resource, frozenset()) - keys:
                if self._owners.get(key) == resource:
                    del self._owners[key]
            self._declared[resource] = keys
            owners = {key: self._owners.setdefault(key, resource) for key in keys}
        return [
            messages.UNIQUE_VALUE_DECLARED_TWICE(field=key.field, owner=repr(resource_of(owner)))
            for key, owner in owners.items()
            if owner != resource
        ]

    def forget(self, resource: str | None) -> None:
        """Record that a resource's record is gone, so that its keys are free."""
        with self._lock:
            for key in self._declared.pop(resource or "", frozenset()):
                if self._owners.get(key) == resource:
                    del self._owners[key]

    def begin_change(self, id_: str, recorded: frozenset[Key], declared: frozenset[Key]) -> None:
        """Record the keys that a record is about to give up; raise OwnershipError for a swap."""
        with self._lock:
            for key in recorded:
                self._holders[key] = id_
            self._wanted[id_] = declared
            if self._closes_cycle(id_, declared - recorded):
                raise OwnershipError(messages.UNIQUE_VALUES_SWAPPED(id=id_, swap=SWAP))
            for key in recorded - declared:
                self._given_up[key] = id_

    def end_change(self, id_: str) -> None:
        """Record that a record's change is done, or will not happen in this run."""
        with self._lock:
            self._given_up = {
                key: holder for key, holder in self._given_up.items() if holder != id_
            }

    def is_about_to_be_free(self, keys: Collection[Key]) -> bool:
        """Return whether a record is about to give up one of the keys."""
        with self._lock:
            return any(key in self._given_up for key in keys)

    def _closes_cycle(self, id_: str, keys: frozenset[Key]) -> bool:
        """Return whether taking `keys` is circular: the chain of their holders ends at `id_`."""
        seen: set[str] = set()
        waiting = list(keys)
        while waiting:
            holder = self._holders.get(waiting.pop())
            if holder == id_:
                return True
            if holder is not None and holder not in seen:
                seen.add(holder)
                taken = self._wanted.get(holder, frozenset())
                waiting += [key for key in taken if self._holders.get(key) != holder]
        return False
