"""Access to an exported state (deployment version 3): resources, ids, times, encrypted values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, as_list, as_object
from vapi_provider.reconcile.secrecy import SECRET_VALUE, SIGNATURE

OURS = "pulumi-python:dynamic/vapi:"
"""Prefix of the types of this package's resources."""

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def resources_of(deployment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the resources in the state's order; an empty list for a stack without resources."""
    return cast(list[Mapping[str, Any]], deployment.get("resources") or [])


def is_ours(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource is a phone number of this package."""
    return str(resource.get("type", "")).startswith(OURS)


def own_resources(deployment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the phone numbers that a state holds, without those that it only reads."""
    return [
        resource
        for resource in resources_of(deployment)
        if is_ours(resource) and not resource.get("external")
    ]


def is_live(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource is neither about to be deleted nor deleted to be replaced."""
    return not resource.get("delete") and not resource.get("pendingReplacement")


def tainted_resources(resources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the resources that the engine replaces without asking the provider for a diff."""
    return [
        resource for resource in resources if resource.get("taint") and not resource.get("delete")
    ]


def recorded_key(resource: Mapping[str, Any]) -> str | None:
    """Return the recorded key of a resource; None for one that the program only reads."""
    found = as_object(resource.get("inputs")).get("declaration")
    return found if isinstance(found, str) else None


def project_in(deployment: Mapping[str, Any]) -> str | None:
    """Return the project that the URNs of a state name; None where it has no resources."""
    for resource in resources_of(deployment):
        parts = str(resource.get("urn", "")).split("::")
        if len(parts) > 1:
            return parts[1]
    return None


def name_in(urn: str) -> str:
    """Return the resource's name in the program."""
    return urn.split("::", 3)[-1]


def ids_in(*deployments: Mapping[str, Any], read_only: bool = False) -> set[str]:
    """Return the ids of the records that states hold; `read_only` adds those they only read."""
    return {
        resource["id"]
        for deployment in deployments
        for resource in resources_of(deployment)
        if is_ours(resource) and resource.get("id") and (read_only or not resource.get("external"))
    }


def dependencies_of(resource: Mapping[str, Any]) -> set[str]:
    """Return the URNs that must precede a resource: parent, provider and dependencies."""
    provider = str(resource.get("provider", "")).rpartition("::")[0]
    listed = [resource.get("dependencies"), resource.get("replaceWith")]
    listed += as_object(resource.get("propertyDependencies")).values()
    urns = [provider, resource.get("parent"), resource.get("deletedWith")]
    for items in listed:
        urns += as_list(items)
    return {urn for urn in urns if isinstance(urn, str) and urn}


def secret_of(json_text: str) -> dict[str, str]:
    """Return a secret in plain text, in the form that `pulumi stack import` encrypts."""
    return {SIGNATURE: SECRET_VALUE, "plaintext": json_text}


def instant(text: Any) -> datetime | None:
    """Return a time in the notation of Pulumi or the API as a datetime; None for anything else."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    seconds, fraction, zone = found.groups()
    micro = (fraction or "")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{seconds}.{micro}{'+00:00' if zone == 'Z' else zone}")
    except ValueError:
        return None


def contains_secret(spec: FieldSpec, value: Any) -> bool:
    """Return whether a value is or contains an encrypted value that its schema does not mark.

    Fields marked as secret are never compared, so their encryption does not matter; any other
    encrypted value would be missing from a comparison.
    """
    if SECRET in spec.traits:
        return False
    if isinstance(value, list):
        return any(contains_secret(spec, item) for item in as_list(cast(Any, value)))
    if as_object(value).get(SIGNATURE) == SECRET_VALUE:
        return True
    properties, model = as_object(value), spec.schema_of(value)
    if model is None:
        return any(_is_secret(item) for item in properties.values())
    specs = model.fields
    return any(
        contains_secret(specs[name], properties[name]) for name in properties if name in specs
    )


def is_special(value: Any) -> bool:
    """Return whether an object encodes a secret or another special value of Pulumi."""
    return SIGNATURE in as_object(value)


def plaintext_of(value: Any) -> Any:
    """Return a secret's value from a state exported with secrets shown; None if it is encrypted.

    Any other value is returned unchanged.
    """
    if not is_special(value):
        return value
    try:
        return json.loads(value["plaintext"])
    except (KeyError, TypeError, ValueError):
        return None


def _is_secret(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_secret(item) for item in as_list(cast(Any, value)))
    properties = as_object(value)
    return properties.get(SIGNATURE) == SECRET_VALUE or any(
        _is_secret(item) for item in properties.values()
    )
