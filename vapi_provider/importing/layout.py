"""Python source text, one argument a line.

The trailing comma after the last argument keeps `ruff format` from joining the lines.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

WIDTH = 100


def bracket(opening: str, items: Iterable[str], closing: str) -> str:
    """Return the items between two brackets, each indented and with a trailing comma."""
    lines = "".join(f"{item},\n" for item in items)
    return f"{opening}\n{textwrap.indent(lines, '    ')}{closing}" if lines else opening + closing


def exempt_long_lines(text: str) -> str:
    """Exempt lines from the linter's limit: a formatter does not break a long text or key."""
    return "\n".join(
        line if _width(line) <= WIDTH else f"{line}  # noqa: E501" for line in text.split("\n")
    )


def quote(text: str) -> str:
    """Return a string literal in double quotes, or in single ones where that saves escapes."""
    # Python itself writes a text with both quotes in single ones, and escapes only these.
    inner = repr(f"'\"{text}")[len("'\\'\"") : -1]
    if text.count('"') > text.count("'"):
        return f"'{inner}'"
    return '"' + inner.replace("\\'", "'").replace('"', '\\"') + '"'


def _width(text: str) -> int:
    """Return the most columns that the text may take."""
    return sum(1 if character.isascii() else 2 for character in text)
