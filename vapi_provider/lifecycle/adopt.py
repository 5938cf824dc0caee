"""Adoption of an existing record that `adopt_id` names: a PATCH instead of a purchase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from vapi_provider.catalogue import ownership, purchase
from vapi_provider.errors import NotFoundError, OwnershipError, VapiError
from vapi_provider.lifecycle.merge_guards import warn_of_lost_values
from vapi_provider.lifecycle.update import merge_into, patch, refuse_taken_values
from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.number_spelling import E164_CHECK, spec_within
from vapi_provider.models.record import PhoneNumberRecord, as_read
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.ignore_changes import (
    in_camel_case,
    with_ignored_items,
    without_ignored,
)
from vapi_provider.reconcile.merge import UNKNOWN, Merge
from vapi_provider.reconcile.plan import Replace, plan
from vapi_provider.reconcile.properties import Desired, outputs_as_read
from vapi_provider.reconcile.request_body import wire_body
from vapi_provider.reconcile.resource_key import resource_of
from vapi_provider.reconcile.secrecy import secrets_in

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


def adopt(session: Session, desired: Desired, id_: str) -> tuple[str, dict[str, Any]]:
    """Take an existing record under management, and PATCH the declared fields that differ.

    Returns the record's id and outputs. Never purchases a number. Raises OwnershipError where the
    record cannot be this resource's.
    """
    key = desired.key or ""
    record = _record_named(session, id_)
    id_ = record.id
    refuse_other_kind(desired, record)
    _refuse_held_elsewhere(session, id_, key)
    step = plan(desired.kind, {**record.fields, "number": record.number}, desired.fields)
    if isinstance(step, Replace):
        raise OwnershipError(
            ownership.ADOPTED_HAS_OTHER_AREA_CODE(
                id=id_, number=record.number or "without a number", field=AREA_CODE
            )
        )
    session.purchaser.refuse_other_unfinished_purchase(desired.kind, key, record)
    desired, record = _patch_to_adopt(session, desired, record)
    session.ownership.gain(id_, key)
    try:
        session.journal.record_adoption(key, id_, session.client.organizations)
    except VapiError as error:
        # The adoption succeeded and its id must reach the state: only warn of the journal.
        warn(purchase.JOURNAL_NOT_UPDATED(id=id_, done="adopted", cause=error))
    return record.id, _outputs_adopted(desired, record)


def refuse_other_kind(desired: Desired, record: PhoneNumberRecord) -> None:
    """Raise OwnershipError where the record is of another kind than declared."""
    if record.provider != desired.kind.provider:
        known = record.kind.class_name if record.kind else f"of kind {record.provider!r}"
        raise OwnershipError(
            ownership.OTHER_KIND(id=record.id, actual=known, declared=desired.kind.class_name)
        )


def _record_named(session: Session, id_: str) -> PhoneNumberRecord:
    """Return the record that `adopt_id` names in any letter case; raise OwnershipError if none."""
    try:
        return session.client.get_phone_number(id_)
    except NotFoundError as missing:
        if id_ != id_.lower():
            return _record_named(session, id_.lower())
        raise OwnershipError(ownership.ADOPTED_IS_MISSING(cause=missing)) from None


def _refuse_held_elsewhere(session: Session, id_: str, key: str) -> None:
    """Raise OwnershipError where another resource of this run holds a record and keeps it.

    Its earlier holder may be declared later in the program, so wait for the engine's checks.
    """
    owners = session.ownership
    if (session.recorded_holders.before(id_) | session.journal.ledger.holders(id_)) - {key}:
        session.wait_until_checks_idle(lambda: owners.holder(id_) is not None)
    holder = owners.holder(id_)
    if holder is not None or session.account.is_of_this_run(id_):
        raise OwnershipError(
            ownership.ADOPTED_IS_HELD(
                id=id_,
                holder=repr(resource_of(holder)) if holder else "another resource of this run",
            )
        )


def _patch_to_adopt(
    session: Session, desired: Desired, record: PhoneNumberRecord
) -> tuple[Desired, PhoneNumberRecord]:
    """PATCH a record to adopt where a declared field differs; clear no other field.

    Returns also the desired resource without the values that `ignore_changes` leaves unmanaged.
    """
    body, kind = wire_body(desired), desired.kind
    secrets = {*secrets_in(kind.fields, desired.fields), *secrets_in(kind.fields, record.fields)}
    check_input = session.check_input(None, desired.key)
    ignored = check_input.ignored if check_input else ()
    desired = replace(desired, fields=without_ignored(desired.fields, ignored))
    nothing = dict.fromkeys(desired.fields, UNKNOWN)
    updatable = [name for name in desired.fields if name not in kind.create_only]

    def merge_without(refused: frozenset[str]) -> Merge:
        merge = Merge(refused=refused)
        merge_into(merge, desired, nothing, body, record.wire, updatable)
        merge.wire = with_ignored_items(merge.wire, record.wire, map(in_camel_case, ignored))
        return merge

    merge = merge_without(frozenset())
    changed = [
        name
        for name in updatable
        if not equivalent(
            spec_within(kind.fields[name], desired.fields, record.fields),
            _shown(kind, merge.wire, name),
            record.fields.get(name),
        )
    ]
    if "number" in changed and desired.fields.get(E164_CHECK) is False:
        changed.append(E164_CHECK)  # The API validates each PATCH on its own.
    updated = record
    if changed:
        refuse_taken_values(session, record.id, desired, changed, frozenset())
        merge, updated = patch(session, record.id, kind, body, changed, secrets, merge_without)
        warn_of_lost_values(record, merge, changed)
    fields = with_ignored_items(desired.fields, updated.fields, ignored)
    return replace(desired, fields=fields), updated


def _outputs_adopted(desired: Desired, record: PhoneNumberRecord) -> dict[str, Any]:
    """Return the outputs of an adopted record: the declared values and its other ones."""
    actual = {
        name: _overlay(record.fields.get(name), desired.fields.get(name))
        for name in desired.kind.fields
    }
    return outputs_as_read(desired, replace(record, fields=actual))


def _shown(kind: Kind, wire: Mapping[str, Any], name: str) -> Any:
    spec = kind.fields[name]
    return as_read(spec, wire.get(spec.wire))


def _overlay(actual: Any, desired: Any) -> Any:
    """Return `actual` with the declared values in it, which a PATCH has just set."""
    if isinstance(actual, Mapping) and isinstance(desired, Mapping):
        below, above = as_object(cast(Any, actual)), as_object(cast(Any, desired))
        return {**below, **{name: _overlay(below.get(name), above[name]) for name in above}}
    items, wanted = as_list(actual), as_list(desired)
    if items and len(items) == len(wanted):
        return [_overlay(*pair) for pair in zip(items, wanted, strict=True)]
    return cast(Any, actual) if desired is None else desired
