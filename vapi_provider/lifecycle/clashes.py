"""Clashes of a desired resource with the account's records: unique values, automatic names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from vapi_provider.catalogue import account as messages
from vapi_provider.errors import TakenError
from vapi_provider.lifecycle.account_view import AccountView
from vapi_provider.lifecycle.unique_values import SWAP_ADVICE, UNIQUE_FIELDS
from vapi_provider.models.kinds import Kind
from vapi_provider.models.number_spelling import number_within, spec_within
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import alias_hint, automatic_name, name_without_parent
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.resource_key import old_form

GIVEN_UP_ADVICE = (
    "If another resource of this stack gives it up in the same run, change that one first: "
    "opts=pulumi.ResourceOptions(depends_on=[<that resource>]). If that resource has left the "
    "program, it is deleted last: run `pulumi up` once before you declare this value again."
)


def refuse_clash(
    account: AccountView,
    kind: Kind,
    declared: Mapping[str, Any],
    key: str,
    being_replaced: Collection[str],
    held: Collection[str] = (),
    since: str = "",
    *,
    replacing: bool = False,
) -> None:
    """Raise TakenError where the account already has what is about to be created.

    A record clashes if it has the same SIP URI or carrier number, or if it is of this kind and has
    the automatic name of this resource in either form; an interrupted run, another state of the
    same stack or a moved resource leaves such a record. The account is listed once per run.

    `being_replaced` are ids that are about to be released. `held` are ids that resources of the
    same name hold. The resource itself held records that are older than `since`. `replacing` is
    set where the engine replaces the resource, whose id the plugin is not given.
    """
    for record in account.similar(declared, automatic_name(old_form(key))):
        if record.id in being_replaced:
            continue
        what = unique_clash(record, kind, declared)
        name = None
        is_earlier = record.created_at < since
        if record.id.lower() not in held and not is_earlier and not replacing:
            name = name_clash(record, kind, declared, key)
        if not what and not name:
            continue
        shown = {
            "what": what or name,
            "id": record.id,
            "created_at": record.created_at,
            "given_up": GIVEN_UP_ADVICE,
        }
        if replacing:
            raise TakenError(messages.REPLACED_STILL_HAS_IT(**shown))
        raise TakenError(messages.ACCOUNT_HAS_IT(**shown, advice=alias_hint(renamed=bool(what))))


def refuse_taken(account: AccountView, kind: Kind, declared: Mapping[str, Any], id_: str) -> None:
    """Raise TakenError where another record has the number or SIP URI declared for `id_`."""
    wanted = {name: declared[name] for name in UNIQUE_FIELDS if name in declared}
    for record in account.similar(wanted):
        what = unique_clash(record, kind, wanted) if record.id != id_ else None
        if what:
            raise TakenError(
                messages.ANOTHER_RECORD_HAS_IT(
                    what=what,
                    id=record.id,
                    created_at=record.created_at,
                    changed=id_,
                    given_up=GIVEN_UP_ADVICE,
                    swap=SWAP_ADVICE,
                )
            )


def ids_by_name(
    account: AccountView, kind: Kind, declared: Mapping[str, Any], key: str
) -> set[str]:
    """Return the ids of records with the automatic name of a resource in either form."""
    names = {"name": declared.get("name")}
    found = account.similar(names, automatic_name(old_form(key)))
    return {record.id for record in found if name_clash(record, kind, declared, key)}


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
    record: PhoneNumberRecord, kind: Kind, declared: Mapping[str, Any], key: str
) -> str | None:
    """Return a description of the automatic name that a record shares with a resource; else None.

    Both forms of the name count. A resource without a parent may have been a child, so the name of
    any child of that name counts as well. A resource with an explicit name has no automatic one.
    """
    name, old = record.name, automatic_name(old_form(key))
    own = automatic_name(key)
    if name is None or record.provider != kind.provider or declared.get("name") != own:
        return None
    moved_out = key == old_form(key) and name_without_parent(name) == old
    if name not in (old, own) and not moved_out:
        return None
    return f"a {kind.provider} number with this resource's automatic name {name!r}"
