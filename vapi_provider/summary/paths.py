"""Property paths in Pulumi's syntax and the values at them."""

from __future__ import annotations

from typing import Any

from vapi_provider.models.fields import as_object
from vapi_provider.reconcile.ignore_changes import tokens
from vapi_provider.summary.values import Hidden


def value_at(properties: Any, path: str) -> Any:
    """Return the value at a path, or the `Hidden` value that contains it."""
    value = properties
    for token in tokens(path):
        if isinstance(value, Hidden):
            return value
        if isinstance(value, list):
            items: list[Any] = [*value]
            value = items[int(token)] if token.isdigit() and int(token) < len(items) else None
        else:
            value = as_object(value).get(token)
    return value


def is_below(path: str, other: str) -> bool:
    """Return whether `path` is `other` or lies below it."""
    steps = tokens(other)
    return tokens(path)[: len(steps)] == steps
