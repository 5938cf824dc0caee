"""Headers that an answer does not show: were they removed, or does the API not echo them?

Which of the two it is, is told by the rest of the account: where any record shows headers of the
same field, the API echoes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vapi_provider.models.fields import FieldShape, as_list, as_object
from vapi_provider.models.marks import EMPTY_IS_ABSENT, SECRET

_HEADERS = {SECRET, EMPTY_IS_ABSENT}
"""The marks of `headers` and `sip_headers`, and of nothing else."""


def shown_headers(shapes: Mapping[str, FieldShape], fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the fields that show headers, at any depth of a record."""
    for name, shape in shapes.items():
        value = fields.get(name)
        if shape.marks >= _HEADERS:
            if value:
                yield name
            continue
        for item in as_list(value) or [value]:
            model = shape.schema_of(item)
            if model is not None:
                yield from shown_headers(model.fields, as_object(item))


def lacking_headers(
    shapes: Mapping[str, FieldShape], recorded: Mapping[str, Any], actual: Mapping[str, Any]
) -> set[str]:
    """Return the names of the fields whose headers are recorded and that an answer lacks."""
    filled = with_headers_removed(shapes, recorded, actual, None)
    return set(_emptied(shapes, actual, filled))


def with_headers_removed(
    shapes: Mapping[str, FieldShape],
    recorded: Mapping[str, Any],
    actual: Mapping[str, Any],
    names: set[str] | None,
) -> dict[str, Any]:
    """Return an answer with empty headers where recorded ones are lacking in it.

    `names` are the fields that the API would echo; None for all.
    """
    found = dict(actual)
    for name, shape in shapes.items():
        before, value = recorded.get(name), actual.get(name)
        if shape.marks >= _HEADERS:
            if before and value is None and (names is None or name in names):
                found[name] = {}
        elif isinstance(value, list):
            items, old = as_list(value), as_list(before)  # pyright: ignore[reportUnknownArgumentType]
            if len(items) == len(old):
                pairs = zip(old, items, strict=True)
                found[name] = [_removed(shape, *pair, names) for pair in pairs]
        elif value is not None:
            found[name] = _removed(shape, before, value, names)
    return found


def _removed(shape: FieldShape, before: Any, value: Any, names: set[str] | None) -> Any:
    model = shape.schema_of(value)
    if model is None or shape.schema_of(before) is not model:
        return value
    return with_headers_removed(model.fields, as_object(before), as_object(value), names)


def _emptied(
    shapes: Mapping[str, FieldShape], actual: Mapping[str, Any], filled: Mapping[str, Any]
) -> Iterator[str]:
    for name, shape in shapes.items():
        value, other = actual.get(name), filled.get(name)
        if shape.marks >= _HEADERS:
            if value is None and other is not None:
                yield name
            continue
        pairs = zip(as_list(value) or [value], as_list(other) or [other], strict=True)
        for one, after in pairs:
            model = shape.schema_of(one)
            if model is not None:
                yield from _emptied(model.fields, as_object(one), as_object(after))
