"""Renderer of a summary as Markdown in GitHub's dialect, for a comment on a pull request.

Every text from a program or an account stands in a code span, where GitHub creates no links,
images or mentions. Characters that would end the span or the table's cell become JSON's escapes,
because a code span has no escapes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from vapi_provider.catalogue.message import split
from vapi_provider.shared.text import escape_unprintable
from vapi_provider.summary.content import Change, Summary
from vapi_provider.summary.events import Notice
from vapi_provider.summary.values import shorten
from vapi_provider.summary.words import (
    SYMBOLS,
    describe_action,
    format_notice,
    format_values,
    headline,
)

LONGEST = 60_000
"""Length limit in UTF-16 code units, as JavaScript counts.

GitHub accepts 65,536; the rest is for the text that a pipeline adds. If the pipeline had to cut the
summary, it could cut a code span open.
"""

_WIDTH = 300
"""Length limit of a text."""


def render_markdown(summary: Summary) -> str:
    """Return the summary without a heading: headline, errors, table, warnings."""
    lines: list[str] = []
    room = LONGEST
    for line in _lines(summary):
        room -= len(line.encode("utf-16-le")) // 2 + 1
        if room < 200:
            lines.append("\n… and more than fits here: `--format json` tells all of it.")
            break
        lines.append(line)
    return "\n".join(lines)


def code_span(text: str) -> str:
    """Return any text as a single code span that is also valid in a table's cell."""
    safe = escape_unprintable(text).replace("`", "\\u0060").replace("|", "\\u007c")
    return f"`{shorten(safe, _WIDTH) or ' '}`"


def _lines(summary: Summary) -> Iterator[str]:
    yield f"**{summary.what.capitalize()} of {code_span(summary.stack)}: {headline(summary)}**"
    yield from _notice_lines("Errors", summary.errors)
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
            old, new = format_values(output)
            yield f"| {code_span(output.path)} | {code_span(old)} | {code_span(new)} |"
    yield from _notice_lines("Warnings", summary.warnings)


def _rows(change: Change) -> Iterator[str]:
    who = code_span(change.name) + (f" {code_span(change.number)}" if change.number else "")
    what = describe_action(change)
    if change.released or change.action == "gone":
        what = f"**{what}**"
    first = f"| `{SYMBOLS[change.action]}` | {who} {code_span(change.type)} | {what} |"
    if not change.fields:
        yield f"{first} | | |"
    for index, field in enumerate(change.fields):
        old, new = format_values(field)
        start = first if index == 0 else "| | | |"
        old_cell = "" if change.action == "created" else code_span(old)
        yield f"{start} {code_span(field.path)} | {old_cell} | {code_span(new)} |"


def _notice_lines(title: str, notices: tuple[Notice, ...]) -> Iterator[str]:
    if notices:
        yield f"\n{title}:\n"
    for notice in notices:
        text, code = split(format_notice(notice))
        # The code has a span of its own, so that a long text cannot cut it off.
        yield f"- {code_span(text)}" + (f" `{code}`" if code else "")
