"""Values of the engine's events as they may be shown: without secrets, some unknown before `up`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from vapi_provider.models.fields import FieldSpec, as_list, as_object
from vapi_provider.reconcile.secrecy import SIGNATURE, is_secret
from vapi_provider.shared.json_values import whole_as_int
from vapi_provider.shared.text import escape_unprintable

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""The engine's placeholder for a value that is not known yet."""

_MAX_LENGTH = 120
"""Length limit of a value."""


class Hidden(Enum):
    """The replacement of a value that is not shown."""

    SECRET = "(secret)"
    LATER = "(known after up)"


def visible_fields(properties: Mapping[str, Any], specs: Mapping[str, FieldSpec]) -> dict[str, Any]:
    """Return a record's fields with the secrets replaced at any depth."""
    return {
        name: _visible(properties[name], spec)
        for name, spec in specs.items()
        if properties.get(name) is not None
    }


def visible_output(value: Any) -> Any:
    """Return a value that no schema describes, such as a stack output, as it may be shown."""
    if value == _UNKNOWN:
        return Hidden.LATER
    if SIGNATURE in as_object(value):
        return Hidden.SECRET
    if isinstance(value, list):
        return [visible_output(item) for item in as_list(cast(Any, value))]
    if isinstance(value, Mapping):
        properties = as_object(cast(Any, value))
        return {name: visible_output(item) for name, item in properties.items() if item is not None}
    return whole_as_int(value)


def _visible(value: Any, spec: FieldSpec | None) -> Any:
    """Return a value as it may be shown; `spec` is None for what no schema describes."""
    if value == _UNKNOWN:
        return Hidden.LATER
    if spec is None or SIGNATURE in as_object(value) or is_secret(spec, value):
        # A signature marks a secret, or an asset or resource reference, which no field can hold.
        return Hidden.SECRET
    if isinstance(value, list):
        return [_visible(item, spec) for item in as_list(cast(Any, value))]
    model = spec.schema_of(value)
    if model is not None:
        specs, properties = model.fields, as_object(value)
        return {
            name: _visible(item, specs.get(name))
            for name, item in properties.items()
            if item is not None
        }
    return whole_as_int(value)


def visible_text(value: Any) -> str | None:
    """Return a text if it is neither secret nor unknown, else None."""
    return value if isinstance(value, str) and value != _UNKNOWN else None


def contains_hidden(value: Any, hidden: Hidden) -> bool:
    """Return whether `value` contains `hidden` at any depth."""
    if isinstance(value, Mapping):
        return any(contains_hidden(item, hidden) for item in as_object(cast(Any, value)).values())
    return value is hidden or any(contains_hidden(item, hidden) for item in as_list(value))


def to_json_value(value: Any) -> Any:
    """Return a value for JSON, with None for each hidden part."""
    if isinstance(value, Hidden):
        return None
    if isinstance(value, Mapping):
        return {name: to_json_value(item) for name, item in as_object(cast(Any, value)).items()}
    return [to_json_value(item) for item in as_list(value)] if isinstance(value, list) else value


def format_value(value: Any) -> str:
    """Return a value as one printable line of JSON, shortened if it is long."""
    if value is None:
        return "(absent)"
    if isinstance(value, Hidden):
        return value.value
    text = json.dumps(value, ensure_ascii=False, default=lambda item: item.value)
    return shorten(escape_unprintable(text), _MAX_LENGTH)


def shorten(text: str, longest: int) -> str:
    """Return `text`, or its beginning and an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
