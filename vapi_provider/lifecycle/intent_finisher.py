"""Reports of the ids that the program has seen, from the program to the journal.

Unless checkpoints are off, the engine saves a step's result to the state before it returns it to
the program. An intent is therefore finished as soon as the program has its record's id.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
from functools import cache
from typing import Any

import pulumi

from vapi_provider.settings.checkpoints import has_checkpoints
from vapi_provider.settings.config import Settings

END_SECONDS = 10.0
"""Maximum time for which the end of the program waits for the journal."""


class IntentFinisher:
    """Background worker that finishes the intents of records whose ids the program has seen."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ids: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def watch(self, id_: pulumi.Output[str]) -> None:
        """Finish the intent of the record that `id_` resolves to, once a state holds it."""
        if not pulumi.runtime.is_dry_run():
            id_.apply(self._enqueue)

    def close(self) -> None:
        """Wait until the journal has all ids, but no longer than END_SECONDS."""
        if self._thread is not None:
            self._ids.put(None)
            self._thread.join(END_SECONDS)

    def _enqueue(self, id_: Any) -> None:
        # A run that neither purchases a number nor has done so before creates no journal.
        place = self._settings.journal_place
        if isinstance(id_, str) and (place.kind == "shared" or place.file.exists()):
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, daemon=True)
                    self._thread.start()
                    atexit.register(self.close)
            self._ids.put(id_)

    def _work(self) -> None:
        from vapi_provider.journal.factory import open_journal

        settings = self._settings
        journal = open_journal(settings.journal_place, settings.account, settings.backend)
        is_over = False
        while not is_over:
            batch = [self._ids.get()]
            while not self._ids.empty():
                batch.append(self._ids.get())
            is_over = None in batch
            journal.finish_intents([id_ for id_ in batch if id_ is not None])
        journal.close()


@cache
def intent_finisher_of(settings: Settings) -> IntentFinisher | None:
    """Return the one finisher of this process; None where the engine writes no checkpoints."""
    return IntentFinisher(settings) if has_checkpoints(os.environ) else None
