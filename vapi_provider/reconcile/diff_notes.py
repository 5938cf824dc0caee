"""What the plugin says to our own commands through the engine: which fields of a record differ.

The engine blinds secrets in its events, so that two different ones look alike there; the plugin
has compared them. A note is a message at the level `debug`, which no person sees; it holds paths
and no value. Pure.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from typing import Any, cast

_START = "vapi differs: "


_ABOUT = re.compile(r"""\w+ ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"): """)


def about(declaration: str, text: str) -> str:
    """Return a text of the plugin with the resource that it is about: the plugin has no URN."""
    _organization, _project, _stack, class_name, resource = declaration.split("/", 4)
    return f"{class_name} {resource!r}: {text}"


def subject(message: str) -> tuple[str | None, str]:
    """Return the resource that a text of the plugin is about, if it is, and the rest of it."""
    found = _ABOUT.match(message)
    if found is None:
        return None, message
    return str(ast.literal_eval(found[1])), message[found.end() :]


def written(id_: str, paths: Iterable[str]) -> str:
    """The note that the record `id_` differs in `paths`."""
    return _START + json.dumps([id_, *paths])


def read(message: str) -> tuple[str, list[str]] | None:
    """The id and the paths of a note; None for any other message."""
    if not message.startswith(_START):
        return None
    try:
        found: Any = json.loads(message.removeprefix(_START))
    except ValueError:
        return None
    if not isinstance(found, list) or not found:
        return None
    words = [str(word) for word in cast(list[Any], found)]
    return words[0], words[1:]
