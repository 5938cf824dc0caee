"""A summary for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from vapi_provider.summary.changes import Summary
from vapi_provider.summary.values import printable
from vapi_provider.summary.words import deed, headline, mark, said, values


def text_of(summary: Summary) -> str:
    """The summary in lines; errors are not among them, they belong on stderr."""
    return "\n".join(_lines(summary))


def _lines(summary: Summary) -> Iterator[str]:
    yield printable(f"{summary.what.capitalize()} of stack {summary.stack}: {headline(summary)}.")
    for change in () if summary.errors else summary.changes:
        number = f" ({change.number or change.id})" if change.number or change.id else ""
        yield ""
        yield printable(f"{mark(change)} {change.type} {change.name}{number}: {deed(change)}")
        for field in change.fields:
            old, new = values(field)
            # What is made has no old values to tell.
            was = "" if change.action == "created" else f"{old} -> "
            yield f"    {field.path}: {was}{new}"
    if summary.outputs and not summary.errors:
        yield ""
        yield "~ outputs of the stack"
        for output in summary.outputs:
            old, new = values(output)
            yield printable(f"    {output.path}: {old} -> {new}")
    if summary.warnings:
        yield ""
    for one in summary.warnings:
        yield f"warning: {printable(said(one))}"
