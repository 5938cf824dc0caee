"""One-line messages to people with a stable code, and the templates that make them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_SUFFIX = re.compile(r" \[(VAPI-[A-Z0-9]+(?:-[A-Z0-9]+)*)\]$")


class Split(NamedTuple):
    """A line without its code, and the code; None where the line has none."""

    text: str
    code: str | None


class Message(str):
    """One line for a person that ends with its code: ``<text> [VAPI-…]``."""

    __slots__ = ()

    def about(self, subject: str) -> Message:
        """Return the message with the resource or property that it is about in front of it."""
        return Message(f"{subject}: {self}")


@dataclass(frozen=True)
class Template:
    """A code and the `str.format` template of its text. Calling it returns a `Message`."""

    code: str
    text: str

    def __call__(self, **values: object) -> Message:
        """Return the message with the values filled in.

        A value that is itself a message loses its code: only the outermost code stays.
        """
        filled = self.text.format(**{name: without_code(value) for name, value in values.items()})
        return Message(f"{filled} [{self.code}]")


def split(line: str) -> Split:
    """Split a line that may end with a code."""
    match = _SUFFIX.search(line)
    return Split(line[: match.start()], match.group(1)) if match else Split(line, None)


def without_code(value: object) -> object:
    """Return the text of a message or an error without its code, and other values as they are."""
    return split(str(value)).text if isinstance(value, str | BaseException) else value
