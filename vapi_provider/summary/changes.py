"""Changes of a stack's phone numbers, derived from the steps of a preview or a refresh."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from vapi_provider.deployment.exported import OURS, is_ours, name_in, resources_of
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.models.kinds import Kind, kind_of_class
from vapi_provider.reconcile.differences import differences
from vapi_provider.reconcile.equality import equal
from vapi_provider.reconcile.ignore_changes import covers, tokens
from vapi_provider.shared.addresses import bare
from vapi_provider.summary.content import Action, Change, FieldChange, Summary
from vapi_provider.summary.events import Events, Step
from vapi_provider.summary.hiding import hide_both_fields, newly_secret_paths
from vapi_provider.summary.ownership import (
    adopted_id,
    kept_ids,
    moved_notices,
    unannounced_replacement_notices,
)
from vapi_provider.summary.values import (
    Hidden,
    contains_hidden,
    visible_fields,
    visible_output,
    visible_text,
)

_ORDER: tuple[Action, ...] = (
    "deleted",
    "replaced",
    "gone",
    "changed",
    "adopted",
    "created",
    "forgotten",
)
_ACTIONS: Mapping[str, Action] = {
    "create": "created",
    "update": "changed",
    "replace": "replaced",
    "delete": "deleted",
    "import": "adopted",
}
_ENGINE_TYPES = ("pulumi:pulumi:", "pulumi:providers:")
"""The type prefixes of the stack itself and of the providers that the engine starts."""


def summarize_preview(
    stack: str, events: Events, exported: Mapping[str, Any] | None = None
) -> Summary:
    """Return what `up` would do.

    `exported` is the recorded state (a deployment). It alone shows which resources are deleted
    together with another one (`deleted_with`) and so are not released.
    """
    kept = kept_ids(events.planned, exported or {})
    changes = [
        _planned(step, events, kept)
        for step in events.planned
        if step.op in _ACTIONS and not step.type.startswith(_ENGINE_TYPES)
    ]
    warnings = (
        *events.warnings,
        *moved_notices(events.planned),
        *unannounced_replacement_notices(events),
    )
    errors = tuple(events.errors)
    return Summary("preview", stack, _sorted(changes), warnings, errors, outputs=_outputs(events))


def summarize_drift(stack: str, events: Events) -> Summary:
    """Return how the account differs from the state, without records that are only read (`get`)."""
    changes = [change for step in events.done for change in _drift(step, events)]
    return Summary("drift", stack, _sorted(changes), tuple(events.warnings), tuple(events.errors))


def drop_ignored(summary: Summary, exported: Mapping[str, Any]) -> Summary:
    """Return the drift without the fields that the state records under `ignore_changes`."""
    ignored = {
        resource["urn"]: as_list(resource.get("ignoreChanges"))
        for resource in resources_of(exported)
        if is_ours(resource) and not resource.get("delete")
    }
    kept: list[Change] = []
    for change in summary.changes:
        patterns = ignored.get(change.urn or "", [])
        fields = tuple(
            field
            for field in change.fields
            if not all(covers(patterns, part) for part in field.parts or [field.path])
        )
        if fields or not change.fields:
            kept.append(replace(change, fields=fields))
    return replace(summary, changes=tuple(kept))


def _planned(step: Step, events: Events, kept_ids: Collection[str]) -> Change:
    action, name = _ACTIONS[step.op], name_in(step.urn)
    old, new = as_object(step.old), as_object(step.new)
    kind = kind_of_class(step.type.removeprefix(OURS), events.region)
    id_ = old.get("id") or None
    kept = bool(old.get("retainOnDelete")) or (id_ or "").lower() in kept_ids
    if kind is None:
        if action == "deleted" and old.get("retainOnDelete"):
            action = "forgotten"
        return Change(action, step.type, name, id=id_, urn=step.urn)
    if action == "deleted" and kept:
        action = "forgotten"
    if action == "created" and adopted_id(step) is not None:
        action = "adopted"
    hidden = set(kind.create_only) if action == "changed" else set[str]()
    fields: tuple[FieldChange, ...] = ()
    if action not in ("deleted", "forgotten"):
        outputs, inputs = old.get("outputs"), new.get("inputs")
        fields = _fields(kind, outputs, inputs, events.noted.get(id_ or ""))
        if action == "changed" and not fields:
            # Only the secrecy differs: a value that the state holds in clear becomes a secret.
            before = visible_fields(as_object(outputs), kind.fields)
            after = visible_fields(as_object(inputs), kind.fields)
            fields = _fields(kind, outputs, inputs, newly_secret_paths(before, after))
        fields = tuple(field for field in fields if field.path not in hidden)
        old_provider = as_object(old.get("outputs")).get("provider", kind.provider)
        if old_provider != kind.provider:
            fields = (FieldChange("provider", old_provider, kind.provider), *fields)
    return Change(
        action,
        kind.class_name,
        name,
        id=id_ or visible_text(adopted_id(step)),
        number=_reached(old.get("outputs"), new.get("inputs")),
        released=action in ("deleted", "replaced") and not kept,
        fields=fields,
        urn=step.urn,
    )


def _outputs(events: Events) -> tuple[FieldChange, ...]:
    """Return the outputs of the stack that change; two secrets cannot be compared."""
    if events.stack is None:
        return ()
    old, new = as_object(events.stack.old), as_object(events.stack.new)
    before = {name: visible_output(value) for name, value in as_object(old.get("outputs")).items()}
    after = {name: visible_output(value) for name, value in as_object(new.get("outputs")).items()}
    values = {name: (before.get(name), after.get(name)) for name in sorted({*before, *after})}
    return tuple(FieldChange(name, *pair) for name, pair in values.items() if not equal(*pair))


def _drift(step: Step, events: Events) -> Iterator[Change]:
    old, kind = as_object(step.old), kind_of_class(step.type.removeprefix(OURS), events.region)
    if kind is None or old.get("external"):
        return
    id_, number, name = old.get("id") or None, _reached(old.get("outputs")), name_in(step.urn)
    if step.new is None:
        yield Change("gone", kind.class_name, name, id=id_, number=number, urn=step.urn)
        return
    noted = events.noted.get(id_ or "")
    differing = _fields(kind, old.get("outputs"), step.new.get("outputs"), noted)
    fields = tuple(field for field in differing if field.path not in kind.create_only)
    if fields:
        change = Change("changed", kind.class_name, name, id=id_, number=number, fields=fields)
        yield replace(change, urn=step.urn)


def _fields(
    kind: Kind, old: Any, new: Any, noted: Iterable[str] | None = None
) -> tuple[FieldChange, ...]:
    """Return the fields that differ in the events, then the secrets that the plugin noted."""
    before, after = hide_both_fields(
        visible_fields(as_object(old), kind.fields), visible_fields(as_object(new), kind.fields)
    )
    named = list(noted or ())
    changes = [FieldChange(*difference) for difference in differences(kind.fields, before, after)]
    seen = [change.path for change in changes]
    for path in named:
        values = _value_at(before, path), _value_at(after, path)
        if not any(_is_below(path, other) or _is_below(other, path) for other in seen) and all(
            contains_hidden(value, Hidden.SECRET) for value in values
        ):
            changes.append(FieldChange(path, *values))
            seen.append(path)
    return tuple(
        replace(
            change,
            parts=tuple(
                path for path in named if path != change.path and _is_below(path, change.path)
            ),
        )
        for change in sorted(changes, key=lambda change: tokens(change.path))
    )


def _value_at(properties: Any, path: str) -> Any:
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


def _is_below(path: str, other: str) -> bool:
    """Return whether `path` is `other` or lies below it."""
    steps = tokens(other)
    return tokens(path)[: len(steps)] == steps


def _reached(outputs: Any, inputs: Any = None) -> str | None:
    """Return the number or SIP URI that callers use; None if it is secret."""
    for name in ("number", "sip_uri"):
        old, new = as_object(outputs).get(name), as_object(inputs).get(name)
        if old is not None:
            return bare(old) if isinstance(old, str) and not as_object(new) else None
    return None


def _sorted(changes: list[Change]) -> tuple[Change, ...]:
    """Sort the changes: those that cannot be undone come first."""

    def key(change: Change) -> tuple[int, str, str]:
        return _ORDER.index(change.action), change.name, change.type

    return tuple(sorted(changes, key=key))
