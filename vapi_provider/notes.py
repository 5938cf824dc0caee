"""What the plugin says to our own commands through the engine: which fields of a record differ.

The engine blinds secrets in its events, so that two different ones look alike there; the plugin
has compared them. A note is a message at the level `debug`, which no person sees; it holds paths
and no value. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

_START = "vapi differs: "


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
