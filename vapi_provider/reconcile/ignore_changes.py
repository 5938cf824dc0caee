"""Support for `ignore_changes` where the engine's own handling is not enough.

The engine replaces ignored inputs with the recorded *inputs*. After an adoption only the recorded
outputs hold such a value, and without this module the plugin would clear it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.fields import as_list, as_object
from vapi_provider.models.fields import in_camel_case as in_camel_case

IGNORED = "ignored_changes"
"""Input that passes a resource's `ignore_changes` to the plugin; never recorded."""

_PATH = re.compile(r'\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')


def tokens(path: str) -> list[str]:
    """Split a Pulumi property path, such as ``hooks[0].do`` or ``["a b"]``, into its steps."""
    return [found.group(found.lastindex or 0) for found in _PATH.finditer(path)]


def names_in(path: str) -> Iterator[str]:
    """Return the names in a path, without the list indexes, because any index is valid."""
    return (found[found.lastindex or 0] for found in _PATH.finditer(path) if found.lastindex != 1)


def covers(patterns: Collection[Any], path: str) -> bool:
    """Return whether a pattern of `ignore_changes` matches `path` or one of its ancestors."""
    steps = tokens(path)
    return any(
        len(pattern) <= len(steps)
        and all(token in ("*", step) for token, step in zip(pattern, steps, strict=False))
        for pattern in map(tokens, patterns)
    )


def as_recorded(
    fields: Mapping[str, Any], recorded: Mapping[str, Any], patterns: Collection[str]
) -> dict[str, Any]:
    """Return the fields with the recorded value at each ignored path."""
    for pattern in patterns:
        fields = _replace_at(fields, recorded, tokens(pattern))
    return dict(fields)


def without_ignored(fields: Mapping[str, Any], patterns: Collection[str]) -> dict[str, Any]:
    """Return the fields without the values at the ignored paths; items of lists are kept."""
    for pattern in patterns:
        fields = _remove_at(fields, tokens(pattern))
    return dict(fields)


def with_ignored_items(
    fields: Mapping[str, Any], held: Mapping[str, Any], patterns: Iterable[str]
) -> dict[str, Any]:
    """Return the fields with the ignored items of lists taken from `held`."""
    for pattern in patterns:
        fields = _replace_items_at(fields, held, tokens(pattern))
    return dict(fields)


def _remove_at(value: Any, steps: list[str]) -> Any:
    """Return `value` without what is at the path; items of lists are kept."""
    step, *rest = steps
    if isinstance(value, list):
        items = enumerate(as_list(cast(Any, value)))
        return [
            _remove_at(item, rest) if rest and step in ("*", str(index)) else item
            for index, item in items
        ]
    if not isinstance(value, Mapping):
        return value
    found = dict(as_object(cast(Any, value)))
    for name in found.keys() if step == "*" else {step} & found.keys():
        found[name] = _remove_at(found[name], rest) if rest else None
    return {name: item for name, item in found.items() if item is not None}


def _replace_items_at(value: Any, held: Any, steps: list[str]) -> Any:
    """Return `value` with the list items at the path taken from `held`."""
    step, *rest = steps
    if isinstance(value, list):
        items, olds = as_list(cast(Any, value)), as_list(held)
        return [
            (_replace_items_at(item, olds[index], rest) if rest else olds[index])
            if step in ("*", str(index)) and index < len(olds)
            else item
            for index, item in enumerate(items)
        ]
    if not isinstance(value, Mapping) or not rest:
        return cast(Any, value)
    found, before = dict(as_object(cast(Any, value))), as_object(held)
    names = found.keys() if step == "*" else {step} & found.keys()
    return {
        **found,
        **{name: _replace_items_at(found[name], before.get(name), rest) for name in names},
    }


def _replace_at(value: Any, recorded: Any, steps: list[str]) -> Any:
    """Return `value` with what is at the path taken from `recorded`."""
    if not steps:
        return recorded
    step, *rest = steps
    if isinstance(value, list):
        items, olds = as_list(cast(Any, value)), as_list(recorded)
        olds += [None] * (len(items) - len(olds))
        pairs = enumerate(zip(items, olds, strict=False))
        # An item of a list cannot be absent, so one without a recorded value stays as declared.
        return [
            _replace_at(item, old, rest) if step in ("*", str(index)) and old is not None else item
            for index, (item, old) in pairs
        ]
    if not isinstance(value, Mapping):
        return value
    found, before = dict(as_object(cast(Any, value))), as_object(recorded)
    for name in {*found, *before} if step == "*" else (step,):
        item = _replace_at(found.get(name), before.get(name), rest)
        if item is None:
            found.pop(name, None)
        else:
            found[name] = item
    return found
