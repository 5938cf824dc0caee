"""Replacement of control characters in external text: names, ids and messages of an account.

`escaped` and `escaped_page` escape only what can steer a terminal; the other functions also replace
what no terminal shows, such as zero-width characters, for tables and Markdown.
"""

from __future__ import annotations

import json
import re

_STEERING = (
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 except the line feed, DEL, and C1: includes ESC and CSI
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, embeddings and overrides
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff"  # unpaired surrogates, which no terminal encoding supports
    "\ufeff\ufff9-\ufffb"
)
_IN_A_PAGE = re.compile(f"[{_STEERING}]")
_IN_A_LINE = re.compile(f"[\n{_STEERING}]")


def escaped(text: str) -> str:
    """Return a text as one line, with control characters and line feeds in JSON's escapes."""
    return _IN_A_LINE.sub(_escape, text)


def escaped_page(text: str) -> str:
    """Return a text with control characters, except line feeds, in JSON's escapes."""
    return _IN_A_PAGE.sub(_escape, text)


def replace_unprintable(text: str, replacement: str = " ") -> str:
    """Return the text with `replacement` for each control and direction character."""
    return "".join(character if character.isprintable() else replacement for character in text)


def escape_unprintable(text: str) -> str:
    """Return the text with line breaks, control and direction characters as JSON's escapes."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in text
    )


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
