"""Transformations of JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast


def without_nulls(value: Any) -> Any:
    """Return the value without the nulls in its objects; nulls in lists stay."""
    if isinstance(value, Mapping):
        items = cast(Mapping[str, Any], value).items()
        return {key: without_nulls(item) for key, item in items if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast(list[Any], value)]
    return value


def whole_as_int(value: Any) -> Any:
    """Return a float without decimals as an integer, any other value unchanged.

    Pulumi passes every number as a float.
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value
