"""Renderer of a summary for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from vapi_provider.shared.text import escape_unprintable
from vapi_provider.summary.content import Summary
from vapi_provider.summary.words import (
    SYMBOLS,
    describe_action,
    format_notice,
    format_values,
    headline,
)


def render_text(summary: Summary) -> str:
    """Return the summary as lines, without the errors, which belong on stderr."""
    return "\n".join(_lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    yield escape_unprintable(
        f"{summary.what.capitalize()} of stack {summary.stack}: {headline(summary)}."
    )
    for change in () if summary.errors else summary.changes:
        number = f" ({change.number or change.id})" if change.number or change.id else ""
        yield ""
        resource = f"{change.type} {change.name}{number}"
        yield escape_unprintable(f"{SYMBOLS[change.action]} {resource}: {describe_action(change)}")
        for field in change.fields:
            old, new = format_values(field)
            before = "" if change.action == "created" else f"{old} -> "
            yield f"    {field.path}: {before}{new}"
    if summary.outputs and not summary.errors:
        yield ""
        yield "~ outputs of the stack"
        for output in summary.outputs:
            old, new = format_values(output)
            yield escape_unprintable(f"    {output.path}: {old} -> {new}")
    if summary.warnings:
        yield ""
    for warning in summary.warnings:
        yield f"warning: {escape_unprintable(format_notice(warning))}"
