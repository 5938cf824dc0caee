"""Headers that an answer does not show: were they removed, or does the API not echo them?

Which of the two it is, is told by the rest of the account: where any record shows headers of the
same field, the API echoes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.field_traits import EMPTY_IS_ABSENT, SECRET
from vapi_provider.models.fields import FieldShape, as_list, as_object

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


def with_removed_headers(
    shapes: Mapping[str, FieldShape],
    recorded: Mapping[str, Any],
    actual: Mapping[str, Any],
    echoes: Callable[[str], bool],
) -> dict[str, Any]:
    """Return an answer with empty headers where recorded ones are gone from it.

    `echoes` says whether the API shows the headers of a field of that name; it may be expensive.
    """
    found = dict(actual)
    for name, shape in shapes.items():
        before, value = recorded.get(name), actual.get(name)
        if shape.marks >= _HEADERS:
            if before and value is None and echoes(name):
                found[name] = {}
        elif isinstance(value, list):
            items, old = as_list(cast(Any, value)), as_list(before)
            if len(items) == len(old):
                pairs = zip(old, items, strict=True)
                found[name] = [_of_item(shape, *pair, echoes) for pair in pairs]
        elif value is not None:
            found[name] = _of_item(shape, before, value, echoes)
    return found


def _of_item(shape: FieldShape, before: Any, value: Any, echoes: Callable[[str], bool]) -> Any:
    model = shape.schema_of(value)
    if model is None or shape.schema_of(before) is not model:
        return value
    return with_removed_headers(model.fields, as_object(before), as_object(value), echoes)
