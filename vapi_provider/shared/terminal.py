"""Terminal output with control characters escaped; all commands write through this module.

Names, ids and messages come from an account that others may write to. An escape sequence in them
can recolor or overwrite the terminal, and a direction mark can reorder the text.
"""

from __future__ import annotations

import re
import sys

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


def say(line: str, *, err: bool = False) -> None:
    """Write one escaped line to stdout, or to stderr with `err`."""
    _write(escaped(line), err)


def write(page: str, *, err: bool = False) -> None:
    """Write escaped lines to stdout, or to stderr with `err`; their line feeds are kept."""
    _write(escaped_page(page), err)


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
