"""Detection of accidental values: trailing line breaks, unset variables, excessive numbers.

The API accepts most of them, and calls fail later. Unknown values and values that equal the
recorded ones are not checked.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.catalogue import declarations
from vapi_provider.catalogue.message import Message
from vapi_provider.models.constants import EXACT
from vapi_provider.models.field_traits import EMPTY_IS_ABSENT
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object
from vapi_provider.models.urls import unset_word

Problem = tuple[str, Message]
"""Path and reason, without the value."""

_SPOKEN = frozenset({"exact", "message", "content", "text"})
"""Names of fields with spoken text, in which any character is valid."""

_LINES = frozenset({"description", "twiml", "messages"})
"""Names of fields with several lines: instructions for a schema, a document."""

_LABELS = frozenset({"name"})
"""Names of fields with a label, in which any word is valid."""

_HEADERS = frozenset({"headers", "sip_headers"})

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

_WRITTEN_AS_FLOAT = 1e21
"""Limit from which JSON writes a float with an exponent: it does not count as a whole number."""


def problems_of_values(
    schema: Schema, properties: Mapping[str, Any], before: Mapping[str, Any], path: str = ""
) -> Iterator[Problem]:
    """Yield the problems of the values in an object; `before` is the recorded object."""
    for name, spec in schema.fields.items():
        if properties.get(name) is not None:
            yield from _of_field(spec, f"{path}{name}", properties[name], before.get(name))


def _of_field(spec: FieldSpec, path: str, value: Any, before: Any) -> Iterator[Problem]:
    inner = spec.schema_of(value)
    if inner is not None:
        yield from problems_of_values(inner, as_object(value), as_object(before), f"{path}.")
    elif isinstance(value, list):
        olds = as_list(before)
        for index, item in enumerate(as_list(cast(Any, value))):
            old = olds[index] if index < len(olds) else None
            yield from _of_field(spec, f"{path}[{index}]", item, old)
    elif isinstance(value, Mapping):
        yield from _of_entries(spec, path, as_object(cast(Any, value)), as_object(before))
    elif type(value) is not type(before) or value != before:
        reason = _of_text(spec, value) if isinstance(value, str) else _of_number(value)
        if reason:
            yield path, reason


def _of_entries(
    spec: FieldSpec, path: str, properties: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[Problem]:
    """Yield the problems in an object of arbitrary keys."""
    for number, (name, value) in enumerate(properties.items(), start=1):
        if spec.name not in _HEADERS or _HEADER_NAME.fullmatch(name):
            entry_path = f"{path}.{name}" if name.isidentifier() else f'{path}["{name}"]'
            yield from _of_field(spec, entry_path, value, before.get(name))
        elif name not in before:
            # The message hides the name, which may be a misplaced token.
            yield path, declarations.HEADER_NAME(number=number)


def _of_text(spec: FieldSpec, text: str) -> Message | None:
    if spec.name in _SPOKEN:
        return None
    if not text.strip():
        may_be_empty = EMPTY_IS_ABSENT in spec.traits or spec.name in _HEADERS | _LINES
        if text or not may_be_empty:
            return declarations.EMPTY_TEXT()
        return None
    word = unset_word(text, is_header=spec.name in _HEADERS)
    if word and spec.name not in _LINES | _LABELS:
        return declarations.UNSET_VARIABLE(word=word)
    if spec.name in _LINES:
        text = re.sub(r"[\r\n\t]", "", text)
    elif text.endswith(("\n", "\r")):
        return declarations.TRAILING_LINE_BREAK()
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        return declarations.CONTROL_CHARACTER()
    return None


def _of_number(value: Any) -> Message | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return declarations.NOT_FINITE()
    is_whole = isinstance(value, int) or (abs(value) < _WRITTEN_AS_FLOAT and value.is_integer())
    if is_whole and abs(value) >= EXACT:
        return declarations.ROUNDED_NUMBER()
    return None
