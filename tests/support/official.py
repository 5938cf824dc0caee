"""Vapi's published schema, which lies beside the repository and is never copied into it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vapi_provider.models.base import VapiModel
from vapi_provider.models.fields import Schema as Shapes
from vapi_provider.models.kinds import KINDS

SPEC = Path(__file__).parents[2].parent / "shared/vapi/openapi-phone-numbers.json"

needed = pytest.mark.skipif(not SPEC.exists(), reason=f"Vapi's OpenAPI is not at {SPEC}")

Schema = Mapping[str, Any]

ROOTS = {
    role: {kind.provider: getattr(kind, role).name for kind in KINDS.values()}
    for role in ("create", "update", "read")
}
"""The schema's name of each kind, by what it is for."""


NEWER: dict[tuple[str, str], dict[str, Any]] = {
    ("TransferDestinationNumber", "name"): {"type": "string"},
    ("TransferDestinationSip", "name"): {"type": "string"},
}
"""Properties that only Vapi's own client (`vapi_server_sdk` 3.0.0) has, not its published file."""


@cache
def document() -> dict[str, Any]:
    """Return the published file with the properties of `NEWER`; empty if the file is absent."""
    if not SPEC.exists():
        return {}
    found = json.loads(SPEC.read_text(encoding="utf-8"))
    for (name, wire), definition in NEWER.items():
        found["components"]["schemas"][name]["properties"].setdefault(wire, definition)
    return found


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema of the file by its name."""
    return document().get("components", {}).get("schemas", {})


def named(reference: str) -> str:
    """Return the schema name at the end of a `$ref`."""
    return reference.rpartition("/")[2]


def choices(schema: Schema) -> list[Schema]:
    """What a value may be: the members of a oneOf or of an allOf of one, else the schema."""
    return schema.get("oneOf") or schema.get("allOf") or [schema]


def references(schema: Schema) -> list[str]:
    """The names of the schemas that a value, or an item of it, may be."""
    inner = schema.get("items", schema)
    return [named(choice["$ref"]) for choice in choices(inner) if "$ref" in choice]


def reachable(*roots: str) -> set[str]:
    """Return the names of `roots` and of all schemas to which they refer, at any depth."""
    found: set[str] = set()
    waiting = [name for name in roots if name in schemas()]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for schema in schemas()[name]["properties"].values():
                waiting.extend(references(schema))
    return found


def models() -> dict[str, type[VapiModel]]:
    """Every model that is reached from the five kinds, by its class name."""
    found: dict[str, type[VapiModel]] = {}
    waiting: list[Shapes] = [getattr(kind, role) for kind in KINDS.values() for role in ROOTS]
    while waiting:
        ours = waiting.pop()
        if ours.name not in found:
            found[ours.name] = ours.model
            for spec in ours.fields.values():
                waiting.extend(spec.schemas)
    return found


def properties() -> Iterator[tuple[str, str, Schema]]:
    """Schema, wire name and definition of every property that the models must have."""
    roots = [name for kinds in ROOTS.values() for name in kinds.values()]
    for name in sorted(reachable(*roots)):
        for wire, schema in schemas()[name]["properties"].items():
            yield name, wire, schema


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """A validator of one schema that also refuses keys which no schema has."""
    closed = copy.deepcopy(schemas())
    for schema in closed.values():
        schema["additionalProperties"] = False
    root = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": closed}}
    return jsonschema.Draft202012Validator(root)


def refusals(role: str, body: Mapping[str, Any]) -> list[str]:
    """What the published schema has against a body."""
    errors = validator(ROOTS[role][body["provider"]]).iter_errors(body)
    return [f"{error.json_path}: {error.message}" for error in errors]


def assert_documented(method: str, body: Mapping[str, Any]) -> None:
    """Assert that Vapi's schema accepts a body of ours; do nothing if the file is absent.

    Null clears a field in a PATCH: the API's guide says so, its schema has nothing nullable.
    """
    if SPEC.exists():
        role = "create" if method == "POST" else "update"
        sent = {key: value for key, value in body.items() if value is not None or role == "create"}
        assert refusals(role, sent) == []
