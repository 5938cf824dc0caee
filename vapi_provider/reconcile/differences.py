"""Paths at which the fields of two versions of a record differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.field_traits import UNORDERED
from vapi_provider.models.fields import FieldSpec, as_list, as_object, item_of
from vapi_provider.models.number_spelling import spec_within
from vapi_provider.reconcile.equality import equal, equivalent

Difference = tuple[str, Any, Any]
"""Path, old value and new value; None means absent."""


def differences(
    specs: Mapping[str, FieldSpec],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    by_key: bool = False,
) -> Iterator[Difference]:
    """Yield the deepest paths that differ.

    An added object is listed field by field, a removed one as a whole. With `by_key` an object of
    arbitrary keys, such as headers, is compared key by key, because `ignore_changes` may name one.
    """
    for name, spec in specs.items():
        yield from _of_field(
            spec_within(spec, old, new), name, old.get(name), new.get(name), by_key
        )


def field_of(path: str) -> str:
    """Return the top-level field of a path, such as ``hooks`` of ``hooks[0].do``."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _of_field(spec: FieldSpec, path: str, old: Any, new: Any, by_key: bool) -> Iterator[Difference]:
    if equivalent(spec, old, new):
        return
    schema, old_items = spec.schema_of(new), as_list(old)
    inner: list[Difference] = []
    if schema is not None and (old is None or spec.schema_of(old) is schema):
        below = differences(schema.fields, as_object(old), as_object(new), by_key)
        inner = [(f"{path}.{name}", *values) for name, *values in below]
    elif (
        isinstance(new, list)
        and len(old_items) == len(as_list(new))
        and UNORDERED not in spec.traits
    ):
        for index, pair in enumerate(zip(old_items, as_list(new), strict=True)):
            inner += _of_field(item_of(spec), f"{path}[{index}]", *pair, by_key)
    elif (
        by_key
        and not spec.schemas
        and (old is None or isinstance(old, Mapping))
        and (new is None or isinstance(new, Mapping))
    ):
        before, after = as_object(cast(Any, old)), as_object(cast(Any, new))
        for key in dict.fromkeys([*before, *after]):
            if not equal(before.get(key), after.get(key)):
                inner.append((f"{path}[{json.dumps(key)}]", before.get(key), after.get(key)))
    yield from inner or [(path, old, new)]
