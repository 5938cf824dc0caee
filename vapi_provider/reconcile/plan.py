"""Plan of an update: declared fields compared with recorded ones.

Fields are in snake_case. `recorded` is the state, which a refresh has updated from the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.kinds import Kind
from vapi_provider.models.number_spelling import E164_CHECK
from vapi_provider.reconcile.area_code import wants_another_number
from vapi_provider.reconcile.differences import Difference, differences, field_of


@dataclass(frozen=True)
class NoChange:
    """A plan without a request, because the record is as declared."""


@dataclass(frozen=True)
class Update:
    """A PATCH of these top-level fields; nested objects are whole, and None clears a field.

    `differences` are the differences that the plan found, by their deepest paths.
    """

    fields: Mapping[str, Any]
    differences: tuple[Difference, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Replace:
    """A replacement by another record, where the API cannot update the fields named in `because`.

    `delete_first` is true if both records cannot exist at once. `differences` are as in `Update`.
    """

    because: tuple[str, ...]
    delete_first: bool
    differences: tuple[Difference, ...] = field(default=(), compare=False, repr=False)


Plan = NoChange | Update | Replace


def plan(kind: Kind, recorded: Mapping[str, Any], declared: Mapping[str, Any]) -> Plan:
    """Return the smallest change from `recorded` to `declared`.

    `recorded` may hold read-only outputs beside the fields; of these only `number` is compared. A
    record of another kind, which an alias may lead to, must be replaced.
    """
    found = tuple(differences(kind.fields, recorded, declared, by_key=True))
    if recorded.get("provider", kind.provider) != kind.provider:
        return Replace(("provider",), _same_number(recorded, declared), found)
    if AREA_CODE in kind.create_only and wants_another_number(recorded, declared):
        return Replace((AREA_CODE,), _same_sip_uri(recorded, declared), found)
    names = {field_of(path) for path, *_ in found} - kind.create_only
    changed = {name: declared.get(name) for name in kind.fields if name in names}
    if "number" in changed and declared.get(E164_CHECK) is False:
        # The API validates a PATCH by itself: without this field the number must be E.164.
        changed[E164_CHECK] = False
    return Update(changed, found) if changed else NoChange()


def _same_number(recorded: Mapping[str, Any], declared: Mapping[str, Any]) -> bool:
    number = recorded.get("number")
    return _same_sip_uri(recorded, declared) or (
        number is not None and number == declared.get("number")
    )


def _same_sip_uri(recorded: Mapping[str, Any], declared: Mapping[str, Any]) -> bool:
    uri, wanted = recorded.get("sip_uri"), declared.get("sip_uri")
    return isinstance(uri, str) and isinstance(wanted, str) and uri.lower() == wanted.lower()
