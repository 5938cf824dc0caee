"""Values that nobody means: read from a file with its line break, from an unset variable, or beyond
what the engine can hold.

The API would take most of them and fail a call. Placeholders that are not known yet are not judged,
nor is what the state has recorded so.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.constants import EXACT
from vapi_provider.models.field_traits import EMPTY_IS_ABSENT
from vapi_provider.models.fields import FieldShape, Schema, as_list, as_object

Problem = tuple[str, str]
"""Path and reason; no value is shown."""

_SPOKEN = frozenset({"exact", "message", "content", "text"})
"""What is spoken, by the field's name: any character may be in it."""

_LINES = frozenset({"description", "twiml", "messages"})
"""What may have several lines: instructions for a model, a document."""

_HEADERS = frozenset({"headers", "sip_headers"})

_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

_WRITTEN_AS_FLOAT = 1e21
"""From here on JSON writes a number with an exponent: nobody takes it for a whole one."""


def problems_of_values(
    model: Schema, bag: Mapping[str, Any], before: Mapping[str, Any], path: str = ""
) -> Iterator[Problem]:
    """List what is wrong with the values of an object; `before` is what is recorded of it."""
    for name, shape in model.fields.items():
        if bag.get(name) is not None:
            yield from _of_field(shape, f"{path}{name}", bag[name], before.get(name))


def _of_field(shape: FieldShape, path: str, value: Any, before: Any) -> Iterator[Problem]:
    inner = shape.schema_of(value)
    if inner is not None:
        yield from problems_of_values(inner, as_object(value), as_object(before), f"{path}.")
    elif isinstance(value, list):
        olds = as_list(before)
        for at, item in enumerate(as_list(cast(Any, value))):
            old = olds[at] if at < len(olds) else None
            yield from _of_field(shape, f"{path}[{at}]", item, old)
    elif isinstance(value, Mapping):
        yield from _of_entries(shape, path, as_object(cast(Any, value)), as_object(before))
    elif type(value) is not type(before) or value != before:
        reason = _of_text(shape, value) if isinstance(value, str) else _of_number(value)
        if reason:
            yield path, reason


def _of_entries(
    shape: FieldShape, path: str, bag: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[Problem]:
    """List what is wrong below an object of free form."""
    for at, (name, value) in enumerate(bag.items(), start=1):
        if shape.name not in _HEADERS or _HEADER_NAME.fullmatch(name):
            where = f"{path}.{name}" if name.isidentifier() else f'{path}["{name}"]'
            yield from _of_field(shape, where, value, before.get(name))
        elif name not in before:
            # A token may have been given for the name: it is not shown.
            yield path, f"the name of header {at} is empty or has a character that HTTP forbids"


def _of_text(shape: FieldShape, text: str) -> str | None:
    if shape.name in _SPOKEN:
        return None
    if not text.strip():
        is_meant = EMPTY_IS_ABSENT in shape.marks or shape.name in _HEADERS | _LINES
        if text or not is_meant:
            return "is empty: is a variable not set? Leave the field out to have none"
        return None
    if shape.name in _LINES:
        text = re.sub(r"[\r\n\t]", "", text)
    elif text.endswith(("\n", "\r")):
        return "ends in a line break, as what is read from a file does: strip it"
    if any(unicodedata.category(one) in ("Cc", "Zl", "Zp") for one in text):
        return "has a control character (a line break, a tab) in it"
    return None


def _of_number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value):
        return "must be a finite number"
    if EXACT <= abs(value) < _WRITTEN_AS_FLOAT and value == int(value):
        return "is a whole number beyond 2^53, which the engine rounds: write it as text"
    return None
