"""Matching of list items between two versions of a list of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vapi_provider.models.fields import FieldSpec, Schema
from vapi_provider.reconcile.equality import equivalent


def match_items(item: FieldSpec, old: list[Any], new: list[Any]) -> dict[int, int]:
    """Map the index of each new item to the index of the old item that it matches.

    Equal items match first, and those at the same index before others. A changed item matches the
    one at its index if both lists have the same length, or the only other item of its schema.
    """
    origins: dict[int, int] = {}

    def match(fits: Callable[[int, int], bool]) -> None:
        for index in range(len(new)):
            if index not in origins:
                free = (origin for origin in range(len(old)) if origin not in origins.values())
                found = next((origin for origin in free if fits(index, origin)), None)
                if found is not None:
                    origins[index] = found

    def is_only(values: list[Any], taken: set[int], schema: Schema | None) -> bool:
        left = [value for index, value in enumerate(values) if index not in taken]
        return sum(item.schema_of(value) is schema for value in left) == 1

    def are_equivalent(index: int, origin: int) -> bool:
        return equivalent(item, old[origin], new[index])

    def have_one_schema(index: int, origin: int) -> bool:
        return item.schema_of(old[origin]) is item.schema_of(new[index])

    match(lambda index, origin: index == origin and are_equivalent(index, origin))
    match(are_equivalent)
    if len(old) == len(new):
        match(lambda index, origin: index == origin and have_one_schema(index, origin))
    match(
        lambda index, origin: (
            have_one_schema(index, origin)
            and is_only(old, set(origins.values()), item.schema_of(new[index]))
            and is_only(new, set(origins), item.schema_of(new[index]))
        )
    )
    return dict(sorted(origins.items()))
