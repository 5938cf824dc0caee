"""Turns across machines: who creates a record that could not be told apart from others.

Commands of the shared journal, as those of `commands.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from vapi_provider.journal.tables import Database

WRITTEN = "written"
TAKEN = "taken"
"""Another process has the key or the turn."""

CHANGED = "changed"
"""Another process had the turn since this one looked."""

FENCED = "fenced"
"""The lease of this process ran out, and another one has taken over."""


def take_turns(database: Database, owner: str, names: Sequence[str], seen: int | None) -> str:
    """Take all of these turns, or none; `seen` as for `begin`, None where it does not matter."""
    if is_buried(database, owner):
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
        database.change(
            "INSERT OR REPLACE INTO turns VALUES (?, ?, 1, ?)", name, owner, database.position
        )
    return WRITTEN


def free_turns(database: Database, owner: str, names: Sequence[str]) -> None:
    """Free turns that an owner has."""
    for name in names:
        database.change(
            "UPDATE turns SET is_held = 0, position = ? WHERE name = ? AND owner = ?",
            database.position,
            name,
            owner,
        )


def bury(database: Database, owner: str) -> None:
    """Take over from an owner whose lease ran out: its turns are free, and it writes no more."""
    position = database.position
    database.change("INSERT OR IGNORE INTO buried VALUES (?, ?)", owner, position)
    database.change(
        "UPDATE turns SET is_held = 0, position = ? WHERE owner = ? AND is_held", position, owner
    )


def is_buried(database: Database, owner: str) -> bool:
    """Return whether another process has taken over from an owner."""
    return bool(database.run("SELECT 1 FROM buried WHERE owner = ?", owner))
