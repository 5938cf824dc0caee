"""What the steps of a preview or a refresh mean for the numbers of a stack."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from vapi_provider.deployment.exported import OURS, is_ours, name_in, resources_of
from vapi_provider.models.fields import as_list, as_object
from vapi_provider.models.kinds import KINDS, Kind, kinds_in
from vapi_provider.reconcile.equality import differences, equal
from vapi_provider.reconcile.ignored import covers, tokens
from vapi_provider.summary.events import Events, Said, Step
from vapi_provider.summary.hiding import hide_alike_in, secret_since
from vapi_provider.summary.ownership import adopts, kept_ids, move_hints, unannounced
from vapi_provider.summary.paths import is_below, value_at
from vapi_provider.summary.values import Hidden, is_hidden, known, shown, shown_freely

Action = Literal["deleted", "replaced", "gone", "changed", "adopted", "created", "forgotten"]
"""`deleted` and `replaced`: the number is released, unless the change says otherwise. `gone` was
deleted outside; `forgotten` leaves the state and stays in the account."""

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
# Of the engine's own: the stack itself, and the providers that it starts.
_NOT_RESOURCES = ("pulumi:pulumi:", "pulumi:providers:")


@dataclass(frozen=True)
class FieldChange:
    """One field by its path; None is absent, `Hidden` stands for what is not shown."""

    path: str
    old: Any
    new: Any
    parts: tuple[str, ...] = field(default=(), compare=False)
    """The keys that differ in an object of free keys, such as headers, by their paths."""

    @property
    def is_rotated(self) -> bool:
        """Whether another secret takes a secret's place."""
        return is_hidden(self.old, Hidden.SECRET) and is_hidden(self.new, Hidden.SECRET)


@dataclass(frozen=True)
class Change:
    """One resource that does not stay as it is.

    `type` is the class of a number, else the resource's whole type; `number` is what people call.
    Two resources may have one id (a `get` beside the owner): `urn` tells them apart.
    """

    action: Action
    type: str
    name: str
    id: str | None = None
    number: str | None = None
    released: bool = False
    fields: tuple[FieldChange, ...] = ()
    urn: str | None = field(default=None, compare=False)

    @property
    def is_number(self) -> bool:
        """Whether it is a phone number, of which words on keeping and releasing are true."""
        return any(self.type == kind.class_name for kind in KINDS.values())


@dataclass(frozen=True)
class Summary:
    """Everything that a preview or a search for drift has to say."""

    what: Literal["preview", "drift"]
    stack: str
    changes: tuple[Change, ...] = ()
    warnings: tuple[Said, ...] = ()
    errors: tuple[Said, ...] = ()
    outputs: tuple[FieldChange, ...] = ()
    """Outputs of the stack that change."""

    @property
    def releases(self) -> int:
        """How many numbers are released for good."""
        return sum(change.released for change in self.changes)

    @property
    def exit_code(self) -> int:
        """0 nothing to say, 1 error, 2 changes or drift."""
        return 1 if self.errors else 2 if self.changes or self.outputs else 0

    def refused(self, text: str) -> Summary:
        """The same with one more error."""
        return replace(self, errors=(*self.errors, Said(None, text)))


def preview_of(stack: str, events: Events, exported: Mapping[str, Any] | None = None) -> Summary:
    """Return what `up` would do.

    `exported` is the recorded state (a deployment), which alone says what is deleted together with
    another resource (`deleted_with`): that is not released.
    """
    kept = kept_ids(events.planned, exported or {})
    found = [
        _planned(step, events, kept)
        for step in events.planned
        if step.op in _ACTIONS and not step.type.startswith(_NOT_RESOURCES)
    ]
    warnings = (*events.warnings, *move_hints(events.planned), *unannounced(events))
    errors = tuple(events.errors)
    return Summary("preview", stack, _sorted(found), warnings, errors, outputs=_outputs(events))


def drift_of(stack: str, events: Events) -> Summary:
    """In what the account differs from the state; somebody else's records (`get`) are left out."""
    found = [change for step in events.done for change in _drift(step, events)]
    return Summary("drift", stack, _sorted(found), tuple(events.warnings), tuple(events.errors))


def without_ignored(summary: Summary, exported: Mapping[str, Any]) -> Summary:
    """Drift without what the state records as left to the dashboard (`ignore_changes`)."""
    ignored = {
        one["urn"]: as_list(one.get("ignoreChanges"))
        for one in resources_of(exported)
        if is_ours(one) and not one.get("delete")
    }
    kept: list[Change] = []
    for change in summary.changes:
        patterns = ignored.get(change.urn or "", [])
        fields = tuple(
            one
            for one in change.fields
            if not all(covers(patterns, part) for part in one.parts or [one.path])
        )
        if fields or not change.fields:
            kept.append(replace(change, fields=fields))
    return replace(summary, changes=tuple(kept))


