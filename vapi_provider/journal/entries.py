"""Names and texts of a shared journal's log entries and snapshots."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vapi_provider.catalogue import journal as messages
from vapi_provider.errors import ConfigurationError

VERSION = 1
"""The format version of entries and snapshots."""

PREFIX = "log/"

LoggedCommand = tuple[str, dict[str, Any]]


@dataclass
class Item:
    """A command that is queued for the log, and its result."""

    command: LoggedCommand
    result: Any = None
    error: BaseException | None = None
    is_done: bool = False


@dataclass
class Batch:
    """Commands of one entry; its id shows whether an entry in the log is this one."""

    items: list[Item]
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def text(self) -> str:
        """Return the entry."""
        return entry_text([item.command for item in self.items], self.id)


def entry_text(commands: Sequence[LoggedCommand], id_: str) -> str:
    """Return the text of an entry."""
    return json.dumps({"v": VERSION, "id": id_, "ops": commands})


def entry_name(position: int) -> str:
    """Return the name of the entry at a position."""
    return f"{PREFIX}{position:012d}"


def snapshot_name(position: int, unfinished: int) -> str:
    """Return the name of a snapshot of the log up to a position.

    `unfinished` is the number of intents that a later run has to check.
    """
    return f"{entry_name(position)}.snapshot.{unfinished}"


def position_of(name: str) -> int:
    """Return the position of an entry, or the last position that a snapshot contains."""
    return int(name.removeprefix(PREFIX).partition(".")[0])


def parse_entry(text: str, shown: str) -> dict[str, Any]:
    """Return a parsed entry or snapshot.

    Raises ConfigurationError for a text that is neither, or that a later version wrote.
    """
    try:
        entry = json.loads(text)
        version = entry["v"]
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError(messages.NOT_A_JOURNAL(place=shown)) from None
    if not isinstance(version, int) or version > VERSION:
        raise ConfigurationError(messages.JOURNAL_OF_LATER_VERSION(place=shown))
    return entry
