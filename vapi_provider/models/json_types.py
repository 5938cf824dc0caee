"""The JSON types of an answer's fields: what is of another type is no answer of the API's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_WORDS = {
    "text": "text",
    "number": "a number",
    "flag": "true or false",
    "object": "an object",
    "list of text": "a list of texts",
    "list of number": "a list of numbers",
    "list of object": "a list of objects",
}


def type_problem(value: Any, types: Collection[str]) -> str | None:
    """Return what a value must be that is of none of `types`; None where it is of one."""
    kind = _kind(value)
    if kind in types:
        return None
    if kind == "list":
        listed = [name.removeprefix("list of ") for name in types if name.startswith("list of ")]
        if listed and all(_kind(item) in listed for item in value):
            return None
    return f"must be {' or '.join(_WORDS[name] for name in sorted(types))}"


def _kind(value: Any) -> str:
    # A flag is a number to Python, never to JSON.
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "list" if isinstance(value, list) else "nothing"
