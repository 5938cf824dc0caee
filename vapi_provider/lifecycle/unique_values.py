"""Numbers and SIP URIs of a run: who declares which, and who is about to give which up.

A public number and a SIP URI are one resource's alone; an extension is, on one trunk.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from vapi_provider.errors import OwnershipError
from vapi_provider.models.spelling import E164_CHECK, phone_number

FIELDS = ("number", "sip_uri", "credential_id", E164_CHECK)
"""The fields that make up what is unique; without the E.164 check a number is as it is spelled."""

SWAP = (
    "Two numbers cannot swap what is unique in one run: give one of them a value of its own and "
    "run `pulumi up`, then give it the final one and run `pulumi up` again"
)


@dataclass(frozen=True)
class Key:
    """What one record has and no other may."""

    field: str
    value: str
    trunk: str | None = None


def keys_of(fields: Mapping[str, Any]) -> frozenset[Key]:
    """Return the unique keys in declared or recorded fields, as far as they are known.

    Spellings of one number are one key, unless the E.164 check is off.
    """
    found: set[Key] = set()
    uri, number = fields.get("sip_uri"), fields.get("number")
    if isinstance(uri, str):
        found.add(Key("sip_uri", uri.lower()))
    if isinstance(number, str) and fields.get(E164_CHECK) is not False:
        number = phone_number(number)
    if isinstance(number, str) and number.startswith("+"):
        found.add(Key("number", number))
    elif isinstance(number, str) and isinstance(fields.get("credential_id"), str):
        found.add(Key("number", number, fields["credential_id"]))
    return frozenset(found)


class UniqueKeys:
    """What the resources of a run declare and record of unique keys; shared by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared: dict[str, frozenset[Key]] = {}
        self._owners: dict[Key, str] = {}
        self._holders: dict[Key, str] = {}
        self._wanted: dict[str, frozenset[Key]] = {}
        self._given_up: dict[Key, str] = {}

    def declare(self, declaration: str, keys: frozenset[Key]) -> list[str]:
        """Note what a resource declares; return what another resource of the run declares too."""
        with self._lock:
            for key in self._declared.get(declaration, frozenset()) - keys:
                if self._owners.get(key) == declaration:
                    del self._owners[key]
            self._declared[declaration] = keys
            owners = {key: self._owners.setdefault(key, declaration) for key in keys}
        return [
            f"{key.field}: is declared twice, {owner.split('/', 4)[-1]!r} has it too: each "
            "number and SIP URI is one resource's alone"
            for key, owner in owners.items()
            if owner != declaration
        ]

    def release(self, declaration: str | None) -> None:
        """Note that a resource's record is gone, and what it declared is free."""
        with self._lock:
            for key in self._declared.pop(declaration or "", frozenset()):
                if self._owners.get(key) == declaration:
                    del self._owners[key]

    def change(self, id_: str, recorded: frozenset[Key], declared: frozenset[Key]) -> None:
        """Note what a record is about to give up; raises OwnershipError for a swap."""
        with self._lock:
            for key in recorded:
                self._holders[key] = id_
            self._wanted[id_] = declared
            if self._leads_back(id_, declared - recorded):
                raise OwnershipError(f"{id_} takes what another resource gives up for its: {SWAP}")
            for key in recorded - declared:
                self._given_up[key] = id_

    def settle(self, id_: str) -> None:
        """Note that a record has what is declared, or never will in this run."""
        with self._lock:
            self._given_up = {key: one for key, one in self._given_up.items() if one != id_}

    def awaits(self, keys: Collection[Key]) -> bool:
        """Return whether a record is about to give one of the keys up."""
        with self._lock:
            return any(key in self._given_up for key in keys)

    def _leads_back(self, id_: str, keys: frozenset[Key]) -> bool:
        """Return whether those who hold the keys, and so on, take what `id_` holds."""
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
