"""Addition of generated resources to an exported state, in the form that the engine records.

`pulumi stack import` encrypts the values that are marked as secrets here; values that are already
encrypted stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, cast

from vapi_provider.catalogue.commands import PENDING_OPERATIONS
from vapi_provider.deployment.exported import OURS, ids_in, resources_of, secret_of
from vapi_provider.deployment.organizations import refuse_account_of_another_state
from vapi_provider.errors import OwnershipError
from vapi_provider.importing.declaring import GeneratedResource, Scope, reveal_secrets
from vapi_provider.models.fields import FieldSpec, as_list, as_object
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.properties import Desired, outputs
from vapi_provider.reconcile.secrecy import contains_secret, is_secret

PROVIDER = (
    "gASVNQAAAAAAAACMFnZhcGlfcHJvdmlkZXIucHJvdmlkZXKUjBNQaG9uZU51bWJlclByb3ZpZGVylJOUKYGULg=="
)
"""`__provider`: our provider class as the SDK pickles it, by reference; frozen like its path."""

_PLUGIN = "pulumi:providers:pulumi-python"


def list_unheld(
    deployment: Mapping[str, Any],
    records: Collection[PhoneNumberRecord],
    held_elsewhere: Collection[str],
) -> list[PhoneNumberRecord]:
    """Return the records that no state holds, the oldest first.

    Raises:
        OwnershipError: The state belongs to another account, or has pending operations.
    """
    if deployment.get("pending_operations"):
        raise OwnershipError(PENDING_OPERATIONS(stack="this stack"))
    if records:
        seen = {record.org_id for record in records}
        refuse_account_of_another_state(deployment, seen, "Nothing was imported")
    held = {*ids_in(deployment), *held_elsewhere}
    free = [record for record in records if record.id not in held]
    return sorted(free, key=lambda record: (record.created_at, record.id))


def add_resources(
    deployment: Mapping[str, Any],
    generated: Collection[GeneratedResource],
    scope: Scope,
    plugin_id: str,
) -> dict[str, Any]:
    """Return the deployment with the generated resources in it, protected.

    A state of a stack that never ran lacks the stack and the plugin: both are added as the engine
    does, the plugin with the id `plugin_id`.
    """
    resources = [dict(resource) for resource in resources_of(deployment)]
    stack = _urn(scope, "pulumi:pulumi:Stack", f"{scope.project}-{scope.stack}")
    if not any(resource["urn"] == stack for resource in resources):
        resources.insert(0, {"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"})
    plugin_urn = _urn(scope, _PLUGIN, "default")
    plugin = next((resource for resource in resources if resource["urn"] == plugin_urn), None)
    if plugin is None:
        plugin = {"urn": plugin_urn, "custom": True, "id": plugin_id, "type": _PLUGIN}
        resources.append({**plugin, "inputs": {}, "outputs": {}})
    provider = f"{plugin_urn}::{plugin['id']}"
    added = [_recorded(item, scope, parent=stack, provider=provider) for item in generated]
    return {**deployment, "resources": resources + added}


def _recorded(
    generated: GeneratedResource, scope: Scope, parent: str, provider: str
) -> dict[str, Any]:
    kind, key = generated.kind, generated.resource_key
    fields = {**reveal_secrets(generated.fields), "name": generated.label}
    inputs = {**fields, "provider": kind.provider, "declaration": key}
    recorded_outputs = outputs(Desired(kind, fields, key, None), generated.record)
    type_ = f"{OURS}{kind.class_name}"
    return {
        "urn": _urn(scope, type_, generated.resource),
        "custom": True,
        "id": generated.record.id,
        "type": type_,
        "inputs": {"__provider": PROVIDER, **_mark_fields(kind.fields, inputs)},
        "outputs": {"__provider": PROVIDER, **_mark_fields(kind.fields, recorded_outputs)},
        "parent": parent,
        "provider": provider,
        "propertyDependencies": {
            name: [] for name in ("__provider", "provider", "declaration", *generated.fields)
        },
        "protect": True,
    }


def _mark_fields(specs: Mapping[str, FieldSpec], properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _mark_value(specs[name], value) if name in specs else value
        for name, value in properties.items()
    }


def _mark_value(spec: FieldSpec, value: Any) -> Any:
    """Return a field's value with its secrets marked, as `resources` registers them."""
    # The engine encrypts a list whole if it contains a secret.
    is_list = isinstance(value, list)
    is_hidden_list = is_list and contains_secret({spec.name: spec}, {spec.name: value})
    if is_hidden_list or is_secret(spec, value):
        return secret_of(json.dumps(value))
    if is_list:
        return [_mark_value(spec, item) for item in as_list(cast(Any, value))]
    model = spec.schema_of(value)
    return value if model is None else _mark_fields(model.fields, as_object(value))


def _urn(scope: Scope, type_: str, name: str) -> str:
    return f"urn:pulumi:{scope.stack}::{scope.project}::{type_}::{name}"
