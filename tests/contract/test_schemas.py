"""Every schema and property of Vapi's file is in the models, and nothing else is."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest

from tests.support import official
from tests.support.official import Schema, choices, models, named, properties, schemas
from vapi_provider.models.field_traits import REPAIRED, SECRET, UNORDERED
from vapi_provider.models.fields import schema_named

pytestmark = [pytest.mark.contract, official.needed]

NOT_MODELLED = {
    "PaginationMeta": "belongs to GET /v2/phone-number, which is not called",
    "PhoneNumberPaginatedResponse": "belongs to GET /v2/phone-number, which is not called",
    "ServerMessageVoiceRequest": "is in vapi_provider.messages: sent to a voice server",
}

# Where a bound is written differently, and why both say the same or ours says more.
WRITTEN_DIFFERENTLY: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
    ("PhoneNumberCallRingingHookFilter", "startsWith"): (
        {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 20}},
        "its maxLength is at the array, where JSON Schema gives it no meaning: maxItems",
    ),
    ("Server", "headers"): (
        {"type": "object", "additionalProperties": {"type": "string"}},
        "a header's value is text",
    ),
}

# DocumentedDefault defaults that are not ours, and ours that the file does not have in this form.
NO_DEFAULT = {
    ("BackoffPlan", "type"): "is required: its default cannot apply",
    ("BackoffPlan", "maxRetries"): "is required: its default cannot apply",
    ("TransferPlan", "mode"): "is required: its default cannot apply",
    ("Server", "backoffPlan"): "the default is absence",
    ("SummaryPlan", "messages"): "a prompt of Vapi's own, which may change",
}
DEFAULT_IN_PROSE = {
    ("TransferDestinationNumber", "message"): "named in the description",
    ("TransferDestinationSip", "message"): "named in the description",
    ("TransferDestinationNumber", "transferPlan"): "blind-transfer, in the description",
    ("TransferDestinationSip", "transferPlan"): "blind-transfer, in the description",
    ("TransferPlan", "contextEngineeringPlan"): "all, in the description",
    ("SipAuthentication", "realm"): "the region's SIP host, in the description",
}
_PLAIN_DEFAULT = re.compile(r"@default:?\s+`?(true|false|\d+)\b")

BOUNDS = ("type", "enum", "minLength", "maxLength", "minimum", "maximum", "maxItems", "minItems")


def theirs(schema: Schema) -> dict[str, Any]:
    """A property of the file, without words and with its references by name."""
    members = choices(schema)
    if members != [schema]:
        return {"any of": sorted(str(theirs(member)) for member in members)}
    if "$ref" in schema:
        return {"schema": named(schema["$ref"])}
    bounds = {key: schema[key] for key in BOUNDS if key in schema}
    if "enum" in bounds:
        bounds.pop("maxLength", None)  # No listed word is near it.
        bounds["enum"] = sorted(bounds["enum"])
    if "items" in schema:
        bounds["items"] = theirs(schema["items"])
    return bounds


def ours(schema: Schema) -> dict[str, Any]:
    """The same of pydantic's JSON schema: null left out, a literal as an enum of one."""
    members = schema.get("oneOf") or schema.get("anyOf") or [schema]
    members = [member for member in members if member.get("type") != "null"]
    if "oneOf" in schema or len(members) > 1:
        flat = [choice for member in members for choice in member.get("oneOf", [member])]
        return {"any of": sorted(str(ours(choice)) for choice in flat)}
    if members != [schema]:
        return ours(members[0])
    if "$ref" in schema:
        return {"schema": named(schema["$ref"])}
    bounds = {key: schema[key] for key in BOUNDS if key in schema}
    if "const" in schema:
        bounds["enum"] = [schema["const"]]
    if "enum" in bounds:
        bounds["enum"] = sorted(bounds["enum"])
    if "items" in schema:
        bounds["items"] = ours(schema["items"])
    if isinstance(schema.get("additionalProperties"), dict):
        bounds["additionalProperties"] = ours(schema["additionalProperties"])
    return bounds


def either(bounds: dict[str, Any]) -> dict[str, Any]:
    """A choice of one is no choice, also among items."""
    if "items" in bounds:
        bounds = {**bounds, "items": either(bounds["items"])}
    if len(bounds.get("any of", ())) == 1:
        return {"schema": bounds["any of"][0].split("'")[3]}
    return bounds


