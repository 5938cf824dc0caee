"""Equality of values by their meaning to the API, and the merge of an answer into a state.

Null, absent and a documented default are equal, letter case in SIP URIs does not matter, and the
API may not echo a secret.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.constants import EXACT
from vapi_provider.models.field_traits import ANY_CASE, EMPTY_IS_ABSENT, PHONE, SECRET, UNORDERED
from vapi_provider.models.fields import FieldSpec, Schema, as_list, as_object
from vapi_provider.models.spelling import fits_mask, is_masked, phone_number, spec_within
from vapi_provider.shared.json_values import whole_as_int

CHANGED_OUTSIDE = "(changed outside of this stack)"
"""Placeholder for a secret that the API echoes and the state does not hold."""

NOT_SHOWN = "(not shown)"
"""Placeholder for an echoed secret of a record that this stack does not own."""

UNSEEN = "(not shown by the account)"
"""Placeholder that an import records for a secret that the account does not echo."""

Difference = tuple[str, Any, Any]
"""A path, its old and its new value; None means absent."""

PLACEHOLDERS = (CHANGED_OUTSIDE, NOT_SHOWN, UNSEEN)


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
        properties, other = as_object(cast(Any, left)), as_object(cast(Any, right))
        return properties.keys() == other.keys() and all(
            equal(properties[key], other[key]) for key in properties
        )
    if isinstance(left, list) and isinstance(right, list):
        items, others = as_list(cast(Any, left)), as_list(cast(Any, right))
        return len(items) == len(others) and all(map(equal, items, others))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or _as_double(left) == _as_double(right)
    return bool(left == right)


def _as_double(number: float) -> float:
    """Return a number as a double, which is how the engine holds every number."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def canonical_text(spec: FieldSpec, value: Any) -> str | None:
    """Return one text for all values with the same meaning; None where they mean absent."""
    canonical = _canonical(spec, value)
    return None if canonical is None else _sort_key(_whole(canonical))


