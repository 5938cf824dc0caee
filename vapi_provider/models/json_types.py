"""Validation of the JSON types of fields in responses."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

_WORDS = {
    "text": "text",
    "number": "a number",
    "flag": "true or false",
    "object": "an object",
    "list of text": "a list of texts",
    "list of number": "a list of numbers",
    "list of object": "a list of objects",
}


_KINDS: dict[type[Any], str] = {
    str: "text",
    bool: "flag",  # An int in Python, but not a number in JSON.
    int: "number",
    float: "number",
    dict: "object",
}


class WrongType(ValueError):
    """A value of the wrong JSON type; the message starts with the path as far as it is known."""


def check_type(value: Any, types: Collection[str]) -> None:
    """Raise WrongType where a value's JSON type is not in `types`."""
    kind = cast(type[Any], type(value))
    if _KINDS.get(kind) in types:
        return
    if kind is list:
        listed = [name.removeprefix("list of ") for name in types if name.startswith("list of ")]
        if listed and all(_KINDS.get(cast(type[Any], type(item))) in listed for item in value):
            return
    raise WrongType(f" must be {' or '.join(_WORDS[name] for name in sorted(types))}")
