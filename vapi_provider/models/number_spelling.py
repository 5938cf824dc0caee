"""Normalization of phone numbers to E.164."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from vapi_provider.models.e164 import e164_problem
from vapi_provider.models.field_traits import PHONE
from vapi_provider.models.fields import FieldSpec, Schema, as_object

E164_CHECK = "number_e164_check_enabled"

_SIGNS = re.compile(r"[\s().\-\u00a0\u2010-\u2015]+")
_DIGITS = re.compile(r"\+?\d{7,15}")


@lru_cache(maxsize=4096)
def to_e164(text: str) -> str:
    """Return a phone number as E.164: `14155550121` and `+1 415-555-0121` are `+14155550121`.

    A text that is no such number is returned unchanged.
    """
    digits = _SIGNS.sub("", text)
    if digits == text and text.startswith("+"):
        return text  # Fast path: most numbers are E.164, and importing the library is expensive.
    if not _DIGITS.fullmatch(digits):
        return text
    number = digits if digits.startswith("+") else f"+{digits}"
    return text if e164_problem(number) else number


def number_within(properties: Mapping[str, Any]) -> str | None:
    """Return the number in `properties` as E.164, or unchanged where the E.164 check is off."""
    number = properties.get("number")
    if not isinstance(number, str):
        return None
    return number if properties.get(E164_CHECK) is False else to_e164(number)


def digits_of(text: str) -> str:
    """Return a phone number, or a part of one, without + and separators."""
    return _SIGNS.sub("", text).removeprefix("+")


def spec_within(spec: FieldSpec, *siblings: Mapping[str, Any]) -> FieldSpec:
    """Return the spec without the trait PHONE if a sibling field disables the E.164 check."""
    if PHONE in spec.traits and any(properties.get(E164_CHECK) is False for properties in siblings):
        return replace(spec, traits=spec.traits - {PHONE})
    return spec


def normalize_numbers(schema: Schema, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return `properties` with its phone numbers as E.164 at every depth, where the check is on."""
    found: dict[str, Any] = {}
    for name, value in properties.items():
        spec = schema.fields.get(name)
        found[name] = value if spec is None else _normalize(spec_within(spec, properties), value)
    return found


def _normalize(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, list):
        return [_normalize(spec, item) for item in cast(list[Any], value)]
    if isinstance(value, str) and PHONE in spec.traits:
        return to_e164(value)
    inner = spec.schema_of(value)
    return value if inner is None else normalize_numbers(inner, as_object(value))
