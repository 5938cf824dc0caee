"""Equality of values by their meaning to the API.

Null, absent and a documented default are equal, and letter case in SIP URIs does not matter.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, cast

from vapi_provider.models.constants import EXACT
from vapi_provider.models.field_traits import ANY_CASE, EMPTY_IS_ABSENT, PHONE, UNORDERED
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object, item_of
from vapi_provider.models.number_spelling import spec_within, to_e164
from vapi_provider.shared.json_values import whole_as_int


def equivalent(spec: FieldSpec, left: Any, right: Any) -> bool:
    """Return whether two values of a field mean the same to the API; None stands for absent."""
    # Fast path: most pairs are equal as they are, and canonicalizing both is expensive.
    return equal(left, right) or equal(_canonical(spec, left), _canonical(spec, right))


def equal(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal: 20 and 20.0 are, True and 1 are not."""
    if left is right:
        return True
    if isinstance(left, str) or left is None:
        return bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        values, others = as_object(cast(Any, left)), as_object(cast(Any, right))
        return values.keys() == others.keys() and all(
            equal(values[key], others[key]) for key in values
        )
    if isinstance(left, list) and isinstance(right, list):
        items, other_items = as_list(cast(Any, left)), as_list(cast(Any, right))
        return len(items) == len(other_items) and all(map(equal, items, other_items))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or _as_double(left) == _as_double(right)
    return bool(left == right)


def canonical_text(spec: FieldSpec, value: Any) -> str | None:
    """Return one text for all values with the same meaning; None where they mean absent."""
    canonical = _canonical(spec, value)
    return None if canonical is None else _sort_key(_with_whole_numbers(canonical))


def _as_double(number: float) -> float:
    """Return a number as a double, which is how the engine holds every number."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _canonical(spec: FieldSpec, value: Any) -> Any:
    """Return the canonical spelling of a value; None where it means absent."""
    canonical = _without_defaults(spec, value)
    if any(equal(canonical, _without_defaults(spec, default)) for default in spec.defaults):
        return None
    if EMPTY_IS_ABSENT in spec.traits and canonical in ([], {}, ""):
        return None
    return canonical


def _without_defaults(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, str):
        if PHONE in spec.traits:
            return to_e164(value)
        return value.lower() if ANY_CASE in spec.traits else value
    if isinstance(value, list):
        items = [_canonical(item_of(spec), item) for item in as_list(cast(Any, value))]
        return sorted(items, key=_sort_key) if UNORDERED in spec.traits else items
    schema = spec.schema_of(value)
    return _canonical_object(schema, value) if schema else value


def _canonical_object(schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
    known = {
        name: _canonical(spec_within(spec, value), value.get(name))
        for name, spec in schema.fields.items()
    }
    return {name: item for name, item in known.items() if item is not None}


def _with_whole_numbers(value: Any) -> Any:
    """Convert whole floats to integers at every depth, so that equal numbers have one text."""
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in as_list(cast(Any, value))]
    if isinstance(value, Mapping):
        items = as_object(cast(Any, value)).items()
        return {name: _with_whole_numbers(item) for name, item in items}
    return whole_as_int(value, EXACT)


def _sort_key(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)
