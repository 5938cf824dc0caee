"""Steps of `create`: purchase a record, resume an earlier run's purchase, or adopt a record.

`purchaser` defines the order of the steps of a purchase.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vapi_provider.catalogue import account, ownership, purchase
from vapi_provider.catalogue.message import without_code
from vapi_provider.errors import NotFoundError, NotReadyError, OwnershipError, VapiError
from vapi_provider.lifecycle import update as updating
from vapi_provider.lifecycle.unique_values import keys_of
from vapi_provider.lifecycle.update import merge_into
from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.area_code import as_purchased, awaits_number
from vapi_provider.reconcile.merge import Merge
from vapi_provider.reconcile.plan import Replace, Update, plan
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.request_body import carried_secrets, patch_body, wire_body
from vapi_provider.reconcile.resource_key import old_form, resource_of
from vapi_provider.reconcile.secrecy import secrets_in

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

POLL_SECONDS = 1.0
"""Pause between two reads of a record whose number is not yet assigned."""


def create_or_resume(session: Session, desired: Desired) -> tuple[Desired, PhoneNumberRecord]:
    """Return the record of a desired resource, and that resource as far as the record satisfies it.

    Raises a VapiError where nothing was created or the outcome is unknown.
    """
    key = desired.key or ""
    owners, body = session.ownership, wire_body(desired)
    owners.begin_create(key)
    forms = {key, old_form(key)}
    result = session.retry_once_free(
        keys_of(desired.fields),
        lambda: session.purchaser.purchase(
            desired.kind,
            body,
            desired.fields,
            key,
            owners.replaced,
            replacing=owners.is_forced(key) or not forms.isdisjoint(session.facts.replacing),
            other_forms=tuple(forms - {key}),
        ),
    )
    owners.gain(result.record.id, key)
    if not result.is_resumed:
        return desired, result.record
    desired = replace(desired, fields=as_purchased(desired.fields, result.area_code))
    return desired, _as_declared(session, desired, result.record)


def _as_declared(
    session: Session, desired: Desired, record: PhoneNumberRecord
) -> PhoneNumberRecord:
    """Return an existing record, PATCHed where it differs; a different area code is kept."""
    actual = {
        **record.fields,
        "number": record.number,
        AREA_CODE: desired.fields.get(AREA_CODE),
    }
    step = plan(desired.kind, actual, desired.fields)
    if not isinstance(step, Update):
        return record
    body, fields = wire_body(desired), step.fields
    # The PATCH sets the modeled fields as declared; other fields keep the account's value.
    merge = Merge()
    merge_into(merge, desired, record.fields, body, record.answer, fields)
    hidden = {
        *secrets_in(desired.kind.fields, desired.fields),
        *secrets_in(desired.kind.fields, record.fields),
        *carried_secrets(desired.kind, body, merge.wire),
    }
    updated = session.client.update_phone_number(
        record.id, patch_body(desired.kind, {**body, **merge.wire}, fields), hidden
    )
    session.account.update(updated)
    return updated


def adopt(session: Session, desired: Desired, id_: str) -> tuple[Desired, PhoneNumberRecord]:
    """Take an existing record under management, and PATCH the declared fields that differ.

    Never purchases a number. The returned resource lacks the values that `ignore_changes` leaves
    unmanaged. Raises OwnershipError where the record cannot be this resource's.
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
    session.purchaser.refuse_another(desired.kind, key, record)
    desired, record = updating.adopt(session, desired, record)
    session.ownership.gain(id_, key)
    try:
        session.journal.record_adoption(key, id_, session.client.organizations)
    except VapiError as error:
        # The adoption succeeded and its id must reach the state: only warn of the journal.
        warn(purchase.JOURNAL_NOT_UPDATED(id=id_, done="adopted", cause=error))
    return desired, record


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
        session.wait_for_checks_pause(lambda: owners.holder(id_) is not None)
    holder = owners.holder(id_)
    if holder is not None or session.account.is_of_this_run(id_):
        raise OwnershipError(
            ownership.ADOPTED_IS_HELD(
                id=id_,
                holder=repr(resource_of(holder)) if holder else "another resource of this run",
            )
        )


def when_ready(session: Session, desired: Desired, record: PhoneNumberRecord) -> PhoneNumberRecord:
    """Wait until the number itself is known; the status `activating` is sufficient.

    The record exists, so its id must reach the state: a failed read is a warning. Raises
    NotReadyError for a blocked record, which the journal keeps for the next run.
    """
    timeout = session.settings.ready_timeout_seconds
    until = session.clock() + timeout
    problem = ""
    with session.account.watching() as read_newest:
        while awaits_number(desired.fields, record):
            if session.clock() >= until:
                warn(
                    account.NUMBER_NOT_YET_KNOWN(
                        id=record.id, seconds=timeout, status=record.status, problem=problem
                    )
                )
                return record
            session.sleep(POLL_SECONDS)
            try:
                record = read_newest(record.id)
            except VapiError as error:
                # The API may answer 404 for a moment after the creation.
                problem = f", the last read failed ({without_code(error)})"
    if record.status == "blocked":
        raise NotReadyError(account.NUMBER_BLOCKED(id=record.id))
    return record


def refuse_other_kind(desired: Desired, record: PhoneNumberRecord) -> None:
    """Raise OwnershipError where the record is of another kind than declared."""
    if record.provider != desired.kind.provider:
        known = record.kind.class_name if record.kind else f"of kind {record.provider!r}"
        raise OwnershipError(
            ownership.OTHER_KIND(id=record.id, actual=known, declared=desired.kind.class_name)
        )
