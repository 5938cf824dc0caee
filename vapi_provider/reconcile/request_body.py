"""Request bodies of a desired record: the whole body of a POST, and the PATCH of changed fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from vapi_provider.catalogue import declarations
from vapi_provider.catalogue.message import split
from vapi_provider.errors import DeclarationError
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import convert_value
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.secrecy import secrets_in
from vapi_provider.reconcile.validation import problems


def wire_body(desired: Desired) -> dict[str, Any]:
    """Return all declared fields as the API spells them.

    Raises DeclarationError where the API no longer accepts fields that equal the recorded ones,
    which `check` does not validate.
    """
    # Lazy import: a run without changes needs no pydantic models.
    from pydantic import ValidationError

    fields = {"provider": desired.kind.provider, **desired.fields}
    try:
        return desired.kind.create.validate(fields, exists=True).to_wire()
    except ValidationError:
        refused = "; ".join(split(line).text for line in problems(desired, fields, exists=True))
        raise DeclarationError(declarations.NO_LONGER_ACCEPTED(problems=refused)) from None


def patch_body(kind: Kind, wire: Mapping[str, Any], changed: Collection[str]) -> dict[str, Any]:
    """Return the PATCH that sets the `changed` fields to their values in `wire`.

    A field that `wire` lacks is cleared with null.
    """
    names = [spec.wire for name, spec in kind.fields.items() if name in changed]
    return {"provider": kind.provider, **{name: wire.get(name) for name in names}}


def carried_secrets(
    kind: Kind, declared: Mapping[str, Any], merged: Mapping[str, Any]
) -> frozenset[str]:
    """Return the texts of a PATCH that may be secrets of the account.

    `merged` holds the fields that were merged with the account's values, `declared` the program's
    own; both are as the API spells them. A text of the account in a key that no schema describes
    counts as a secret.
    """
    carried = {*secrets_in({}, merged)} - {*secrets_in({}, declared)}
    known = {
        name: convert_value(spec, merged[spec.wire])
        for name, spec in kind.fields.items()
        if spec.wire in merged
    }
    return frozenset({*carried, *secrets_in(kind.fields, known)})
