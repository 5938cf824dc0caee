"""Turns: locks across machines that serialize creates whose records could not be distinguished.

The functions are commands of the shared journal, like those of `commands.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from vapi_provider.journal.tables import Database

WRITTEN = "written"
TAKEN = "taken"
"""Another process holds the key or the turn."""

CHANGED = "changed"
"""Another process had the turn since this one read the log."""

FENCED = "fenced"
"""The lease of this process expired, and another process has taken over."""


def take_turns(database: Database, owner: str, names: Sequence[str], seen: int | None) -> str:
    """Take all of these turns or none; return WRITTEN, TAKEN, CHANGED or FENCED.

    `seen` is the position up to which the owner has read the log; None accepts later changes.
    """
    if is_fenced(database, owner):
        return FENCED
    for name in names:
        for holder, is_held, position in database.run(
            "SELECT owner, is_held, position FROM turns WHERE name = ?", name
        ):
            if holder == owner:
                continue
            if is_held:
                return TAKEN
            if seen is not None and position > seen:
                return CHANGED
    ((pruned,),) = database.run("SELECT coalesce(max(position), 0) FROM pruned")
    if names and seen is not None and seen < pruned:
        return CHANGED
    for name in names:
        database.run(
            "INSERT OR REPLACE INTO turns VALUES (?, ?, 1, ?)", name, owner, database.position
        )
    return WRITTEN


def free_turns(database: Database, owner: str, names: Sequence[str]) -> None:
    """Free the turns that an owner holds."""
    for name in names:
        database.run(
            "UPDATE turns SET is_held = 0, position = ? WHERE name = ? AND owner = ?",
            database.position,
            name,
            owner,
        )


def fence(database: Database, owner: str) -> None:
    """Fence an owner whose lease has expired: free its turns, and refuse its later writes."""
    position = database.position
    database.run("INSERT OR IGNORE INTO buried VALUES (?, ?)", owner, position)
    database.run(
        "UPDATE turns SET is_held = 0, position = ? WHERE owner = ? AND is_held", position, owner
    )


def is_fenced(database: Database, owner: str) -> bool:
    """Return whether an owner is fenced."""
    return bool(database.run("SELECT 1 FROM buried WHERE owner = ?", owner))