def _planned(step: Step, events: Events, kept_ids: Collection[str]) -> Change:
    action, name = _ACTIONS[step.op], name_in(step.urn)
    old, new = as_object(step.old), as_object(step.new)
    kind = _kind(step, events)
    id_ = old.get("id") or None
    kept = bool(old.get("retainOnDelete")) or (id_ or "").lower() in kept_ids
    if kind is None:
        if action == "deleted" and old.get("retainOnDelete"):
            action = "forgotten"
        return Change(action, step.type, name, id=id_, urn=step.urn)
    if action == "deleted" and kept:
        action = "forgotten"
    if action == "created" and adopts(step) is not None:
        action = "adopted"
    hidden = set(kind.create_only) if action == "changed" else set[str]()
    fields: tuple[FieldChange, ...] = ()
    if action not in ("deleted", "forgotten"):
        outputs, inputs = old.get("outputs"), new.get("inputs")
        fields = _fields(kind, outputs, inputs, events.noted.get(id_ or ""))
        if action == "changed" and not fields:
            # Nothing differs but what is recorded in clear.
            before, after = (shown(as_object(it), kind.fields) for it in (outputs, inputs))
            fields = _fields(kind, outputs, inputs, secret_since(before, after))
        fields = tuple(one for one in fields if one.path not in hidden)
        was = as_object(old.get("outputs")).get("provider", kind.provider)
        if was != kind.provider:
            fields = (FieldChange("provider", was, kind.provider), *fields)
    return Change(
        action,
        kind.class_name,
        name,
        id=id_ or known(adopts(step)),
        number=_reached(old.get("outputs"), new.get("inputs")),
        released=action in ("deleted", "replaced") and not kept,
        fields=fields,
        urn=step.urn,
    )


def _outputs(events: Events) -> tuple[FieldChange, ...]:
    """List the outputs of the stack that change; of two secrets nothing can be told."""
    if events.stack is None:
        return ()
    old, new = as_object(events.stack.old), as_object(events.stack.new)
    before = {name: shown_freely(one) for name, one in as_object(old.get("outputs")).items()}
    after = {name: shown_freely(one) for name, one in as_object(new.get("outputs")).items()}
    values = {name: (before.get(name), after.get(name)) for name in sorted({*before, *after})}
    return tuple(FieldChange(name, *pair) for name, pair in values.items() if not equal(*pair))


def _drift(step: Step, events: Events) -> Iterator[Change]:
    old, kind = as_object(step.old), _kind(step, events)
    if kind is None or old.get("external"):
        return
    id_, number, name = old.get("id") or None, _reached(old.get("outputs")), name_in(step.urn)
    if step.new is None:
        yield Change("gone", kind.class_name, name, id=id_, number=number, urn=step.urn)
        return
    noted = events.noted.get(id_ or "")
    found = _fields(kind, old.get("outputs"), step.new.get("outputs"), noted)
    fields = tuple(one for one in found if one.path not in kind.create_only)
    if fields:
        told = Change("changed", kind.class_name, name, id=id_, number=number, fields=fields)
        yield replace(told, urn=step.urn)


def _fields(
    kind: Kind, old: Any, new: Any, noted: Iterable[str] | None = None
) -> tuple[FieldChange, ...]:
    """The fields that differ: as far as the events show it, then secrets by the plugin's word."""
    before, after = hide_alike_in(
        shown(as_object(old), kind.fields), shown(as_object(new), kind.fields)
    )
    named = list(noted or ())
    found = [
        finer
        for one in differences(kind.fields, before, after, by_key=True)
        for finer in _as_noted(FieldChange(*one), before, after, named)
    ]
    seen = [one.path for one in found]
    for path in named:
        values = value_at(before, path), value_at(after, path)
        if not any(is_below(path, other) or is_below(other, path) for other in seen) and all(
            is_hidden(value, Hidden.SECRET) for value in values
        ):
            found.append(FieldChange(path, *values))
            seen.append(path)
    finer = [path for path, *_ in differences(kind.fields, before, after, by_key=True)]
    found = [
        replace(
            one,
            parts=tuple(it for it in noted or finer if it != one.path and is_below(it, one.path)),
        )
        for one in found
    ]
    return tuple(sorted(found, key=lambda one: tokens(one.path)))


def _as_noted(
    change: FieldChange, before: Any, after: Any, noted: list[str]
) -> Iterator[FieldChange]:
    """Yield the parts of a change that the plugin has named, or the change where it named none."""
    parts = [path for path in noted if path != change.path and is_below(path, change.path)]
    hidden = is_hidden(change.old, Hidden.SECRET) or is_hidden(change.new, Hidden.SECRET)
    if not parts or not hidden:
        yield change
        return
    for path in parts:
        yield FieldChange(path, value_at(before, path), value_at(after, path))


def _kind(step: Step, events: Events) -> Kind | None:
    class_name = step.type.removeprefix(OURS)
    kinds = kinds_in(events.region).values()
    return next((kind for kind in kinds if kind.class_name == class_name), None)


def _reached(outputs: Any, inputs: Any = None) -> str | None:
    """Return what people call; None where the state or the program keeps it secret."""
    for name in ("number", "sip_uri"):
        old, new = as_object(outputs).get(name), as_object(inputs).get(name)
        if old is not None:
            return old if isinstance(old, str) and not as_object(new) else None
    return None


def _sorted(changes: list[Change]) -> tuple[Change, ...]:
    """What cannot be undone comes first."""
    return tuple(sorted(changes, key=lambda one: (_ORDER.index(one.action), one.name, one.type)))
