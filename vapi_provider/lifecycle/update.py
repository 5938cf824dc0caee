"""How a record becomes what is declared: a PATCH of what changes, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from vapi_provider.errors import OwnershipError, RejectedError
from vapi_provider.lifecycle.unique_values import FIELDS, Key, keys_of
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord, as_read
from vapi_provider.models.spelling import E164_CHECK, shape_within
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.equality import holds_hidden, holds_unseen, same
from vapi_provider.reconcile.ignored import without_ignored
from vapi_provider.reconcile.merge import UNKNOWN, Merge, sends_hidden, unsteady
from vapi_provider.reconcile.properties import Declared, outputs_as_read

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session
    from vapi_provider.models.base import VapiModel

_SECRET_IS_SET = "isServerUrlSecretSet"  # noqa: S105 - a key of the API, no secret


def update(
    session: Session,
    id_: str,
    declared: Declared,
    recorded: Mapping[str, Any],
    changed: Mapping[str, Any],
) -> PhoneNumberRecord:
    """PATCH the changed fields; what only the account has in a nested one stays.

    The record is read first where a nested field changes, and only then.
    """
    body = body_of(declared)
    _refuse_taken(session, id_, declared, changed, keys_of(recorded))
    if not any(isinstance(value, Mapping | list) for value in changed.values()):
        updated = session.client.update_phone_number(id_, declared.kind, body, changed)
        session.account.changed(updated)
        return updated
    record = session.client.get_phone_number(id_)
    account = _as_shown(session, recorded, record)

    def merge_without(refused: frozenset[str]) -> Merge:
        merge = merged(declared, recorded, body.to_wire(), account, changed, refused)
        refuse_hidden(merge.wire)
        return merge

    merge, updated = _patch(session, id_, declared.kind, body, changed, merge_without)
    for path in merge.kept:
        warn(f"{id_}: {path}: changed outside since the last refresh, kept")
    _warn_of_lost(record, merge, changed)
    return updated


def _refuse_taken(
    session: Session,
    id_: str,
    declared: Declared,
    changed: Collection[str],
    held: frozenset[Key],
) -> None:
    """Raise where a changed number or SIP URI is another record's, once who gives it up has."""
    keys = keys_of(declared.fields) - held
    if keys and not {*FIELDS}.isdisjoint(changed):
        account, wanted = session.account, declared.fields
        session.once_free(keys, lambda: account.refuse_what_is_taken(declared.kind, wanted, id_))


def _patch(
    session: Session,
    id_: str,
    kind: Kind,
    body: VapiModel,
    changed: Collection[str],
    merge_without: Callable[[frozenset[str]], Merge],
) -> tuple[Merge, PhoneNumberRecord]:
    """PATCH merged fields; again without the keys that the account shows and does not take."""
    refused: frozenset[str] = frozenset()
    while True:
        merge = merge_without(refused)
        try:
            record = session.client.update_phone_number(id_, kind, body, changed, merge.wire)
        except RejectedError as error:
            words = str(error)
            more = {key for key in merge.carried if f"property {key} should not exist" in words}
            if not more:
                raise
            refused |= more
        else:
            session.account.changed(record)
            return merge, record


def merged(
    declared: Declared,
    recorded: Mapping[str, Any],
    sent: Mapping[str, Any],
    account: Mapping[str, Any],
    changed: Collection[str],
    refused: frozenset[str] = frozenset(),
) -> Merge:
    """Return the changed fields as a PATCH sends them. `account` is the answer to a GET.

    `refused` are keys of the account's that it does not take.
    """
    merge = Merge(refused=refused)
    for name in changed:
        value = declared.fields.get(name)
        if value is not None:
            shape = shape_within(declared.kind.fields[name], recorded, declared.fields)
            wire = (sent.get(shape.wire), account.get(shape.wire))
            merge.wire[shape.wire] = merge.value(shape, name, recorded.get(name), value, *wire)
    return merge


