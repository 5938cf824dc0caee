"""Text from outside, made fit for one line."""

from __future__ import annotations


def replace_unprintable(text: str, replacement: str = " ") -> str:
    """Return the text with `replacement` for each control and direction character."""
    return "".join(character if character.isprintable() else replacement for character in text)
