"""Notes from the plugin to our commands, sent through the engine: the paths that differ.

The engine masks secrets in its events, so that different secrets look equal there; the plugin has
compared the real values. A note is a message at level `debug`, hidden from people, and holds paths
without values.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from typing import Any, cast

from vapi_provider.catalogue.message import Message
from vapi_provider.reconcile.resource_key import class_of, resource_of

_START = "vapi differs: "


_SUBJECT = re.compile(r"""\w+ ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"): """)


def with_subject(key: str, message: Message) -> Message:
    """Return a message with the class and name of its resource, as the plugin has no URN."""
    return message.about(f"{class_of(key)} {resource_of(key)!r}")


def split_subject(message: str) -> tuple[str | None, str]:
    """Split a message into its resource, or None where it names none, and its text."""
    found = _SUBJECT.match(message)
    if found is None:
        return None, message
    return str(ast.literal_eval(found[1])), message[found.end() :]


def format_note(id_: str, paths: Iterable[str]) -> str:
    """Return the note that the record `id_` differs in `paths`.

    A command sees an object of arbitrary keys as one value, so the note also names the object of
    each path that ends in such a key.
    """
    noted = dict.fromkeys(known for path in paths for known in (path.partition('["')[0], path))
    return _START + json.dumps([id_, *noted])


def parse_note(message: str) -> tuple[str, list[str]] | None:
    """Return the id and the paths of a note; None for any other message."""
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
