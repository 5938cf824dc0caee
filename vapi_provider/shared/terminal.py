"""Terminal output with control characters escaped; all commands write through this module.

Names, ids and messages come from an account that others may write to. An escape sequence in them
can recolor or overwrite the terminal, and a direction mark can reorder the text.
"""

from __future__ import annotations

import sys

from vapi_provider.shared.text import escape_control, escape_control_lines


def say(line: str, *, err: bool = False) -> None:
    """Write one escaped line to stdout, or to stderr with `err`."""
    _write(escape_control(line), err)


def write(page: str, *, err: bool = False) -> None:
    """Write escaped lines to stdout, or to stderr with `err`; their line feeds are kept."""
    _write(escape_control_lines(page), err)


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    stream.write(f"{text}\n")
    stream.flush()
