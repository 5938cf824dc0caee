"""Merge of the account's values into the recorded state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import FieldSpec, as_list, as_object, item_of
from vapi_provider.models.masks import fits_mask, is_masked
from vapi_provider.models.number_spelling import spec_within
from vapi_provider.reconcile.equality import equal, equivalent
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE, PLACEHOLDERS


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
        name: _merge(
            spec_within(spec, recorded, actual), recorded.get(name), actual.get(name), hidden
        )
        for name, spec in specs.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _merge(spec: FieldSpec, recorded: Any, actual: Any, hidden: str) -> Any:
    if SECRET in spec.traits:
        return _merged_secret(recorded, actual, hidden)
    if equivalent(spec, recorded, actual):
        return recorded
    if isinstance(actual, list):
        items, before = as_list(cast(Any, actual)), as_list(recorded)
        before = before if len(before) == len(items) else [None] * len(items)
        pairs = zip(before, items, strict=True)
        return [_merge(item_of(spec), old, new, hidden) for old, new in pairs]
    schema = spec.schema_of(actual)
    if schema is None:
        return actual
    base = as_object(recorded if spec.schema_of(recorded) is schema else None)
    return merge_for_state(schema.fields, base, actual, hidden)


def _merged_secret(recorded: Any, actual: Any, hidden: str) -> Any:
    if actual is None:
        return recorded
    if isinstance(actual, Mapping):
        before, echoed = as_object(recorded), as_object(cast(Any, actual))
        values = {name: _merged_secret(before.get(name), echoed[name], hidden) for name in echoed}
        return values or None
    if equal(recorded, actual):
        return recorded
    # A masked secret counts as changed only if it does not fit the recorded one.
    known = recorded if isinstance(recorded, str) and isinstance(actual, str) else None
    if known is not None and is_masked(actual):
        return known if known in PLACEHOLDERS or fits_mask(known, actual) else hidden
    return hidden
