"""Reading an exported state: its resources, ids, times and encrypted values. Pure.

Knows the shape of Pulumi's deployments (version 3) and nothing of Pulumi itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldShape, as_list, as_object
from vapi_provider.reconcile.secrecy import SECRET_VALUE, SIGNATURE

OURS = "pulumi-python:dynamic/vapi:"
"""How the types of our resources start."""

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def resources_of(deployment: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The resources, in their order; none where nothing was ever made."""
    return cast(list[Mapping[str, Any]], deployment.get("resources") or [])


def is_ours(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is a phone number of this package."""
    return resource["type"].startswith(OURS)


def name_in(urn: str) -> str:
    """A resource's name in the program."""
    return urn.split("::", 3)[-1]


def ids_in(deployment: Mapping[str, Any], *, read_only: bool = False) -> set[str]:
    """Ids of the records that a state holds; with `read_only` also of those it only reads."""
    return {
        one["id"]
        for one in resources_of(deployment)
        if is_ours(one) and one.get("id") and (read_only or not one.get("external"))
    }


def dependencies_of(resource: Mapping[str, Any]) -> set[str]:
    """URNs that must stand before a resource: parent, provider, what it depends on."""
    provider = str(resource.get("provider", "")).rpartition("::")[0]
    listed = [resource.get("dependencies"), resource.get("replaceWith")]
    listed += as_object(resource.get("propertyDependencies")).values()
    urns = {provider, resource.get("parent"), resource.get("deletedWith")}
    return {urn for urn in (*urns, *_flat(listed)) if isinstance(urn, str) and urn}


def secret_of(json_text: str) -> dict[str, str]:
    """A secret as a state has it in plain text: `pulumi stack import` encrypts it."""
    return {SIGNATURE: SECRET_VALUE, "plaintext": json_text}


def instant(text: Any) -> datetime | None:
    """A moment as Pulumi or the API writes it; None for anything else."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    seconds, fraction, zone = found.groups()
    micro = (fraction or "")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{seconds}.{micro}{'+00:00' if zone == 'Z' else zone}")
    except ValueError:
        return None


def holds_secret(shape: FieldShape, value: Any) -> bool:
    """Whether a field's value is encrypted, or holds something that is, beyond its own secrets.

    Those are never compared, encrypted or not; of anything else the value would be missed.
    """
    if SECRET in shape.marks:
        return False
    if isinstance(value, list):
        return any(holds_secret(shape, item) for item in as_list(cast(Any, value)))
    if as_object(value).get(SIGNATURE) == SECRET_VALUE:
        return True
    bag, model = as_object(value), shape.schema_of(value)
    if model is None:
        return any(_is_secret(item) for item in bag.values())
    shapes = model.fields
    return any(holds_secret(shapes[name], bag[name]) for name in bag if name in shapes)


def is_special(value: Any) -> bool:
    """Whether an object stands for a secret or another special value, not for itself."""
    return SIGNATURE in as_object(value)


def decrypted(value: Any) -> Any:
    """What a secret holds, in a state exported with its secrets shown; None if it is encrypted.

    Anything that is no secret is returned as it is.
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
    bag = as_object(value)
    return bag.get(SIGNATURE) == SECRET_VALUE or any(_is_secret(item) for item in bag.values())


def _flat(lists: list[Any]) -> Iterator[Any]:
    for one in lists:
        yield from as_list(one)
