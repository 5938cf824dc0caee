"""Python values as source text that `ruff format` leaves unchanged: one argument a line.

The trailing comma after the last argument keeps the formatter from joining the lines again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

WIDTH = 100
_INDENT = 4


@dataclass(frozen=True)
class Call:
    """A call expression: positional arguments, then keywords."""

    name: str
    arguments: Sequence[Any]
    keywords: Sequence[tuple[str, Any]]


def layout(value: Any, prefix: str = "", suffix: str = "", indent: int = 0) -> str:
    """Return `value` as source text between `prefix` and `suffix`, indented by `indent` columns.

    A call with one simple argument stays on its line where that is short enough.
    """
    start = f"{' ' * indent}{prefix}"
    if not isinstance(value, Call | dict | list):
        return _mark_long(f"{start}{_literal(value)}{suffix}")
    opening, entries, closing = _parts(value)
    if len(entries) == 1 and not isinstance(entries[0][1], Call | dict | list):
        before, item = entries[0]
        line = f"{start}{opening}{before}{_literal(item)}{closing}{suffix}"
        if _width(line) <= WIDTH:
            return line
    if not entries:
        return _mark_long(f"{start}{opening}{closing}{suffix}")
    lines = [layout(item, before, ",", indent + _INDENT) for before, item in entries]
    return "\n".join([_mark_long(f"{start}{opening}"), *lines, f"{' ' * indent}{closing}{suffix}"])


def quoted(text: str) -> str:
    """Return a string literal in double quotes, or in single ones where that saves escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{''.join(_escape(character, quote) for character in text)}{quote}"


def _literal(value: Any) -> str:
    return quoted(value) if isinstance(value, str) else repr(value)


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """Return the opening bracket, the entries with what precedes each, and the closing bracket."""
    if isinstance(value, Call):
        keywords = [(f"{name}=", item) for name, item in value.keywords]
        return f"{value.name}(", [*(("", item) for item in value.arguments), *keywords], ")"
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return "{", [(f"{quoted(name)}: ", item) for name, item in items], "}"
    return "[", [("", item) for item in cast(list[Any], value)], "]"


def _escape(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return f"\\{character}"
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _mark_long(line: str) -> str:
    """Exempt a line from the linter's limit: a formatter does not break a long text or key."""
    return line if _width(line) <= WIDTH else f"{line}  # noqa: E501"


def _width(text: str) -> int:
    """Return the most columns that the text may take."""
    return sum(1 if character.isascii() else 2 for character in text)