@cache
def generated(name: str) -> Schema:
    """The model's properties as pydantic describes them."""
    return models()[name].model_json_schema(by_alias=True)["properties"]


PROPERTIES = [(name, wire) for name, wire, _ in properties()]


def test_the_models_are_the_schemas() -> None:
    """Each schema that the fifteen specs lead to is a class of that name, and no class is more."""
    roots = [name for kinds in official.ROOTS.values() for name in kinds.values()]
    assert set(models()) == official.reachable(*roots)
    assert set(schemas()) - set(models()) == set(NOT_MODELLED)


@pytest.mark.parametrize("name", sorted(models()))
def test_a_model_has_the_schemas_properties(name: str) -> None:
    """The wire names and which of them are required are the schema's, neither more nor fewer."""
    fields = schema_named(name).fields_by_wire_name
    schema = schemas()[name]
    assert set(fields) == set(schema["properties"])
    required = {wire for wire, spec in fields.items() if spec.required}
    assert required == set(schema.get("required", ()))


@pytest.mark.parametrize(("name", "wire"), PROPERTIES)
def test_a_field_has_the_propertys_bounds(name: str, wire: str) -> None:
    """Type, bounds, listed words, items and nested schemas are the property's."""
    expected, _ = WRITTEN_DIFFERENTLY.get(
        (name, wire), (either(theirs(schemas()[name]["properties"][wire])), "")
    )
    assert either(ours(generated(name)[wire])) == expected


def test_documented_defaults_are_known() -> None:
    """Each default of the file is ours, so that absent equals it, or stands on a short list."""
    missing: list[tuple[str, str]] = []
    for name, wire, schema in properties():
        known = schema_named(name, "us").fields_by_wire_name[wire].defaults
        in_words = _PLAIN_DEFAULT.search(schema.get("description", ""))
        if "default" in schema or in_words:
            default = schema.get("default", in_words and json.loads(in_words[1]))
            if known != (default,):
                missing.append((name, wire))
        elif "@default" in schema.get("description", "") and not known:
            missing.append((name, wire))
    assert set(missing) == set(NO_DEFAULT)


def test_our_defaults_are_documented() -> None:
    """No field has a default that Vapi's file does not tell."""
    invented = {
        (name, wire)
        for name, wire, schema in properties()
        if schema_named(name, "us").fields_by_wire_name[wire].defaults
        and "default" not in schema
        and not _PLAIN_DEFAULT.search(schema.get("description", ""))
    }
    assert invented == set(DEFAULT_IN_PROSE)


def test_an_update_has_the_creates_definitions() -> None:
    """What both specs of a kind take is defined alike: the create's cases hold for PATCH too."""
    for kind, update in official.ROOTS["update"].items():
        create = schemas()[official.ROOTS["create"][kind]]["properties"]
        for wire, schema in schemas()[update]["properties"].items():
            assert theirs(schema) == theirs(create[wire]), f"{update}.{wire}"


def test_every_password_token_and_header_is_a_secret() -> None:
    """A property whose name speaks of a secret is marked as one, wherever it stands."""
    speaking = re.compile(r"password|token|secret|apikey|headers", re.IGNORECASE)
    spoken = {(name, wire) for name, wire, _ in properties() if speaking.search(wire)}
    marked = {
        (name, spec.wire)
        for name, model in models().items()
        for spec in schema_named(model.__name__).fields_by_wire_name.values()
        if SECRET in spec.traits
    }
    # One that speaks of headers is a switch.
    assert marked == spoken - {("TransferPlan", "sipHeadersInReferToEnabled")}


def test_only_sets_are_unordered() -> None:
    """A list whose order may matter is compared in order: hooks, actions, contents, messages."""
    ordered = {
        (name, spec.wire)
        for name, wire, schema in properties()
        if schema.get("type") == "array"
        and UNORDERED not in (spec := schema_named(name).fields_by_wire_name[wire]).traits
    }
    assert {wire for _, wire in ordered} == {"hooks", "do", "filters", "contents", "messages"}


def test_what_is_repaired_is_marked() -> None:
    """A field whose published definition had to be repaired is marked so, for the reference."""
    repaired = {(name, wire) for name, wire, schema in properties() if "x-upstream" in schema}
    marked = {
        (name, spec.wire)
        for name, model in models().items()
        for spec in schema_named(model.__name__).fields_by_wire_name.values()
        if REPAIRED in spec.traits
    }
    assert marked == repaired
