"""How a declaration gets its record: bought, taken over from an earlier run, or adopted.

What `create` does once its inputs are read; the order of purchase itself is `identity`'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vapi_provider.errors import NotFoundError, NotReadyError, OwnershipError, VapiError
from vapi_provider.lifecycle import update as updating
from vapi_provider.lifecycle.unique_values import keys_of
from vapi_provider.lifecycle.update import body_of, merged
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.plan import AREA_CODE, Replace, Update, plan
from vapi_provider.reconcile.properties import Declared
from vapi_provider.reconcile.resource_key import old_form, resource_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

POLL_SECONDS = 1.0
"""Between two looks at a number that is not known yet."""


def make(session: Session, declared: Declared) -> tuple[Declared, PhoneNumberRecord]:
    """The record, and what it is as far as it could be made as declared."""
    key = declared.declaration or ""
    claims, purchase, body = session.claims, session.maker.make, body_of(declared)
    claims.make(key)
    forms = {key, old_form(key)}
    made = session.once_free(
        keys_of(declared.fields),
        lambda: purchase(
            declared.kind,
            body,
            declared.fields,
            key,
            claims.replaced,
            replacing=claims.is_forced(key) or not forms.isdisjoint(session.facts.replacing),
            other_forms=tuple(forms - {key}),
        ),
    )
    claims.gain(made.record.id, key)
    if not made.left_over:
        return declared, made.record
    code = made.area_code
    if declared.fields.get(AREA_CODE, code) != code:
        # Another code has been declared since: recorded as it is, the next run replaces it.
        fields = {name: value for name, value in declared.fields.items() if name != AREA_CODE}
        declared = replace(declared, fields={**fields, AREA_CODE: code} if code else fields)
    return declared, _as_declared(session, declared, made.record)


def _as_declared(
    session: Session, declared: Declared, record: PhoneNumberRecord
) -> PhoneNumberRecord:
    """An existing record, PATCHed where it differs; its area code is what it is."""
    actual = {
        **record.fields,
        "number": record.number,
        AREA_CODE: declared.fields.get(AREA_CODE),
    }
    step = plan(declared.kind, actual, declared.fields)
    if not isinstance(step, Update):
        return record
    body, fields = body_of(declared), step.fields
    # Everything that our models know is as declared afterwards, the rest as the account has it.
    merge = merged(declared, record.fields, body.to_wire(), record.answer, fields)
    updated = session.client.update_phone_number(record.id, declared.kind, body, fields, merge.wire)
    session.account.changed(updated)
    return updated


def adopt(session: Session, declared: Declared, id_: str) -> tuple[Declared, PhoneNumberRecord]:
    """Take an existing record under management, PATCHed where declared fields differ.

    Never a purchase. The declaration comes back without what `ignore_changes` leaves alone.
    """
    key = declared.declaration or ""
    record = _named(session, id_)
    id_ = record.id
    same_kind(declared, record)
    _refuse_held_elsewhere(session, id_, key)
    step = plan(declared.kind, {**record.fields, "number": record.number}, declared.fields)
    if isinstance(step, Replace):
        raise OwnershipError(
            f"{id_} is {record.number or 'without a number'}, which is not what {AREA_CODE} "
            "asks for: remove that field to adopt the number as it is"
        )
    session.maker.refuse_another(declared.kind, key, record)
    declared, record = updating.adopt(session, declared, record)
    session.claims.gain(id_, key)
    try:
        session.journal.hold(key, id_, session.client.organizations)
    except VapiError as error:
        # The record is the resource's all the same, and its id is about to reach the state.
        warn(f"{id_} was adopted, but {error}")
    return declared, record


def _named(session: Session, id_: str) -> PhoneNumberRecord:
    """The record that `adopt_id` names, in whatever case."""
    try:
        return session.client.get_phone_number(id_)
    except NotFoundError as missing:
        if id_ != id_.lower():
            return _named(session, id_.lower())
        raise OwnershipError(
            f"{missing}: adopt_id names a number that this account does not have; nothing was made"
        ) from None


def _refuse_held_elsewhere(session: Session, id_: str, key: str) -> None:
    """Raises OwnershipError where another resource of this run holds a record and keeps it.

    One that held it before may be declared later in the program.
    """
    claims = session.claims
    if (session.holders_before(id_) | session.journal.ledger.holders(id_)) - {key}:
        session.wait_until_quiet(lambda: claims.holder(id_) is not None)
    holder = claims.holder(id_)
    if holder is not None or session.account.is_of_this_run(id_):
        raise OwnershipError(
            f"adopt_id names {id_}, which {resource_of(holder)!r} has: nothing was changed"
            if holder
            else f"adopt_id names {id_}, which this run has just made or taken for another resource"
        )


def when_ready(
    session: Session, declared: Declared, record: PhoneNumberRecord
) -> PhoneNumberRecord:
    """Waits for the phone number itself to be known; `activating` is enough.

    The record exists, so its id must reach the state: trouble with looking is no error. Raises
    NotReadyError for what is blocked; the journal keeps it for the next run.
    """
    patience = session.settings.ready_timeout_seconds
    until = session.clock() + patience
    problem = ""
    with session.reader.watching() as look:
        while record.status != "blocked" and AREA_CODE in declared.fields and not record.number:
            if session.clock() >= until:
                warn(
                    f"{record.id} was made, but its phone number is not known after "
                    f"{patience:g} s (status {record.status}){problem}: `pulumi refresh` will "
                    "find it"
                )
                return record
            session.sleep(POLL_SECONDS)
            try:
                record = look(record.id)
            except VapiError as error:
                # Among others 404: a record may take a moment to be seen after it was made.
                problem = f", the last look failed ({error})"
    if record.status == "blocked":
        raise NotReadyError(
            f"{record.id} was made, but Vapi has blocked it, so calls will not work: ask "
            "Vapi's support and run again, or delete it in the dashboard; "
            f"adopt_id={record.id!r} takes it over as it is"
        )
    return record


def same_kind(declared: Declared, record: PhoneNumberRecord) -> None:
    """Raises OwnershipError where the record is of another kind than declared."""
    if record.provider != declared.kind.provider:
        known = record.kind.class_name if record.kind else f"of kind {record.provider!r}"
        raise OwnershipError(f"{record.id} is {known}, not {declared.kind.class_name}")
