"""Matching of the items of two versions of a list of objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vapi_provider.models.fields import FieldSpec, Schema
from vapi_provider.reconcile.equality import equivalent


def matched(item: FieldSpec, old: list[Any], new: list[Any]) -> dict[int, int]:
    """Map the index of each new item to the index of the old item that it matches.

    Equal items match first, and those at the same index before others. A changed item matches the
    one at its index if both lists have the same length, or the only other item of its schema.
    """
    found: dict[int, int] = {}

    def take(fits: Callable[[int, int], bool]) -> None:
        for at in range(len(new)):
            if at not in found:
                free = (was for was in range(len(old)) if was not in found.values())
                origin = next((was for was in free if fits(at, was)), None)
                if origin is not None:
                    found[at] = origin

    def is_only(values: list[Any], taken: set[int], schema: Schema | None) -> bool:
        left = [one for at, one in enumerate(values) if at not in taken]
        return sum(item.schema_of(one) is schema for one in left) == 1

    take(lambda at, was: at == was and equivalent(item, old[was], new[at]))
    take(lambda at, was: equivalent(item, old[was], new[at]))
    if len(old) == len(new):
        take(lambda at, was: at == was and item.schema_of(old[was]) is item.schema_of(new[at]))
    take(
        lambda at, was: (
            (schema := item.schema_of(new[at])) is item.schema_of(old[was])
            and is_only(old, set(found.values()), schema)
            and is_only(new, set(found), schema)
        )
    )
    return dict(sorted(found.items()))