def merge_for_state(
    specs: Mapping[str, FieldSpec],
    recorded: Mapping[str, Any],
    actual: Mapping[str, Any],
    hidden: str = CHANGED_OUTSIDE,
) -> dict[str, Any]:
    """Merge `actual` into the recorded fields, keeping recorded spellings of equal values.

    A secret that the API does not echo stays as recorded; an echoed one that differs becomes
    `hidden`, so that a secret set outside of the stack never reaches the state.
    """
    values = {
        name: _settled_value(
            spec_within(spec, recorded, actual), recorded.get(name), actual.get(name), hidden
        )
        for name, spec in specs.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def differences(
    specs: Mapping[str, FieldSpec],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    by_key: bool = False,
) -> Iterator[Difference]:
    """Yield the deepest paths that differ, each with its old and new value.

    An added object is listed field by field, a removed one as a whole. With `by_key` an object of
    arbitrary keys, such as headers, is compared key by key, because `ignore_changes` may name one.
    """
    for name, spec in specs.items():
        inner = spec_within(spec, old, new)
        yield from _differences(inner, name, old.get(name), new.get(name), by_key)


def field_of(path: str) -> str:
    """Return the top-level field of a path, such as ``hooks`` of ``hooks[0].do``."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _differences(
    spec: FieldSpec, path: str, old: Any, new: Any, by_key: bool
) -> Iterator[Difference]:
    if equivalent(spec, old, new):
        return
    model, before = spec.schema_of(new), as_list(old)
    inner: list[Difference] = []
    if model is not None and (old is None or spec.schema_of(old) is model):
        found = differences(model.fields, as_object(old), as_object(new), by_key)
        inner = [(f"{path}.{name}", *values) for name, *values in found]
    elif (
        isinstance(new, list) and len(before) == len(as_list(new)) and UNORDERED not in spec.traits
    ):
        for at, pair in enumerate(zip(before, as_list(new), strict=True)):
            inner += _differences(item_of(spec), f"{path}[{at}]", *pair, by_key)
    elif (
        by_key
        and not spec.schemas
        and (old is None or isinstance(old, Mapping))
        and (new is None or isinstance(new, Mapping))
    ):
        left, right = as_object(cast(Any, old)), as_object(cast(Any, new))
        for key in dict.fromkeys([*left, *right]):
            if not equal(left.get(key), right.get(key)):
                inner.append((f"{path}[{json.dumps(key)}]", left.get(key), right.get(key)))
    yield from inner or [(path, old, new)]


def public_fields(specs: Mapping[str, FieldSpec], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return `fields` without their secrets, at every depth."""
    values = {name: without_secrets(specs[name], fields.get(name)) for name in specs}
    return {name: value for name, value in values.items() if value is not None}


def without_secrets(spec: FieldSpec, value: Any) -> Any:
    """Return a field's value without its secrets; None where the whole value is secret."""
    if SECRET in spec.traits:
        return None
    if isinstance(value, list):
        return [without_secrets(item_of(spec), item) for item in as_list(cast(Any, value))]
    model = spec.schema_of(value)
    return value if model is None else public_fields(model.fields, as_object(value))


def contains_masked_secret(value: Any) -> bool:
    """Return whether `value` contains a placeholder of a secret that only the account knows."""
    return _holds(value, (CHANGED_OUTSIDE, UNSEEN))


def contains_unseen_secret(value: Any) -> bool:
    """Return whether `value` contains the placeholder of an imported, unseen secret."""
    return _holds(value, (UNSEEN,))


def fill_unseen_secrets(
    recorded: Mapping[str, Any], before: Mapping[str, Any], declared: Mapping[str, Any]
) -> dict[str, Any]:
    """Fill each unseen secret of `recorded` with the value that the last run declared (`before`).

    Without an earlier declaration, use the current one: declaring an imported secret for the first
    time is not a change, because the account cannot show a difference. Later changes count.
    """
    return {
        name: _believed(value, before.get(name), declared.get(name))
        for name, value in recorded.items()
    }


def _believed(recorded: Any, before: Any, declared: Any) -> Any:
    if isinstance(recorded, Mapping):
        properties = as_object(cast(Any, recorded))
        return fill_unseen_secrets(properties, as_object(before), as_object(declared))
    if recorded != UNSEEN:
        return recorded
    known = before if before not in (None, UNSEEN) else declared
    return recorded if known is None else known


def _holds(value: Any, placeholders: Collection[str]) -> bool:
    if isinstance(value, str):
        return value in placeholders
    if isinstance(value, Mapping):
        return any(_holds(item, placeholders) for item in as_object(cast(Any, value)).values())
    if isinstance(value, list):
        return any(_holds(item, placeholders) for item in as_list(cast(Any, value)))
    return False


def _settled_value(spec: FieldSpec, recorded: Any, actual: Any, hidden: str) -> Any:
    if SECRET in spec.traits:
        return _settled_secret(recorded, actual, hidden)
    if equivalent(spec, recorded, actual):
        return recorded
    if isinstance(actual, list):
        items, before = as_list(cast(Any, actual)), as_list(recorded)
        before = before if len(before) == len(items) else [None] * len(items)
        pairs = zip(before, items, strict=True)
        return [_settled_value(item_of(spec), old, new, hidden) for old, new in pairs]
    model = spec.schema_of(actual)
    if model is None:
        return actual
    same_model = spec.schema_of(recorded) is model
    return merge_for_state(model.fields, as_object(recorded) if same_model else {}, actual, hidden)


def _settled_secret(recorded: Any, actual: Any, hidden: str) -> Any:
    if actual is None:
        return recorded
    if isinstance(actual, Mapping):
        before, echoed = as_object(recorded), as_object(cast(Any, actual))
        values = {name: _settled_secret(before.get(name), echoed[name], hidden) for name in echoed}
        return values or None
    if equal(recorded, actual):
        return recorded
    # A masked secret counts as changed only if it does not fit the recorded one.
    known = recorded if isinstance(recorded, str) and isinstance(actual, str) else None
    if known is not None and is_masked(actual):
        return known if known in PLACEHOLDERS or fits_mask(known, actual) else hidden
    return hidden


def item_of(spec: FieldSpec) -> FieldSpec:
    """Return the spec of a list's items: the list's schemas without its traits."""
    types = frozenset(
        name.removeprefix("list of ") for name in spec.types if name.startswith("list of ")
    )
    return FieldSpec(spec.name, spec.wire, True, spec.schemas, (), frozenset(), types)


def _canonical(spec: FieldSpec, value: Any) -> Any:
    """Return the canonical spelling of a value; None where it means absent."""
    plain = _without_defaults(spec, value)
    if any(equal(plain, _without_defaults(spec, default)) for default in spec.defaults):
        return None
    if EMPTY_IS_ABSENT in spec.traits and plain in ([], {}, ""):
        return None
    return plain


def _without_defaults(spec: FieldSpec, value: Any) -> Any:
    if isinstance(value, str):
        if PHONE in spec.traits:
            return phone_number(value)
        return value.lower() if ANY_CASE in spec.traits else value
    if isinstance(value, list):
        items = [_canonical(item_of(spec), item) for item in as_list(cast(Any, value))]
        return sorted(items, key=_sort_key) if UNORDERED in spec.traits else items
    model = spec.schema_of(value)
    return _canonical_object(model, value) if model else value


def _canonical_object(model: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
    specs = model.fields
    known = {
        name: _canonical(spec_within(spec, value), value.get(name)) for name, spec in specs.items()
    }
    return {name: item for name, item in known.items() if item is not None}


def _whole(value: Any) -> Any:
    """Convert whole floats to integers at every depth, so that equal numbers have one text."""
    if isinstance(value, list):
        return [_whole(item) for item in as_list(cast(Any, value))]
    if isinstance(value, Mapping):
        return {name: _whole(item) for name, item in as_object(cast(Any, value)).items()}
    return whole_as_int(value, EXACT)


def _sort_key(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)
