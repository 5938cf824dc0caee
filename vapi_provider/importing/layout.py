"""Python values as text, laid out as formatters leave it: one line where it fits, else one a line.

Pure. A comma after the last of broken lines keeps them broken; what is uncertain to fit is broken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

WIDTH = 100
_STEP = 4


@dataclass(frozen=True)
class Call:
    """A call with keywords, after arguments without."""

    name: str
    arguments: Sequence[Any]
    keywords: Sequence[tuple[str, Any]]


def layout(value: Any, prefix: str = "", suffix: str = "", indent: int = 0) -> str:
    """`value` after `prefix` and before `suffix`, on lines that are indented by `indent`."""
    room = WIDTH - indent - len(suffix) - _width(prefix)
    flat = _flat(value)
    if flat is not None and _width(flat) <= room:
        return f"{' ' * indent}{prefix}{flat}{suffix}"
    if isinstance(value, str):
        return _broken_text(value, prefix, suffix, indent)
    opening, entries, closing = _parts(value)
    if not entries:
        return _line(f"{' ' * indent}{prefix}{opening}{closing}{suffix}")
    lines = [layout(item, before, ",", indent + _STEP) for before, item in entries]
    pad = " " * indent
    return "\n".join([_line(f"{pad}{prefix}{opening}"), *lines, f"{pad}{closing}{suffix}"])


def quoted(text: str, plain: bool = False) -> str:
    """A string literal in double quotes, or in single ones where that saves escapes.

    With `plain`, all but what is one column wide for sure is escaped.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{''.join(_escaped(it, quote, plain) for it in text)}{quote}"


def _flat(value: Any) -> str | None:
    """`value` on one line, if it is simple enough to be read there."""
    if isinstance(value, str):
        return quoted(value)
    if not isinstance(value, Call | dict | list):
        return repr(value)
    opening, entries, closing = _parts(value)
    items = [(before, _flat(item)) for before, item in entries if _is_simple(item, entries)]
    if len(items) != len(entries):
        return None
    return f"{opening}{', '.join(f'{before}{item}' for before, item in items)}{closing}"


def _is_simple(item: Any, among: Sequence[Any]) -> bool:
    return not isinstance(item, Call | dict | list) or (len(among) == 1 and not _parts(item)[1])


def _parts(value: Any) -> tuple[str, list[tuple[str, Any]], str]:
    """How it opens, what it holds, each after its name, and how it closes."""
    if isinstance(value, Call):
        named = [(f"{name}=", item) for name, item in value.keywords]
        return f"{value.name}(", [*(("", item) for item in value.arguments), *named], ")"
    if isinstance(value, dict):
        items = cast(dict[str, Any], value).items()
        return "{", [(f"{quoted(name)}: ", item) for name, item in items], "}"
    listed = cast(list[Any], value) if isinstance(value, list) else []
    return "[", [("", item) for item in listed], "]"


def _broken_text(text: str, prefix: str, suffix: str, indent: int) -> str:
    pad = " " * indent
    if _width(quoted(text, plain=True)) <= WIDTH - indent - len(suffix) - _width(prefix):
        return f"{pad}{prefix}{quoted(text, plain=True)}{suffix}"
    pieces = _pieces(text, WIDTH - indent - _STEP)
    lines = [f"{pad}{' ' * _STEP}{quoted(piece, plain=True)}" for piece in pieces]
    return "\n".join([_line(f"{pad}{prefix}("), *lines, f"{pad}){suffix}"])


def _line(text: str) -> str:
    """A line as it is, also where the key of a header is too long for it: that has no break."""
    return text if _width(text) <= WIDTH else f"{text}  # noqa: E501"


def _pieces(text: str, room: int) -> list[str]:
    """The text in pieces whose literals fit, broken after spaces where there are any.

    Each character is measured once, or once more where its piece ends at a space before it.
    """
    pieces: list[str] = []
    start = 0
    while start < len(text):
        end = _end_of_piece(text, start, room)
        space = text.rfind(" ", start, end)
        if end < len(text) and space > start:
            end = space + 1
        pieces.append(text[start:end])
        start = end
    return pieces


def _end_of_piece(text: str, start: int, room: int) -> int:
    """Where the longest piece from `start` ends whose literal fits; one character always does."""
    plain, double, single = 2, 0, 0
    for at in range(start, len(text)):
        character = text[at]
        double += character == '"'
        single += character == "'"
        plain += 1 if character in "\"'" else len(_escaped(character, "", True))
        # The literal is in the quotes of which there are fewer, and these are escaped.
        if plain + min(double, single) > room and at > start:
            return at
    return len(text)


def _escaped(character: str, quote: str, plain: bool) -> str:
    if character in ("\\", quote):
        return f"\\{character}"
    if character.isprintable() and (character.isascii() or not plain or _is_narrow(character)):
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _is_narrow(character: str) -> bool:
    """A letter that takes one column everywhere."""
    category, width = unicodedata.category(character), unicodedata.east_asian_width(character)
    return category in ("Lu", "Ll") and width in ("N", "Na")


def _width(text: str) -> int:
    """The most columns that the text may take."""
    return sum(1 if it.isascii() else 2 for it in text)
