"""Masking of a field's old and new value together, so that neither reveals the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.fields import as_list, as_object
from vapi_provider.summary.values import Hidden, contains_hidden


def hide_both(old: Any, new: Any) -> tuple[Any, Any]:
    """Return the old and the new value with each part masked that is secret in either of them."""
    if old is None or new is None:
        return old, new
    if Hidden.SECRET in (old, new):
        return Hidden.SECRET, Hidden.SECRET
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return hide_both_fields(as_object(cast(Any, old)), as_object(cast(Any, new)))
    if isinstance(old, list) and isinstance(new, list):
        items, others = as_list(cast(Any, old)), as_list(cast(Any, new))
        if len(items) == len(others):
            alike = list(map(hide_both, items, others))
            return [before for before, _ in alike], [after for _, after in alike]
    if contains_hidden(old, Hidden.SECRET) or contains_hidden(new, Hidden.SECRET):
        # The parts do not correspond, so a value could reveal the other one's secret.
        return Hidden.SECRET, Hidden.SECRET
    return cast(Any, old), cast(Any, new)


def hide_both_fields(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Mask each field of two objects with `hide_both`."""
    alike = {name: hide_both(old.get(name), new.get(name)) for name in {**old, **new}}
    return {name: alike[name][0] for name in old}, {name: alike[name][1] for name in new}


def newly_secret_paths(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of values that are secret in `new` and visible in `old`."""
    if old is None or old is Hidden.SECRET:
        return
    if new is Hidden.SECRET:
        yield path
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = as_object(cast(Any, old)), as_object(cast(Any, new))
        for name, value in after.items():
            yield from newly_secret_paths(
                before.get(name), value, f"{path}.{name}" if path else name
            )
    elif isinstance(old, list) and isinstance(new, list):
        pairs = zip(as_list(cast(Any, old)), as_list(cast(Any, new)), strict=False)
        for index, pair in enumerate(pairs):
            yield from newly_secret_paths(*pair, f"{path}[{index}]")
