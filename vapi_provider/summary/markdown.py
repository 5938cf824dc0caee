"""A summary as Markdown, for a comment on a pull request (GitHub's dialect).

Whatever comes from a program or an account stands in a code span: GitHub makes no link, image or
mention in one. What could end the span or the table's cell is written as JSON's escape, for inside
a span nothing else can be said to be text.
"""

from __future__ import annotations

from collections.abc import Iterator

from vapi_provider.summary.changes import Change, Summary
from vapi_provider.summary.events import Said
from vapi_provider.summary.values import cut, printable
from vapi_provider.summary.words import deed, headline, mark, said, values

LONGEST = 60_000
"""GitHub takes 65,536 characters; the rest is for what a pipeline writes around it. Counted as
JavaScript counts, in UTF-16: the pipeline's own limit would else cut a code span open."""

_WIDTH = 300
"""Characters of a warning or an error."""


def markdown_of(summary: Summary) -> str:
    """The summary: headline, errors, table, warnings; without a heading of its own."""
    lines: list[str] = []
    room = LONGEST
    for line in _lines(summary):
        room -= len(line.encode("utf-16-le")) // 2 + 1
        if room < 200:
            lines.append("\n… and more than fits here: `--format json` tells all of it.")
            break
        lines.append(line)
    return "\n".join(lines)


def code(text: str, longest: int = _WIDTH) -> str:
    """Any text as one code span that stays one, in a table's cell too."""
    safe = printable(text).replace("`", "\\u0060").replace("|", "\\u007c")
    return f"`{cut(safe, longest) or ' '}`"


def _lines(summary: Summary) -> Iterator[str]:
    yield f"**{summary.what.capitalize()} of {code(summary.stack)}: {headline(summary)}**"
    yield from _list("Errors", summary.errors)
    if summary.changes and not summary.errors:
        before, after = (
            ("Recorded", "Declared") if summary.what == "preview" else ("Recorded", "Actual")
        )
        yield f"\n| | Number | What | Field | {before} | {after} |"
        yield "|---|---|---|---|---|---|"
        for change in summary.changes:
            yield from _rows(change)
    if summary.outputs and not summary.errors:
        yield "\n| Output | Recorded | Declared |"
        yield "|---|---|---|"
        for output in summary.outputs:
            old, new = values(output)
            yield f"| {code(output.path)} | {code(old)} | {code(new)} |"
    yield from _list("Warnings", summary.warnings)


def _rows(change: Change) -> Iterator[str]:
    who = code(change.name) + (f" {code(change.number)}" if change.number else "")
    what = f"**{deed(change)}**" if change.released or change.action == "gone" else deed(change)
    first = f"| `{mark(change)}` | {who} {code(change.type)} | {what} |"
    if not change.fields:
        yield f"{first} | | |"
    for at, field in enumerate(change.fields):
        old, new = values(field)
        was = "" if change.action == "created" else code(old)
        yield f"{first if at == 0 else '| | | |'} {code(field.path)} | {was} | {code(new)} |"


def _list(title: str, listed: tuple[Said, ...]) -> Iterator[str]:
    if listed:
        yield f"\n{title}:\n"
    for one in listed:
        yield f"- {code(said(one))}"
