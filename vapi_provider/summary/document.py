"""Renderer of a summary as JSON, with keys that pipelines depend on (docs/preview.md)."""

from __future__ import annotations

from typing import Any

from vapi_provider.catalogue.message import split
from vapi_provider.summary.content import Change, FieldChange, Summary
from vapi_provider.summary.events import Notice
from vapi_provider.summary.values import Hidden, contains_hidden, to_json_value


def render_document(summary: Summary) -> dict[str, Any]:
    """Return the whole summary; `changes` is empty if there are errors."""
    return {
        "what": summary.what,
        "stack": summary.stack,
        "changes": [] if summary.errors else [_change(change) for change in summary.changes],
        **_outputs(summary),
        "releases": 0 if summary.errors else summary.releases,
        "warnings": [_notice(warning) for warning in summary.warnings],
        "errors": [_notice(error) for error in summary.errors],
    }


def _outputs(summary: Summary) -> dict[str, Any]:
    """Return the stack's changed outputs, which a drift check does not have."""
    if summary.what != "preview":
        return {}
    return {"outputs": [] if summary.errors else [_field(output) for output in summary.outputs]}


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
    """Return a field's change; secrets are null, and `known` is false for values known after up."""
    return {
        "path": field.path,
        "old": to_json_value(field.old),
        "new": to_json_value(field.new),
        "secret": any(contains_hidden(value, Hidden.SECRET) for value in (field.old, field.new)),
        "known": not contains_hidden(field.new, Hidden.LATER),
    }


def _notice(notice: Notice) -> dict[str, Any]:
    text, code = split(notice.text)
    return {"resource": notice.resource, "text": text, "code": code}
