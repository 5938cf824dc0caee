"""The words that every form of a summary shares."""

from __future__ import annotations

from collections import Counter

from vapi_provider.summary.changes import Change, FieldChange, Summary
from vapi_provider.summary.events import Said
from vapi_provider.summary.values import Hidden, in_words

_MARKS = {
    "deleted": "-",
    "replaced": "±",
    "gone": "-",
    "changed": "~",
    "adopted": "+",
    "created": "+",
    "forgotten": "·",
}


def headline(summary: Summary) -> str:
    """How much there is of what, in one line; the stack is named by the caller."""
    if summary.errors:
        return "refused, nothing would be done" if summary.what == "preview" else "not known"
    counts = Counter(change.action for change in summary.changes)
    told = ", ".join(f"{count} {action}" for action, count in counts.items())
    parts = [told] if told else []
    if summary.releases:
        plural = "" if summary.releases == 1 else "s"
        parts.append(f"{summary.releases} number{plural} released for good")
    if summary.outputs:
        plural = "" if len(summary.outputs) == 1 else "s"
        parts.append(f"{len(summary.outputs)} output{plural} of the stack changed")
    if not parts:
        return "no changes" if summary.what == "preview" else "no drift"
    return "; ".join(parts)


def deed(change: Change) -> str:
    """What becomes of a resource."""
    if not change.is_number:
        return "leaves the state" if change.action == "forgotten" else change.action
    if change.released and change.action == "replaced":
        return "replaced: this number is released, another is bought"
    if change.action == "replaced":
        return "replaced: the old one is kept"
    if change.released:
        return "deleted: this number is released"
    if change.action == "forgotten":
        return "leaves the state, the number is kept"
    if change.action == "gone":
        return "deleted outside"
    return change.action


def mark(change: Change) -> str:
    """One character that shows at a glance what a change is."""
    return _MARKS[change.action]


def values(field: FieldChange) -> tuple[str, str]:
    """Old and new value of a field."""
    old, new = in_words(field.old), in_words(field.new)
    if field.is_rotated and old == new == Hidden.SECRET.value:
        new = "changed (secret)"
    return old, new


def said(one: Said) -> str:
    """A warning or an error beside its resource's name."""
    return f"{one.resource}: {one.text}" if one.resource else one.text
