"""The journal file that this machine used before it used a shared journal."""

from __future__ import annotations

from typing import Any

from vapi_provider.journal.file_store import FileStore
from vapi_provider.journal.store import Store

_KEY = 1
_OWNER = 7
"""The columns `key` and `owner` in a row of `intents`."""


class EarlierJournal:
    """One backend's rows in the file, which move to the shared journal.

    Runs then find an interrupted purchase of the file in the shared journal. An intent whose
    process is still running stays in the file until it ends. Methods raise ConfigurationError.
    """

    def __init__(self, store: FileStore, backend: str) -> None:
        self._file = store
        self._backend = backend

    def is_empty(self) -> bool:
        """Return whether there is nothing to move."""
        return not self._file.exists() or not self._file.run(
            "SELECT 1 FROM intents WHERE backend = :backend UNION ALL"
            " SELECT 1 FROM held WHERE backend = :backend LIMIT 1",
            backend=self._backend,
        )

    def move_to(self, store: Store) -> bool:
        """Move the rows; return whether the file has no rows of the backend left."""
        if self.is_empty():
            return True
        intents = self._rows("SELECT * FROM intents WHERE backend = :backend")
        dead = [row for row in intents if not self._file.is_alive(row[_OWNER])]
        tables = {
            "intents": dead,
            "held": self._rows("SELECT * FROM held WHERE backend = :backend"),
            "unique_texts": self._rows(
                "SELECT * FROM unique_texts WHERE record IN (SELECT record FROM held WHERE"
                " backend = :backend UNION SELECT record FROM intents WHERE backend = :backend)"
            ),
        }
        if any(tables.values()):
            store.submit("bring", tables=tables)
            # Delete the rows afterwards, so that a run that is killed in between moves them again.
            keys = [row[_KEY] for row in dead]
            self._file.submit("take_away", backend=self._backend, keys=keys)
        return len(dead) == len(intents)

    def _rows(self, statement: str) -> list[list[Any]]:
        return [list(row) for row in self._file.run(statement, backend=self._backend)]
