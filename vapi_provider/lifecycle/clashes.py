"""Clashes between a record and a declaration: unique values and automatic names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.models.spelling import number_within, spec_within
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.names import automatic_name, name_without_parent
from vapi_provider.reconcile.resource_key import old_form


def _is_public(number: str) -> bool:
    return number.startswith("+")


def unique_clash(record: PhoneNumberRecord, kind: Kind, declared: Mapping[str, Any]) -> str | None:
    """Return a description of the unique value that the record already has; None if it has none."""
    uri = declared.get("sip_uri")
    if uri is not None and equivalent(kind.fields["sip_uri"], uri, record.fields.get("sip_uri")):
        return "the SIP URI of `sip_uri`"
    number = number_within(declared)
    # An extension is unique per trunk.
    same_trunk = record.fields.get("credential_id") == declared.get("credential_id")
    spec = kind.fields.get("number")
    same_number = (
        number is not None
        and spec is not None
        and equivalent(spec_within(spec, declared, record.fields), number, record.number)
    )
    if same_number and (_is_public(number or "") or same_trunk):
        return "the number of `number`"
    return None


def name_clash(
    record: PhoneNumberRecord, kind: Kind, declared: Mapping[str, Any], declaration: str
) -> str | None:
    """Return a description of the automatic name that a record shares with a resource; else None.

    Both forms of the name count. A resource without a parent may have been a child, so the name of
    any child of that name counts as well. A resource with an explicit name has no automatic one.
    """
    name, old = record.name, automatic_name(old_form(declaration))
    own = automatic_name(declaration)
    if name is None or record.provider != kind.provider or declared.get("name") != own:
        return None
    moved_out = declaration == old_form(declaration) and name_without_parent(name) == old
    if name not in (old, own) and not moved_out:
        return None
    return f"a {kind.provider} number with this resource's automatic name {name!r}"
