"""Detection of headers that were removed outside of the stack.

A response without headers may mean that they were removed or that the API does not echo them. The
API echoes them if any record of the account shows headers in the same field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.field_traits import EMPTY_IS_ABSENT, SECRET
from vapi_provider.models.fields import FieldSpec, as_list, as_object

_HEADERS = {SECRET, EMPTY_IS_ABSENT}
"""The traits that only `headers` and `sip_headers` have together."""


def shown_headers(specs: Mapping[str, FieldSpec], fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the fields that show headers, at any depth of a record."""
    for name, spec in specs.items():
        value = fields.get(name)
        if spec.traits >= _HEADERS:
            if value:
                yield name
            continue
        for item in as_list(value) or [value]:
            schema = spec.schema_of(item)
            if schema is not None:
                yield from shown_headers(schema.fields, as_object(item))


def are_removed(spec: FieldSpec, recorded: Any, actual: Any, echoes: Callable[[str], bool]) -> bool:
    """Return whether recorded headers are missing from a response of an API that echoes headers."""
    is_gone = spec.traits >= _HEADERS and bool(recorded) and actual is None
    return is_gone and echoes(spec.name)


def with_removed_headers(
    specs: Mapping[str, FieldSpec],
    recorded: Mapping[str, Any],
    actual: Mapping[str, Any],
    echoes: Callable[[str], bool],
) -> dict[str, Any]:
    """Return the fields of a response with empty headers where recorded ones were removed.

    `echoes` returns whether the API echoes the headers of a field; it may list the account.
    """
    found = dict(actual)
    for name, spec in specs.items():
        before, value = recorded.get(name), actual.get(name)
        if are_removed(spec, before, value, echoes):
            found[name] = {}
        elif isinstance(value, list):
            items, old = as_list(cast(Any, value)), as_list(before)
            if len(items) == len(old):
                pairs = zip(old, items, strict=True)
                found[name] = [_of_item(spec, *pair, echoes) for pair in pairs]
        elif value is not None:
            found[name] = _of_item(spec, before, value, echoes)
    return found


def _of_item(spec: FieldSpec, before: Any, value: Any, echoes: Callable[[str], bool]) -> Any:
    schema = spec.schema_of(value)
    if schema is None or spec.schema_of(before) is not schema:
        return value
    return with_removed_headers(schema.fields, as_object(before), as_object(value), echoes)