def adopt(
    session: Session, declared: Declared, record: PhoneNumberRecord
) -> tuple[Declared, PhoneNumberRecord]:
    """PATCH a record that is adopted where a declared field differs; clear and ignore nothing else.

    Returns the declaration without what `ignore_changes` leaves alone, too.
    """
    body, kind = body_of(declared), declared.kind
    ignored = session.ignored.get(declared.declaration or "", ())
    declared = replace(declared, fields=without_ignored(declared.fields, ignored))
    nothing = dict.fromkeys(declared.fields, UNKNOWN)
    updatable = [name for name in declared.fields if name not in kind.create_only]

    def merge_without(refused: frozenset[str]) -> Merge:
        return merged(declared, nothing, body.to_wire(), record.answer, updatable, refused)

    merge = merge_without(frozenset())
    changed = [
        name
        for name in updatable
        if not same(
            shape_within(kind.fields[name], declared.fields, record.fields),
            _shown(kind, merge.wire, name),
            record.fields.get(name),
        )
    ]
    if "number" in changed and declared.fields.get(E164_CHECK) is False:
        changed.append(E164_CHECK)  # A PATCH is checked by itself.
    if not changed:
        return declared, record
    _refuse_taken(session, record.id, declared, changed, frozenset())
    merge, updated = _patch(session, record.id, kind, body, changed, merge_without)
    _warn_of_lost(record, merge, changed)
    return declared, updated


def outputs_adopted(declared: Declared, record: PhoneNumberRecord) -> dict[str, Any]:
    """Return what to record of an adopted record: as declared, and what it has besides."""
    actual = {
        name: _over(record.fields.get(name), declared.fields.get(name))
        for name in declared.kind.fields
    }
    return outputs_as_read(declared, replace(record, fields=actual))


def refuse_hidden(value: Any) -> None:
    """Raise where a secret that only the account knows would be overwritten by its placeholder."""
    if holds_hidden(value):
        raise OwnershipError(
            "a secret that only the account knows would be sent (changed outside of this stack, or "
            "imported and never shown), and its value is not known here: declare it, or put the "
            "whole field it is in under ignore_changes"
        )


def refuse_hidden_changes(recorded: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Raise at preview where an update would have to send a secret that only the account knows.

    One that the account shows, and that does not change, is taken from there.
    """
    for name, value in changed.items():
        if holds_unseen(value) or sends_hidden(recorded.get(name), value):
            refuse_hidden(value)


def warn_of_losses(
    id_: str, declared: Declared, recorded: Mapping[str, Any], changed: Collection[str]
) -> None:
    """Name at preview what an update cannot carry over from the account."""
    for name in changed:
        values = recorded.get(name), declared.fields.get(name)
        for line in unsteady(declared.kind.fields[name], name, *values):
            warn(f"{id_}: {line}")


def _shown(kind: Kind, wire: Mapping[str, Any], name: str) -> Any:
    shape = kind.fields[name]
    return as_read(shape, wire.get(shape.wire))


def _over(actual: Any, declared: Any) -> Any:
    """Return `actual` with the declared values in it, which a PATCH has just set."""
    if isinstance(actual, Mapping) and isinstance(declared, Mapping):
        below, above = as_object(cast(Any, actual)), as_object(cast(Any, declared))
        return {**below, **{name: _over(below.get(name), above[name]) for name in above}}
    items, wanted = as_list(actual), as_list(declared)
    if items and len(items) == len(wanted):
        return [_over(*pair) for pair in zip(items, wanted, strict=True)]
    return cast(Any, actual) if declared is None else declared


def _as_shown(
    session: Session, recorded: Mapping[str, Any], record: PhoneNumberRecord
) -> Mapping[str, Any]:
    """Return the answer to a GET, where headers that are absent were removed rather than hidden."""
    answer = record.answer
    before, server = as_object(recorded.get("server")), as_object(answer.get("server"))
    lacks = before.get("headers") and server and server.get("headers") is None
    if lacks and session.reader.echoes_headers():
        return {**answer, "server": {**server, "headers": {}}}
    return answer


def _warn_of_lost(record: PhoneNumberRecord, merge: Merge, changed: Collection[str]) -> None:
    lost = list(merge.lost)
    if "server" in changed and record.answer.get(_SECRET_IS_SET) is True:
        server = as_object(merge.wire.get("server"))
        lost += [] if "secret" in server or "server.secret" in lost else ["server.secret"]
    for path in lost:
        warn(
            f"{record.id}: {path}: the account does not show it, so it could not be carried over "
            "and may be gone now: set it again, or declare headers or credential_id"
        )


def body_of(declared: Declared) -> VapiModel:
    """Return what is sent of a declaration. Raises DeclarationError."""
    # Only here: a run that changes nothing does without the models.
    from vapi_provider.reconcile.validation import sendable

    return sendable(declared)
