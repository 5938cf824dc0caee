"""Steps of `create`: purchase a record, or resume an earlier run's purchase.

`purchaser` defines the order of the steps of a purchase, `adopt` the steps of an adoption.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import account
from vapi_provider.catalogue.message import without_code
from vapi_provider.errors import NotReadyError, VapiError
from vapi_provider.lifecycle.adopt import adopt
from vapi_provider.lifecycle.merge_guards import refuse_hidden
from vapi_provider.lifecycle.purchase import Purchase
from vapi_provider.lifecycle.unique_values import unique_values
from vapi_provider.lifecycle.update import merge_into
from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.area_code import as_purchased, awaits_number
from vapi_provider.reconcile.merge import Merge
from vapi_provider.reconcile.plan import Update, plan
from vapi_provider.reconcile.properties import Desired, outputs
from vapi_provider.reconcile.request_body import carried_secrets, patch_body, wire_body
from vapi_provider.reconcile.resource_key import old_form
from vapi_provider.reconcile.secrecy import secrets_in

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

READY_POLL_SECONDS = 1.0
"""Pause between two reads of a record whose number is not yet assigned."""


def create(session: Session, desired: Desired) -> tuple[str, dict[str, Any]]:
    """Create the record, or adopt the one that `adopt_id` names; return its id and its outputs."""
    session.ownership.note_create_call(desired.key or "")
    refuse_hidden(desired.fields)
    session.writers.wait_for_others(desired.key)
    with session.writers.writing(desired.key):
        if desired.adopt_id is not None:
            return adopt(session, desired, desired.adopt_id)
        desired, record = _create_or_resume(session, desired)
    record = _wait_until_ready(session, desired, record)
    return record.id, outputs(desired, record)


def _create_or_resume(session: Session, desired: Desired) -> tuple[Desired, PhoneNumberRecord]:
    """Create a record, or resume an earlier run's purchase; return the resource and its record.

    The returned resource has the area code that an earlier run requested, if it resumed one. Raises
    a VapiError where nothing was created or the outcome is unknown.
    """
    key = desired.key or ""
    owners, body = session.ownership, wire_body(desired)
    owners.begin_create(key)
    forms = {key, old_form(key)}
    result = session.retry_once_free(
        unique_values(desired.fields),
        lambda: session.purchaser.purchase(
            Purchase(
                desired.kind,
                body,
                desired.fields,
                key,
                owners.replaced,
                is_replacing=owners.is_forced(key) or not forms.isdisjoint(session.facts.replacing),
                other_forms=tuple(forms - {key}),
            )
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
    """PATCH the fields in which an existing record differs, and return it; keep its area code."""
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
    merge_into(merge, desired, record.fields, body, record.wire, fields)
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


def _wait_until_ready(
    session: Session, desired: Desired, record: PhoneNumberRecord
) -> PhoneNumberRecord:
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
            session.sleep(READY_POLL_SECONDS)
            try:
                record = read_newest(record.id)
            except VapiError as error:
                # The API may answer 404 for a moment after the creation.
                problem = f", the last read failed ({without_code(error)})"
    if record.status == "blocked":
        raise NotReadyError(account.NUMBER_BLOCKED(id=record.id))
    return record
