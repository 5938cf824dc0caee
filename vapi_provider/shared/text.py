"""Escaping of external text: names, ids and messages of an account, in JSON's escapes.

`escape_control` and `escape_control_lines` escape only what can steer a terminal.
`escape_unprintable` also escapes what no terminal shows, such as zero-width characters, for values
that are compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL, and C1: includes ESC and CSI
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, embeddings and overrides
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # unpaired surrogates, which no terminal encoding supports
    "\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


def escape_control(text: str) -> str:
    """Return a text as one line, with control characters and line feeds in JSON's escapes."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def escape_control_lines(text: str) -> str:
    """Return a text with control characters, except line feeds, in JSON's escapes."""
    return "\n".join(map(escape_control, text.split("\n")))


def escape_unprintable(text: str) -> str:
    """Return the text with line breaks, control and direction characters as JSON's escapes."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in text
    )


def align(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
