"""The wording that all forms of a summary share."""

from __future__ import annotations

from collections import Counter

from vapi_provider.summary.content import Change, FieldChange, Summary
from vapi_provider.summary.events import Notice
from vapi_provider.summary.values import Hidden, format_value

SYMBOLS = {
    "deleted": "-",
    "replaced": "±",
    "gone": "-",
    "changed": "~",
    "adopted": "+",
    "created": "+",
    "forgotten": "·",
}
"""The character that marks each kind of change."""


def headline(summary: Summary) -> str:
    """Return the counts of changes in one line."""
    if summary.errors:
        return "refused, nothing would be done" if summary.what == "preview" else "not known"
    counts = Counter(change.action for change in summary.changes)
    parts = [", ".join(f"{count} {action}" for action, count in counts.items())] if counts else []
    if summary.releases:
        plural = "" if summary.releases == 1 else "s"
        parts.append(f"{summary.releases} number{plural} released for good")
    if summary.outputs:
        plural = "" if len(summary.outputs) == 1 else "s"
        parts.append(f"{len(summary.outputs)} output{plural} of the stack changed")
    if not parts:
        return "no changes" if summary.what == "preview" else "no drift"
    return "; ".join(parts)


def describe_action(change: Change) -> str:
    """Describe what happens to a resource."""
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


def format_values(field: FieldChange) -> tuple[str, str]:
    """Return the old and the new value of a field as text."""
    old, new = format_value(field.old), format_value(field.new)
    if field.is_rotated and old == new == Hidden.SECRET.value:
        new = "changed (secret)"
    return old, new


def format_notice(notice: Notice) -> str:
    """Return a warning or an error after its resource's name."""
    return f"{notice.resource}: {notice.text}" if notice.resource else notice.text
