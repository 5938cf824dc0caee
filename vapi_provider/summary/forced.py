"""Warnings of replacements that the engine forces: no diff announces them."""

from __future__ import annotations

from dataclasses import replace

from vapi_provider.exported import is_ours, name_in
from vapi_provider.models.fields import as_object
from vapi_provider.summary.changes import Summary
from vapi_provider.summary.events import Events, Said, Step


def with_forced(summary: Summary, events: Events) -> Summary:
    """Return the summary with a warning of each forced replacement that nobody has warned of."""
    released = {change.id for change in summary.changes if change.released}
    forced = [
        Said(name_in(step.urn), _warning(step))
        for step in events.planned
        if step.is_forced and is_ours({"type": step.type}) and _id(step) in released
        if not any(str(_id(step)) in warning.text for warning in summary.warnings)
    ]
    return replace(summary, warnings=(*summary.warnings, *forced))


def _warning(step: Step) -> str:
    old = as_object(step.old)
    outputs = as_object(old.get("outputs"))
    reached = outputs.get("number") or outputs.get("sip_uri")
    called = f"{reached} ({_id(step)})" if isinstance(reached, str) else str(_id(step))
    cause = (
        "it is tainted (`pulumi state untaint` keeps it)"
        if old.get("taint")
        else "the engine forces it (an option of the resource, or --target-replace)"
    )
    return (
        f"is replaced although nothing that it declares has changed, since {cause}: {called} is "
        "released for good"
    )


def _id(step: Step) -> str | None:
    return as_object(step.old).get("id") or None
