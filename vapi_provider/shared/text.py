"""Replacement of unprintable characters in external text that is shown on one line."""

from __future__ import annotations

import json


def replace_unprintable(text: str, replacement: str = " ") -> str:
    """Return the text with `replacement` for each control and direction character."""
    return "".join(character if character.isprintable() else replacement for character in text)


def escape_unprintable(text: str) -> str:
    """Return the text with line breaks, control and direction characters as JSON's escapes."""
    return "".join(
        character if character.isprintable() else json.dumps(character)[1:-1] for character in text
    )
