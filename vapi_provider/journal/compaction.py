"""Snapshots of a shared journal, which spare readers the replay of the whole log."""

from __future__ import annotations

import json

from vapi_provider.journal.blobs import Blobs
from vapi_provider.journal.entries import PREFIX, VERSION, position_of, snapshot_name
from vapi_provider.journal.leases import PREFIX as OWNERS
from vapi_provider.journal.log import SharedLog
from vapi_provider.journal.tables import Database

MIN_ENTRIES = 64
"""The minimum number of entries since the last snapshot before a new one is written.

A large journal needs a quarter of its rows instead, so that the cost of snapshots stays linear.
"""

ENTRY_KEPT_SECONDS = 3600.0
"""The time that an entry is kept after a snapshot contains it.

No process may mistake the entry's removed position for a free one. A process that has not read the
log for `log.STALE_SECONDS`, which is shorter, reads it before it writes.
"""

OWNER_KEPT_SECONDS = 86400.0


def is_due(log: SharedLog, database: Database) -> bool:
    """Return whether the log has grown by enough for a snapshot."""
    with log.condition:
        grown = log.position - log.snapshot
        if grown < MIN_ENTRIES:
            return False
        ((rows,),) = database.run(
            "SELECT (SELECT count(*) FROM intents) + (SELECT count(*) FROM held)"
        )
        return grown >= max(MIN_ENTRIES, rows // 4)


def count_unfinished(log: SharedLog, database: Database) -> int:
    """Return the number of intents that a later run has to check: unfinished or repeated ones."""
    with log.condition:
        ((count,),) = database.run(
            "SELECT (SELECT count(*) FROM intents)"
            " + (SELECT count(*) FROM held WHERE repeated IS NOT NULL)"
        )
        return count


def compact(log: SharedLog, database: Database, blobs: Blobs) -> None:
    """Write a snapshot of the log as this process has replayed it. Raises StoreError."""
    with log.condition:
        position = log.position
        if position <= log.snapshot:
            return
        tables = database.dump()
        unfinished = count_unfinished(log, database)
    # Free turns only show that another process was faster, so a snapshot omits them; `pruned`
    # records the position up to which they are missing.
    tables["turns"] = [row for row in tables["turns"] if row[2]]
    tables["pruned"] = [[position]]
    text = json.dumps({"v": VERSION, "tables": tables})
    blobs.create(snapshot_name(position, unfinished), text)
    with log.condition:
        log.snapshot = max(log.snapshot, position)


def remove_old(blobs: Blobs) -> None:
    """Remove old entries that a snapshot contains, and old leases. Raises StoreError."""
    old = {name for name, age in blobs.ages(PREFIX).items() if age > ENTRY_KEPT_SECONDS}
    snapshots = sorted(name for name in old if ".snapshot." in name)
    # Keep the newest of the old snapshots, because there may be no newer one.
    last = position_of(snapshots[-1]) if snapshots else 0
    removed = [name for name in old if position_of(name) <= last and name not in snapshots[-1:]]
    removed += [name for name, age in blobs.ages(OWNERS).items() if age > OWNER_KEPT_SECONDS]
    if removed:
        blobs.remove(removed)
