"""Hypothesis strategies of valid declarations of each kind, and the places to make one invalid.

Types and bounds come from the models, which the contract ring compares with Vapi's schema. Values
for rules beyond those, such as phone numbers and URIs, are defined here.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from hypothesis import strategies as st

from tests.support.builders import FULL
from vapi_provider.models.base import VapiModel
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object, schema_named
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.urls import unset_word

Steps = tuple[str | int, ...]
Fields = dict[str, Any]

_TEXT = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp"))
_DIGITS = "0123456789"
_UUIDS = st.uuids().map(str)
_SIP_URIS = st.from_regex(
    r"(sip|SIPS):[a-z0-9.]{1,12}@[a-z]{1,6}(\.[a-z]{1,5})?\.example", fullmatch=True
)
_E164 = st.from_regex(r"\+1[2-9][0-9]{9}|\+4930[1-9][0-9]{5}|\+44[1-9][0-9]{9}", fullmatch=True)
_UNCHECKED = st.from_regex(r"\+?[a-zA-Z0-9]{3,39}", fullmatch=True).filter(
    lambda text: unset_word(text) is None
)

# What a rule asks beyond type and bounds, by the field's name.
_RULED: Mapping[str, st.SearchStrategy[Any]] = {
    "assistant_id": _UUIDS,
    "number": _E164,
    "sip_uri": _SIP_URIS,
    "url": st.from_regex(r"https://[a-z]{1,9}\.example/[a-z]{0,9}", fullmatch=True),
}
_SECRETS = st.integers(10**19, 10**20 - 1).map("secret-{}".format)
"""Texts of 27 characters that nothing else is made of, so that a leak is known for one."""


def declarations(kind: str) -> st.SearchStrategy[Fields]:
    """Return valid declarations of a kind as a program writes them, with their `provider`."""
    return _objects(KINDS[kind].create.model).map(lambda fields: _repaired(kind, fields))


def any_declaration() -> st.SearchStrategy[Fields]:
    """Valid declarations of all kinds."""
    return st.one_of([declarations(kind) for kind in KINDS])


def _repaired(kind: str, fields: Fields) -> Fields:
    """The fields with what the rules across a kind's fields ask for."""
    if kind == "vapi" and not {"number_desired_area_code", "sip_uri"} & set(fields):
        return {**fields, "number_desired_area_code": "415"}
    if kind == "twilio" and not {"twilio_api_key", "twilio_api_secret"} <= set(fields):
        return {"twilio_auth_token": "secret-of-twilio-for-tests", **fields}
    return fields


def _objects(model: type[VapiModel]) -> st.SearchStrategy[Fields]:
    required: Fields = {}
    optional: Fields = {}
    for name, info in model.model_fields.items():
        spec = schema_named(model.__name__).fields[name]
        values = _of_field(spec, info.annotation, info.metadata)
        (required if info.is_required() else optional)[name] = values
    objects = st.fixed_dictionaries(required, optional=optional)
    if "number_e164_check_enabled" in optional:
        return objects | _unchecked(required, optional)
    return objects


def _unchecked(required: Fields, optional: Fields) -> st.SearchStrategy[Fields]:
    off = {"number_e164_check_enabled": st.just(value=False), "number": _UNCHECKED}
    return st.fixed_dictionaries(
        {**required, **off},
        optional={name: values for name, values in optional.items() if name not in off},
    )


def _of_field(spec: FieldSpec, annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if SECRET in spec.traits:
        headers = st.dictionaries(_words(), _SECRETS, max_size=2)
        return headers if spec.name in ("headers", "sip_headers") else _SECRETS
    return _RULED[spec.name] if spec.name in _RULED else _of(annotation, metadata)


def _of(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    """Values of a type within the bounds of its metadata."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of(inner[0], [*metadata, *inner[1:]])
    if origin in (Union, types.UnionType):
        return st.one_of([_of(member, metadata) for member in inner if member is not type(None)])
    if origin is Literal:
        return st.sampled_from(inner)
    least, most = bounds(metadata)
    if origin is list:
        return st.lists(_of(inner[0], []), max_size=min(3, most or 3))
    if origin is dict:
        return st.dictionaries(_words(), _words(), max_size=2)
    if annotation is str:
        longest = most if (most or 99) < 41 else 41
        return st.text(_TEXT, min_size=least or 1, max_size=longest).filter(_is_meant)
    if annotation is float:
        whole = st.integers(least or 0, most or 1000).map(float)
        return whole | st.floats(least or 0, most or 1000)
    if annotation is bool:
        return st.booleans()
    assert issubclass(annotation, VapiModel), annotation
    return _objects(annotation)


def _is_meant(text: str) -> bool:
    """Return whether a text has content and is no word of an unset variable, such as `null`."""
    return bool(text.strip()) and unset_word(text) is None


def _words() -> st.SearchStrategy[str]:
    return st.text("abcxyzXY-_" + _DIGITS, min_size=1, max_size=8)


def bounds(metadata: list[Any]) -> tuple[Any, Any]:
    """The least and the most that a field's metadata allows, of a length or of a number."""
    flat = [part for item in metadata for part in getattr(item, "metadata", [item])]
    least = [getattr(item, "min_length", getattr(item, "ge", None)) for item in flat
             if isinstance(item, MinLen | Ge)]  # fmt: skip
    most = [getattr(item, "max_length", getattr(item, "le", None)) for item in flat
            if isinstance(item, MaxLen | Le)]  # fmt: skip
    return next(iter(least), None), next(iter(most), None)


@dataclass(frozen=True)
class Spot:
    """One value of a declaration: where it is, its field and the schema that has the field."""

    steps: Steps
    spec: FieldSpec
    schema: Schema


def spots(schema: Schema, fields: Mapping[str, Any], above: Steps = ()) -> Iterator[Spot]:
    """Every field that a declaration gives, at every depth; items of lists count by themselves."""
    for name, value in fields.items():
        spec = schema.fields[name]
        listed = [((name, at), item) for at, item in enumerate(as_list(value))]
        yield Spot((*above, name), spec, schema)
        for steps, item in listed or [((name,), value)]:
            if listed:
                yield Spot((*above, *steps), spec, schema)
            inner = spec.schema_of(item)
            if inner is not None:
                yield from spots(inner, as_object(item), (*above, *steps))


def objects(schema: Schema, fields: Mapping[str, Any]) -> Iterator[tuple[Steps, Schema]]:
    """Every object of a declaration that a schema describes, itself first."""
    yield (), schema
    for spot in spots(schema, fields):
        found: Any = fields
        for step in spot.steps:
            found = found[step]
        inner = spot.spec.schema_of(found)
        if inner is not None:
            yield spot.steps, inner


def parts_of(value: Any) -> st.SearchStrategy[Any]:
    """Return copies of `value` with any keys and list items omitted."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({}, optional={key: parts_of(v) for key, v in value.items()})
    if isinstance(value, list):
        return (
            st.lists(st.sampled_from(value).flatmap(parts_of), max_size=3)
            if value
            else st.just(value)
        )
    return st.just(value)


DECLARATIONS = parts_of(FULL)
"""`vapi` declarations without any of their fields, even required ones, to compare many pairs."""
