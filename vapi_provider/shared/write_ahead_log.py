"""SQLite's write-ahead log, for files that several processes open at once."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

BUSY_SECONDS = 30.0
"""The time in which a file that other processes use must become free."""


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a file to the write-ahead log, also while other processes do so.

    Raises sqlite3.Error. On a file system without shared memory SQLite keeps its older, slower
    mode.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        with closing(connection.execute("PRAGMA journal_mode")) as cursor:
            if cursor.fetchone()[0] == "wal":
                return
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            # Another process is switching the mode: SQLite's own timeout does not apply here.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        return
