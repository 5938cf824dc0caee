"""Two values of a field of which one is secret: neither may show the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.models.fields import as_list, as_object
from vapi_provider.summary.values import Hidden, is_hidden


def hide_alike(old: Any, new: Any) -> tuple[Any, Any]:
    """Return two values without what is secret in either of them."""
    if old is None or new is None:
        return old, new
    if Hidden.SECRET in (old, new):
        return Hidden.SECRET, Hidden.SECRET
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return hide_alike_in(as_object(cast(Any, old)), as_object(cast(Any, new)))
    if isinstance(old, list) and isinstance(new, list):
        items, others = as_list(cast(Any, old)), as_list(cast(Any, new))
        if len(items) == len(others):
            alike = list(map(hide_alike, items, others))
            return [before for before, _ in alike], [after for _, after in alike]
    if is_hidden(old, Hidden.SECRET) or is_hidden(new, Hidden.SECRET):
        # Which part was which cannot be told.
        return Hidden.SECRET, Hidden.SECRET
    return cast(Any, old), cast(Any, new)


def hide_alike_in(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Do the same for each field of two objects."""
    alike = {name: hide_alike(old.get(name), new.get(name)) for name in {**old, **new}}
    return {name: alike[name][0] for name in old}, {name: alike[name][1] for name in new}


def secret_since(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of what is secret in `new` and was shown in `old`."""
    if old is None or old is Hidden.SECRET:
        return
    if new is Hidden.SECRET:
        yield path
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        before, after = as_object(cast(Any, old)), as_object(cast(Any, new))
        for name, value in after.items():
            yield from secret_since(before.get(name), value, f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list):
        pairs = zip(as_list(cast(Any, old)), as_list(cast(Any, new)), strict=False)
        for at, pair in enumerate(pairs):
            yield from secret_since(*pair, f"{path}[{at}]")
