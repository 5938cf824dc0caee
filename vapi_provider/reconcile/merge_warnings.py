"""Checks at preview of what the merge of an update cannot copy from the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from vapi_provider.catalogue import preview
from vapi_provider.models.fields import FieldSpec, as_list, as_object, item_of
from vapi_provider.reconcile.equality import equal, equivalent
from vapi_provider.reconcile.pairing import match_items
from vapi_provider.reconcile.placeholders import contains_masked_secret


def loss_warnings(spec: FieldSpec, path: str, base: Any, ours: Any) -> Iterator[str]:
    """Yield a warning for each part of a changed field that may lose values of the account.

    `base` is the recorded value, `ours` the declared one.
    """
    if base is None or ours is None or equivalent(spec, base, ours):
        return
    schema, old = spec.schema_of(ours), spec.schema_of(base)
    if schema is not None and old is not None and schema is not old:
        change = f"{schema.name} takes the place of {old.name}"
        yield f"{path}: {preview.NOT_CARRIED_OVER(change=change)}"
    elif schema is not None:
        for name, inner in schema.fields.items():
            below = as_object(base).get(name), as_object(ours).get(name)
            yield from loss_warnings(inner, f"{path}.{name}", *below)
    elif isinstance(ours, list) and isinstance(base, list) and spec.schemas:
        yield from _of_list(spec, path, as_list(cast(Any, base)), as_list(cast(Any, ours)))


def _of_list(spec: FieldSpec, path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    origins = match_items(item_of(spec), before, after)
    is_any_lost = len(origins) < len(before)
    latest = -1
    for index, mine in enumerate(after):
        item_path, origin = f"{path}[{index}]", origins.get(index)
        if origin is None:
            if is_any_lost:
                change = "takes the place of another item"
                yield f"{item_path}: {preview.NOT_CARRIED_OVER(change=change)}"
            continue
        if origin < latest:
            yield f"{item_path}: {preview.MOVED_ITEM(origin=f'{path}[{origin}]')}"
        latest = max(latest, origin)
        yield from loss_warnings(item_of(spec), item_path, before[origin], mine)


def sends_masked_secret(base: Any, ours: Any) -> bool:
    """Return whether the changed values contain a placeholder of a secret."""
    if equal(base, ours):
        return False
    if isinstance(ours, Mapping):
        before, after = as_object(base), as_object(cast(Any, ours))
        return any(sends_masked_secret(before.get(name), item) for name, item in after.items())
    if isinstance(ours, list):
        old = as_list(base)
        items = as_list(cast(Any, ours))
        new = [item for item in items if not any(equal(item, known) for known in old)]
        return contains_masked_secret(new)
    return contains_masked_secret(ours)
