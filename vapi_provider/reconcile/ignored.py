"""Support for `ignore_changes` where the engine's own handling is not enough.

The engine replaces ignored inputs with the recorded *inputs*. A value that only the recorded
outputs hold, as after an adoption, would look as if the program cleared it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from vapi_provider.models.fields import as_list, as_object

IGNORED = "ignored_changes"
"""Input that passes a resource's `ignore_changes` to the plugin; never recorded."""

_PATH = re.compile(r'\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')

Tokens = list[str]


def tokens(path: str) -> Tokens:
    """Split a Pulumi property path, such as ``hooks[0].do`` or ``["a b"]``, into its steps."""
    return [found.group(found.lastindex or 0) for found in _PATH.finditer(path)]


def in_camel_case(path: str) -> str:
    """Return a property path in the API's spelling of fields."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), path)


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
        fields = _with(fields, recorded, tokens(pattern))
    return dict(fields)


def without_ignored(fields: Mapping[str, Any], patterns: Collection[str]) -> dict[str, Any]:
    """Return the fields without the values at the ignored paths; items of lists are kept."""
    for pattern in patterns:
        fields = _without(fields, tokens(pattern))
    return dict(fields)


def with_ignored_items(
    fields: Mapping[str, Any], held: Mapping[str, Any], patterns: Iterable[str]
) -> dict[str, Any]:
    """Return the fields with the ignored items of lists taken from `held`."""
    for pattern in patterns:
        fields = _with_items(fields, held, tokens(pattern))
    return dict(fields)


def _without(value: Any, steps: Tokens) -> Any:
    step, *rest = steps
    if isinstance(value, list):
        items = enumerate(as_list(cast(Any, value)))
        return [
            _without(item, rest) if rest and step in ("*", str(index)) else item
            for index, item in items
        ]
    if not isinstance(value, Mapping):
        return value
    found = dict(as_object(cast(Any, value)))
    for name in found.keys() if step == "*" else {step} & found.keys():
        found[name] = _without(found[name], rest) if rest else None
    return {name: item for name, item in found.items() if item is not None}


def _with_items(value: Any, held: Any, steps: Tokens) -> Any:
    step, *rest = steps
    if isinstance(value, list):
        items, olds = as_list(cast(Any, value)), as_list(held)
        return [
            (_with_items(item, olds[index], rest) if rest else olds[index])
            if step in ("*", str(index)) and index < len(olds)
            else item
            for index, item in enumerate(items)
        ]
    if not isinstance(value, Mapping) or not rest:
        return cast(Any, value)
    found, before = dict(as_object(cast(Any, value))), as_object(held)
    names = found.keys() if step == "*" else {step} & found.keys()
    return {**found, **{name: _with_items(found[name], before.get(name), rest) for name in names}}


def _with(value: Any, recorded: Any, steps: Tokens) -> Any:
    if not steps:
        return recorded
    step, *rest = steps
    if isinstance(value, list):
        items, olds = as_list(cast(Any, value)), as_list(recorded)
        olds += [None] * (len(items) - len(olds))
        pairs = enumerate(zip(items, olds, strict=False))
        # An item of a list cannot be absent, so one without a recorded value stays as declared.
        return [
            _with(item, old, rest) if step in ("*", str(index)) and old is not None else item
            for index, (item, old) in pairs
        ]
    if not isinstance(value, Mapping):
        return value
    found, before = dict(as_object(cast(Any, value))), as_object(recorded)
    for name in {*found, *before} if step == "*" else (step,):
        item = _with(found.get(name), before.get(name), rest)
        if item is None:
            found.pop(name, None)
        else:
            found[name] = item
    return found
