"""Values as the engine's events hold them: secrets blinded, some not known before `up`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from vapi_provider.models.fields import FieldShape, as_list, as_object
from vapi_provider.reconcile.secrecy import SIGNATURE, is_secret

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes in place of a value that is not known yet."""


class Hidden(Enum):
    """What stands for a value that is not shown."""

    SECRET = "(secret)"
    LATER = "(known after up)"


def shown(bag: Mapping[str, Any], shapes: Mapping[str, FieldShape]) -> dict[str, Any]:
    """A record's fields as they may be shown: no secret in them, at any depth."""
    return {
        name: _shown(bag[name], shape)
        for name, shape in shapes.items()
        if bag.get(name) is not None
    }


def shown_freely(value: Any) -> Any:
    """Return a value of the program's own, such as a stack output, as it may be shown."""
    if value == _UNKNOWN:
        return Hidden.LATER
    if SIGNATURE in as_object(value):
        return Hidden.SECRET
    if isinstance(value, list):
        return [shown_freely(item) for item in as_list(cast(Any, value))]
    if isinstance(value, Mapping):
        bag = as_object(cast(Any, value))
        return {name: shown_freely(item) for name, item in bag.items() if item is not None}
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _shown(value: Any, shape: FieldShape | None) -> Any:
    """Return a value as it may be shown; `shape` is None for what no schema describes."""
    if value == _UNKNOWN:
        return Hidden.LATER
    if shape is None or SIGNATURE in as_object(value) or is_secret(shape, value):
        # A signature is that of a secret, or of something that no field of ours can be.
        return Hidden.SECRET
    if isinstance(value, list):
        return [_shown(item, shape) for item in as_list(cast(Any, value))]
    model = shape.schema_of(value)
    if model is not None:
        shapes, bag = model.fields, as_object(value)
        return {
            name: _shown(item, shapes.get(name)) for name, item in bag.items() if item is not None
        }
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def known(value: Any) -> str | None:
    """A text that may be shown; None for a secret, and for what is not known yet."""
    return value if isinstance(value, str) and value != _UNKNOWN else None


def is_hidden(value: Any, hidden: Hidden) -> bool:
    """Whether `hidden` is in `value`, at any depth."""
    if isinstance(value, Mapping):
        return any(is_hidden(item, hidden) for item in as_object(cast(Any, value)).values())
    return value is hidden or any(is_hidden(item, hidden) for item in as_list(value))


def bare(value: Any) -> Any:
    """A value for JSON: None in place of what is not shown."""
    if isinstance(value, Hidden):
        return None
    if isinstance(value, Mapping):
        return {name: bare(item) for name, item in as_object(cast(Any, value)).items()}
    return [bare(item) for item in as_list(value)] if isinstance(value, list) else value


def in_words(value: Any, longest: int = 120) -> str:
    """A value in one line: as JSON, cut where it is long, nothing unprintable in it."""
    if value is None:
        return "(absent)"
    if isinstance(value, Hidden):
        return value.value
    text = json.dumps(value, ensure_ascii=False, default=lambda item: item.value)
    return cut(printable(text), longest)


def printable(text: str) -> str:
    """Line breaks, control and direction characters as JSON's escapes."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in text
    )


def cut(text: str, longest: int) -> str:
    """`text`, or its beginning and three dots."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
