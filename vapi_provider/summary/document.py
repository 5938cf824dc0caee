"""A summary as JSON; its keys are for pipelines and stay as they are (docs/preview.md)."""

from __future__ import annotations

from typing import Any

from vapi_provider.summary.changes import Change, FieldChange, Summary
from vapi_provider.summary.events import Said
from vapi_provider.summary.values import Hidden, bare, is_hidden


def document_of(summary: Summary) -> dict[str, Any]:
    """The whole summary; `changes` is empty where there are errors."""
    return {
        "what": summary.what,
        "stack": summary.stack,
        "changes": [] if summary.errors else [_change(change) for change in summary.changes],
        **_outputs(summary),
        "releases": 0 if summary.errors else summary.releases,
        "warnings": [_said(one) for one in summary.warnings],
        "errors": [_said(one) for one in summary.errors],
    }


def _outputs(summary: Summary) -> dict[str, Any]:
    """Return the stack's changed outputs; drift has none."""
    if summary.what != "preview":
        return {}
    return {"outputs": [] if summary.errors else [_field(one) for one in summary.outputs]}


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "type": change.type,
        "name": change.name,
        "id": change.id,
        "number": change.number,
        "released": change.released,
        "fields": [_field(field) for field in change.fields],
    }


def _field(field: FieldChange) -> dict[str, Any]:
    """`secret`: a secret is in it, and is null here; `known`: all of the new value is known."""
    return {
        "path": field.path,
        "old": bare(field.old),
        "new": bare(field.new),
        "secret": any(is_hidden(value, Hidden.SECRET) for value in (field.old, field.new)),
        "known": not is_hidden(field.new, Hidden.LATER),
    }


def _said(one: Said) -> dict[str, Any]:
    return {"resource": one.resource, "text": one.text}
