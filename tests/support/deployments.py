"""States that a killed engine leaves, and the account's records beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.support.builders import MINIMAL, ORG, wire_record
from vapi_provider.journal.intents import AccountWatermark, Intent
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.fingerprint import fingerprint_of

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
PLUGIN = "urn:pulumi:dev::shop::pulumi:providers:pulumi-python::default"
BEGAN = "2026-03-26T15:43:10.5Z"
OLDER, NEWER = "2026-03-26T15:00:00.000Z", "2026-03-26T15:43:16.145Z"
SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "v1:xyz",
}

RECORDED_PROVIDER = (
    "gASVNQAAAAAAAACMFnZhcGlfcHJvdmlkZXIucHJvdmlkZXKUjBNQaG9uZU51bWJlclByb3ZpZGVylJOUKYGULg=="
)
"""`__provider` of recorded states, which every later version must be able to unpickle."""


def urn(resource: str, kind: str = "vapi") -> str:
    """A resource's URN in stack dev of project shop."""
    type_ = f"pulumi-python:dynamic/vapi:{KINDS[kind].class_name}"
    return f"urn:pulumi:dev::shop::{type_}::{resource}"


def resource(called: str, id_: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return a phone number as a state holds it, with its automatic name unless `name` is given."""
    kind = fields.pop("provider", "vapi")
    declaration = f"acme/shop/dev/{KINDS[kind].class_name}/{called}"
    inputs = {
        "__provider": RECORDED_PROVIDER,
        "provider": kind,
        "declaration": declaration,
        "name": automatic_name(declaration),
        **(fields or MINIMAL[kind]),
    }
    shape = {
        "urn": urn(called, kind),
        "custom": True,
        "type": urn(called, kind).split("::")[2],
        "inputs": inputs,
        "parent": STACK,
        "provider": f"{PLUGIN}::an-id",
    }
    if id_ is None:
        return shape
    return {**shape, "id": id_, "outputs": {**inputs, "org_id": ORG, "created_at": OLDER}}


def creating(*args: Any, **fields: Any) -> dict[str, Any]:
    """A creation that was under way."""
    return {"type": "creating", "resource": resource(*args, **fields)}


def deployment(*resources: Mapping[str, Any], pending: list[Any]) -> dict[str, Any]:
    """Return a state with the stack, its plugin and `resources`."""
    own = [
        {"urn": STACK, "custom": False, "type": "pulumi:pulumi:Stack", "created": BEGAN},
        {"urn": PLUGIN, "custom": True, "id": "an-id", "type": "pulumi:providers:pulumi-python"},
    ]
    manifest = {"time": "2026-03-26T15:43:12.123456789Z"}
    return {"manifest": manifest, "resources": [*own, *resources], "pending_operations": pending}


def record(id_: str, resource_name: str | None = None, **more: Any) -> PhoneNumberRecord:
    """A record of the account, with the automatic name of a resource where one is named."""
    kind = more.pop("kind", "vapi")
    if resource_name is not None:
        more["name"] = f"shop/dev/{resource_name}"
    return PhoneNumberRecord.read(wire_record(kind, id_, **{"createdAt": NEWER, **more}))


def intent_of(
    called: str,
    since: str = OLDER,
    known: Sequence[str] = (),
    made: str | None = None,
    **fields: Any,
) -> dict[str, Intent]:
    """The intent of one purchase by its key, sent as the account's newer records are made."""
    key = f"acme/shop/dev/VapiPhoneNumber/{called}"
    body, sent_at = (
        fingerprint_of(KINDS["vapi"], fields),
        datetime.fromisoformat(NEWER[:-1] + "+00:00"),
    )
    before = AccountWatermark(since, frozenset(known))
    intent = Intent(
        key, "account", frozenset(), body, before, "owner", made, 0, 30, sent_at.timestamp()
    )
    return {key: intent}
