"""Normalization of phone numbers, and comparison of secrets with their masked form."""

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
_MASK = re.compile(
    r"[*\u2022\u25cf\u2026]+|\.{3,}|[xX]{4,}|\A\W*(?:redacted|masked|hidden)\W*\Z", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def phone_number(text: str) -> str:
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
    return number if properties.get(E164_CHECK) is False else phone_number(number)


def digits_of(text: str) -> str:
    """Return a phone number, or a part of one, without + and separators."""
    return _SIGNS.sub("", text).removeprefix("+")


def spec_within(spec: FieldSpec, *siblings: Mapping[str, Any]) -> FieldSpec:
    """Return the spec without the trait PHONE if a sibling field disables the E.164 check."""
    if PHONE in spec.traits and any(properties.get(E164_CHECK) is False for properties in siblings):
        return replace(spec, traits=spec.traits - {PHONE})
    return spec


def respelled(schema: Schema, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return `properties` with its phone numbers as E.164 at every depth, where the check is on."""
    found: dict[str, Any] = {}
    for name, value in properties.items():
        spec = schema.fields.get(name)
        found[name] = value if spec is None else _respelled(spec_within(spec, properties), value)
    return found


def _respelled(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, list):
        return [_respelled(spec, item) for item in cast(list[Any], value)]
    if isinstance(value, str) and PHONE in spec.traits:
        return phone_number(value)
    inner = spec.schema_of(value)
    return value if inner is None else respelled(inner, as_object(value))


def is_masked(secret: str) -> bool:
    """Return whether an echoed secret is masked, such as ``****1234``."""
    return _MASK.search(secret) is not None


def fits_mask(secret: str, echoed: str) -> bool:
    """Return whether `echoed` may be `secret` with a part of it masked."""
    found = list(_MASK.finditer(echoed))
    if not found:
        return False
    return secret.startswith(echoed[: found[0].start()]) and secret.endswith(
        echoed[found[-1].end() :]
    )
