"""Steps of `update`: a PATCH of the changed fields only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import changes as messages
from vapi_provider.catalogue.account import KEPT_OUTSIDE_CHANGE
from vapi_provider.errors import NotFoundError, OwnershipError, RejectedError
from vapi_provider.lifecycle.clashes import refuse_taken
from vapi_provider.lifecycle.merge_guards import refuse_hidden, warn_of_lost_values
from vapi_provider.lifecycle.outlived_writes import released_message
from vapi_provider.lifecycle.unique_values import UNIQUE_FIELDS, UniqueValue, unique_values
from vapi_provider.models.kinds import Kind
from vapi_provider.models.number_spelling import spec_within
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.merge import Merge
from vapi_provider.reconcile.plan import Update, plan
from vapi_provider.reconcile.properties import Desired, outputs, outputs_without_request
from vapi_provider.reconcile.request_body import carried_secrets, patch_body, wire_body
from vapi_provider.reconcile.secrecy import secrets_in

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


def update(
    session: Session, id_: str, desired: Desired, recorded: Mapping[str, Any] | None
) -> dict[str, Any]:
    """PATCH the changed fields, or send no request if none differs; return the outputs.

    `recorded` is None for a record that an earlier run released. Raises OwnershipError where the
    record no longer exists.
    """
    if recorded is None:
        raise OwnershipError(messages.RELEASED_MEANWHILE(cause=released_message(id_)))
    old, new = recorded.get("declaration"), desired.key
    if old is not None and new is not None and old != new:
        session.journal.ledger.rename(id_, old, new)
    step = plan(desired.kind, recorded, desired.fields)
    if not isinstance(step, Update):
        session.writers.forget(id_)
        return outputs_without_request(desired, recorded)
    try:
        with session.writers.writing(desired.key, id_, step.fields):
            record = _patch_fields(session, id_, desired, recorded, step.fields)
    except NotFoundError as missing:
        raise OwnershipError(messages.DELETED_OUTSIDE(cause=missing)) from None
    finally:
        session.unique.end_change(id_)
    session.writers.forget(id_)
    return outputs(desired, record)


def _patch_fields(
    session: Session,
    id_: str,
    desired: Desired,
    recorded: Mapping[str, Any],
    changed: Mapping[str, Any],
) -> PhoneNumberRecord:
    """PATCH the changed fields; keep values in nested fields that only the account has.

    The record is read first only where a nested field changes. Raises TakenError where another
    record keeps a changed number or SIP URI, and OwnershipError where an unknown secret would be
    overwritten.
    """
    body, specs = wire_body(desired), desired.kind.fields
    refuse_taken_values(session, id_, desired, changed, unique_values(recorded))
    hidden = {*secrets_in(specs, desired.fields), *secrets_in(specs, recorded)}
    if not any(isinstance(value, Mapping | list) for value in changed.values()):
        _, updated = patch(session, id_, desired.kind, body, changed, hidden, lambda _: Merge())
        return updated
    record = session.client.get_phone_number(id_, hidden)
    hidden |= {*secrets_in(specs, record.fields)}

    def merge_without(refused: frozenset[str]) -> Merge:
        merge = Merge(refused=refused, echoes=session.account.echoes_headers)
        merge_into(merge, desired, recorded, body, record.wire, changed)
        refuse_hidden(merge.wire)
        return merge

    merge, updated = patch(session, id_, desired.kind, body, changed, hidden, merge_without)
    for path in merge.kept:
        warn(KEPT_OUTSIDE_CHANGE(id=id_, path=path))
    warn_of_lost_values(record, merge, changed)
    return updated


def refuse_taken_values(
    session: Session,
    id_: str,
    desired: Desired,
    changed: Collection[str],
    held: frozenset[UniqueValue],
) -> None:
    """Raise TakenError where another record keeps a changed number or SIP URI."""
    values = unique_values(desired.fields) - held
    if values and not {*UNIQUE_FIELDS}.isdisjoint(changed):
        account, wanted = session.account, desired.fields
        session.retry_once_free(values, lambda: refuse_taken(account, desired.kind, wanted, id_))


def patch(
    session: Session,
    id_: str,
    kind: Kind,
    body: Mapping[str, Any],
    changed: Collection[str],
    secrets: Collection[str],
    merge_without: Callable[[frozenset[str]], Merge],
) -> tuple[Merge, PhoneNumberRecord]:
    """PATCH merged fields; repeat without keys that the API returns but does not accept."""
    refused: frozenset[str] = frozenset()
    while True:
        merge = merge_without(refused)
        try:
            record = session.client.update_phone_number(
                id_,
                patch_body(kind, {**body, **merge.wire}, changed),
                {*secrets, *carried_secrets(kind, body, merge.wire)},
            )
        except RejectedError as error:
            words = str(error)
            more = {key for key in merge.carried if f"property {key} should not exist" in words}
            if not more:
                raise
            refused |= more
        else:
            session.account.update(record)
            return merge, record


def merge_into(
    merge: Merge,
    desired: Desired,
    recorded: Mapping[str, Any],
    sent: Mapping[str, Any],
    account: Mapping[str, Any],
    changed: Collection[str],
) -> None:
    """Merge the changed fields for a PATCH; `account` is the response to a GET."""
    for name in changed:
        value = desired.fields.get(name)
        if value is not None:
            spec = spec_within(desired.kind.fields[name], recorded, desired.fields)
            wire = (sent.get(spec.wire), account.get(spec.wire))
            merge.wire[spec.wire] = merge.value(spec, name, recorded.get(name), value, *wire)
