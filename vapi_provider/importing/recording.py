"""Declarations as the resources of a state: what the engine would have recorded of them. Pure.

`pulumi stack import` encrypts what is marked as a secret here; what is encrypted already stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, cast

from vapi_provider.deployment.exported import OURS, ids_in, is_ours, resources_of, secret_of
from vapi_provider.errors import OwnershipError
from vapi_provider.importing.declaring import Declaration, Scope, revealed
from vapi_provider.models.fields import FieldShape, as_list, as_object
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.properties import Declared, outputs
from vapi_provider.reconcile.secrecy import holds_secret, is_secret

PROVIDER = (
    "gASVNQAAAAAAAACMFnZhcGlfcHJvdmlkZXIucHJvdmlkZXKUjBNQaG9uZU51bWJlclByb3ZpZGVylJOUKYGULg=="
)
"""`__provider`: our provider class as the SDK pickles it, by reference. Frozen, like its path."""

_PLUGIN = "pulumi:providers:pulumi-python"


def importable(
    deployment: Mapping[str, Any],
    records: Collection[PhoneNumberRecord],
    held_elsewhere: Collection[str],
) -> list[PhoneNumberRecord]:
    """The records that no state holds, the oldest first.

    Raises OwnershipError where the state is another account's, or a killed run left it unclear.
    """
    if deployment.get("pending_operations"):
        raise OwnershipError(
            "a killed run left operations pending in the stack's state: run `recover` first"
        )
    recorded = {
        org
        for one in resources_of(deployment)
        if is_ours(one) and (org := as_object(one.get("outputs")).get("org_id")) is not None
    }
    seen = {record.org_id for record in records}
    if recorded and seen and not recorded & seen:
        raise OwnershipError(
            f"the account is organization {', '.join(sorted(seen))}, and the stack was recorded in "
            f"{', '.join(sorted(recorded))}: nothing was changed. Check vapi:apiKey and "
            "vapi:region of this stack"
        )
    held = {*ids_in(deployment), *held_elsewhere}
    free = [record for record in records if record.id not in held]
    return sorted(free, key=lambda one: (one.created_at, one.id))


def with_resources(
    deployment: Mapping[str, Any],
    declarations: Collection[Declaration],
    scope: Scope,
    plugin_id: str,
) -> dict[str, Any]:
    """The deployment with the declarations in it, protected.

    A state where nothing ever ran has neither the stack nor the plugin (`plugin_id` becomes its):
    both are added as the engine would.
    """
    resources = [dict(one) for one in resources_of(deployment)]
    stack = _urn(scope, "pulumi:pulumi:Stack", f"{scope.project}-{scope.stack}")
    if not any(one["urn"] == stack for one in resources):
        resources.insert(0, {"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"})
    plugin = _urn(scope, _PLUGIN, "default")
    found = next((one for one in resources if one["urn"] == plugin), None)
    if found is None:
        found = {"urn": plugin, "custom": True, "id": plugin_id, "type": _PLUGIN}
        resources.append({**found, "inputs": {}, "outputs": {}})
    provider = f"{plugin}::{found['id']}"
    return {
        **deployment,
        "resources": resources
        + [_resource(one, scope, parent=stack, provider=provider) for one in declarations],
    }


def _resource(one: Declaration, scope: Scope, parent: str, provider: str) -> dict[str, Any]:
    fields = {**revealed(one.fields), "name": one.named}
    declared = Declared(one.kind, fields, one.declaration, None)
    inputs = {**fields, "provider": one.kind.provider, "declaration": one.declaration}
    type_ = f"{OURS}{one.kind.class_name}"
    return {
        "urn": _urn(scope, type_, one.resource),
        "custom": True,
        "id": one.record.id,
        "type": type_,
        "inputs": {"__provider": PROVIDER, **_marked(one, inputs)},
        "outputs": {"__provider": PROVIDER, **_marked(one, outputs(declared, one.record))},
        "parent": parent,
        "provider": provider,
        "propertyDependencies": {
            name: [] for name in ("__provider", "provider", "declaration", *one.fields)
        },
        "protect": True,
    }


def _marked(one: Declaration, bag: Mapping[str, Any]) -> dict[str, Any]:
    shapes = one.kind.fields
    return {
        name: _marked_value(shapes[name], value) if name in shapes else value
        for name, value in bag.items()
    }


def _marked_value(shape: FieldShape, value: Any) -> Any:
    """A field's value with its secrets as `resources` marks them."""
    if is_secret(shape, value):
        return secret_of(json.dumps(value))
    if isinstance(value, list):
        items = as_list(cast(Any, value))
        # The engine encrypts the whole of a list that has a secret in it.
        whole = any(_holds_secret(shape, item) for item in items)
        return secret_of(json.dumps(items)) if whole else [_marked_item(shape, it) for it in items]
    return _marked_item(shape, value)


def _holds_secret(shape: FieldShape, item: Any) -> bool:
    model = shape.schema_of(item)
    return is_secret(shape, item) or bool(model and holds_secret(model.fields, as_object(item)))


def _marked_item(shape: FieldShape, value: Any) -> Any:
    if is_secret(shape, value):
        return secret_of(json.dumps(value))
    model = shape.schema_of(value)
    if model is None:
        return value
    bag = as_object(value)
    return {name: _marked_value(model.fields[name], item) for name, item in bag.items()}


def _urn(scope: Scope, type_: str, name: str) -> str:
    return f"urn:pulumi:{scope.stack}::{scope.project}::{type_}::{name}"
