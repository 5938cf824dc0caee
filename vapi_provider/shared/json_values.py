"""Transformations of JSON values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, cast


def leaves(value: Any) -> Iterator[Any]:
    """Yield every value in a JSON value that is neither an object nor a list, level by level."""
    items: list[Any] = [value]
    for item in items:  # The loop also visits what it appends; recursion would be slower.
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            items += cast(Mapping[str, Any], item).values()
        elif isinstance(item, list):
            items += cast(list[Any], item)
        else:
            yield item


def without_nulls(value: Any) -> Any:
    """Return the value without the nulls in its objects; nulls in lists stay."""
    if isinstance(value, Mapping):
        items = cast(Mapping[str, Any], value).items()
        return {key: without_nulls(item) for key, item in items if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast(list[Any], value)]
    return value


def whole_as_int(value: Any, below: float = math.inf) -> Any:
    """Return a float without decimals as an integer if its absolute value is less than `below`.

    Any other value is unchanged. Pulumi passes every number as a float.
    """
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < below
    return int(value) if is_whole else value
