"""Property paths as Pulumi writes them, and what is found there."""

from __future__ import annotations

import re
from typing import Any

from vapi_provider.models.fields import as_object
from vapi_provider.summary.values import Hidden

_PATH = re.compile(r'\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')


def value_at(bag: Any, path: str) -> Any:
    """The value at a path, or the hidden one that it is a part of."""
    value = bag
    for token in tokens(path):
        if isinstance(value, Hidden):
            return value
        if isinstance(value, list):
            items: list[Any] = [*value]
            value = items[int(token)] if token.isdigit() and int(token) < len(items) else None
        else:
            value = as_object(value).get(token)
    return value


def tokens(path: str) -> list[str]:
    """The steps of a property path, as Pulumi writes them: ``hooks[0].do`` and ``["a b"]``."""
    return [found.group(found.lastindex or 0) for found in _PATH.finditer(path)]


def is_below(path: str, other: str) -> bool:
    """Whether `path` is `other` or lies below it."""
    steps = tokens(other)
    return tokens(path)[: len(steps)] == steps


def is_covered(patterns: list[Any], path: str) -> bool:
    """Whether one of the patterns of `ignore_changes` names `path` or what it lies in."""
    steps = tokens(path)
    return any(
        len(wanted) <= len(steps)
        and all(one in ("*", step) for one, step in zip(wanted, steps, strict=False))
        for wanted in map(tokens, patterns)
    )
