"""What `ignore_changes` leaves to the dashboard, as far as the engine does not see to it.

The engine puts the recorded *inputs* in the place of ignored ones. What only the outputs hold, as
after an adoption, would look as if the program cleared it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, cast

from vapi_provider.models.fields import as_list, as_object

IGNORED = "ignored_changes"
"""The input by which the program tells the plugin a resource's `ignore_changes`. Not recorded."""

_PATH = re.compile(r'\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')

Tokens = list[str]


def tokens(path: str) -> Tokens:
    """Return the steps of a property path as Pulumi writes it: ``hooks[0].do``, ``["a b"]``."""
    return [found.group(found.lastindex or 0) for found in _PATH.finditer(path)]


def covers(patterns: Collection[Any], path: str) -> bool:
    """Return whether one of the patterns of `ignore_changes` names `path` or what it lies in."""
    steps = tokens(path)
    return any(
        len(wanted) <= len(steps)
        and all(one in ("*", step) for one, step in zip(wanted, steps, strict=False))
        for wanted in map(tokens, patterns)
    )


def as_recorded(
    fields: Mapping[str, Any], recorded: Mapping[str, Any], patterns: Collection[str]
) -> dict[str, Any]:
    """Return the fields with the recorded value at each ignored path."""
    for pattern in patterns:
        fields = _with(fields, recorded, tokens(pattern))
    return dict(fields)


def without_ignored(fields: Mapping[str, Any], patterns: Collection[str]) -> dict[str, Any]:
    """Return the fields without those at the ignored paths."""
    return as_recorded(fields, {}, patterns)


def _with(value: Any, recorded: Any, steps: Tokens) -> Any:
    if not steps:
        return recorded
    step, *rest = steps
    if isinstance(value, list):
        items, olds = as_list(cast(Any, value)), as_list(recorded)
        olds += [None] * (len(items) - len(olds))
        pairs = enumerate(zip(items, olds, strict=False))
        # An item of a list cannot be absent: what is not recorded stays as declared.
        return [
            _with(one, old, rest) if step in ("*", str(at)) and old is not None else one
            for at, (one, old) in pairs
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
