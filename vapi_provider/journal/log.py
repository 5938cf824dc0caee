"""The log of a shared journal: entries that every process replays in the order of their positions.

An entry is put at the next free position by a conditional put, which orders the writes of all
machines. The writes of several threads are batched into one entry. Several entries may be in
flight, and an entry takes effect only when all entries before it are known.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.blobs import Blobs, StoreError
from vapi_provider.journal.entries import (
    PREFIX,
    Batch,
    Item,
    LoggedCommand,
    entry_name,
    entry_text,
    parse_entry,
    position_of,
)

IN_FLIGHT = 3
"""The maximum number of entries of one process in flight while no other process writes.

More would hold fewer writes each: 8 put twice as many entries for 200 purchases, without gain.
"""

MAX_COMMANDS = 200
"""The maximum number of commands in one entry."""

MAX_PUTS = 3
"""Maximum attempts of a put that a store refuses because of a conflict although the name is free.

S3 may refuse during a concurrent request.
"""

STALE_SECONDS = 600.0
"""The time after which a process that has not read the log reads it before it writes."""


class SharedLog:
    """The log as one process knows it. Methods raise StoreError or ConfigurationError.

    `replay` applies an entry's commands at a position and returns their results; `restore` loads
    a snapshot. Both are called in order, one at a time.
    """

    def __init__(
        self,
        blobs: Blobs,
        replay: Callable[[int, Sequence[LoggedCommand]], list[Any]],
        restore: Callable[[dict[str, Any]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._blobs = blobs
        self._replay = replay
        self._restore = restore
        self._clock = clock
        self.condition = threading.Condition(threading.RLock())
        """The lock of everything here and of what `replay` changes."""
        self.position = 0
        """The position up to which this process has replayed the log."""
        self.snapshot = 0
        """The position of the newest snapshot that this process knows of."""
        self.synced_at: float | None = None
        """The time up to which all entries are known; None before the first read."""
        self._syncing = threading.Lock()
        self._queue: list[Item] = []
        self._in_flight: dict[int, Batch] = {}
        self._arrived: dict[int, str] = {}
        self._max_in_flight = 1

    def wait_for(self, item: Item) -> Any:
        """Return the result of an enqueued operation; write the queue if no other thread does."""
        while True:
            with self.condition:
                while not item.is_done and not self._may_write(item):
                    self.condition.wait()
                if item.is_done:
                    if item.error is not None:
                        raise item.error
                    return item.result
                is_stale = self._is_stale()
                taken = None if is_stale else self._next_batch()
            if taken is None:
                self._run_guarded(self.sync)
            else:
                self._run_guarded(lambda taken=taken: self._put(*taken))

    def enqueue(self, item: Item) -> None:
        """Queue an operation, to be written with the next one that is appended."""
        with self.condition:
            self._queue.append(item)

    def sync(self) -> None:
        """Replay what other processes have written; concurrent callers share one read."""
        asked = self._clock()
        with self._syncing:
            begun = self._clock()
            with self.condition:
                if self.synced_at is not None and self.synced_at >= asked:
                    return
                known = self.position
            after = f"{entry_name(known)}~" if known else ""
            names = self._blobs.names(PREFIX, after)
            snapshots = [name for name in names if ".snapshot." in name]
            with self.condition:
                arrived = set(self._arrived)
            start, bodies = known, dict[str, str]()
            newest = snapshots[-1] if snapshots else None
            entries = [name for name in names if ".snapshot." not in name]
            if newest is not None:
                last = position_of(newest)
                # The entries before it may have been removed already.
                if not known or entry_name(known + 1) not in entries:
                    bodies = dict(self._blobs.read([newest]))
                    start = last
            wanted = [
                name
                for name in entries
                if (position := position_of(name)) > start and position not in arrived
            ]
            bodies |= self._blobs.read(wanted)
            with self.condition:
                if newest is not None:
                    self.snapshot = max(self.snapshot, position_of(newest))
                if newest in bodies and position_of(newest) > self.position:
                    self._restore(parse_entry(bodies[newest], self._blobs.shown)["tables"])
                    self.position = position_of(newest)
                for name in wanted:
                    if name in bodies and position_of(name) > self.position:
                        self._arrived.setdefault(position_of(name), bodies[name])
                self._advance()
                self.synced_at = begun

    def has_unfinished(self) -> bool:
        """Return whether a later run has to check any intent; this lists names only."""
        names = self._blobs.names(PREFIX)
        if not names:
            return False
        last = names[-1]
        return ".snapshot." not in last or not last.endswith(".0")

    def append_blindly(self, commands: Sequence[LoggedCommand]) -> None:
        """Write commands whose results are not needed, without replaying the log."""
        text = entry_text(commands, uuid.uuid4().hex)
        position = 0
        while True:
            after = entry_name(position) if position else ""
            names = self._blobs.names(PREFIX, after)
            position = max(position, position_of(names[-1]) if names else 0) + 1
            if self._blobs.create(entry_name(position), text):
                return

    def _is_stale(self) -> bool:
        return self.synced_at is None or self._clock() - self.synced_at > STALE_SECONDS

    def _may_write(self, item: Item) -> bool:
        return item in self._queue and len(self._in_flight) < self._max_in_flight

    def _next_batch(self) -> tuple[int, Batch]:
        """Take the queued commands, and the next position that is not known to be taken."""
        batch = Batch(self._queue[:MAX_COMMANDS])
        del self._queue[:MAX_COMMANDS]
        position = self.position + 1
        while position in self._in_flight or position in self._arrived:
            position += 1
        self._in_flight[position] = batch
        return position, batch

    def _put(self, position: int, batch: Batch) -> None:
        begun = self._clock()
        name, text = entry_name(position), batch.text()
        for _ in range(MAX_PUTS):
            is_ours = self._blobs.create(name, text)
            # A taken position is another process's, or ours if an earlier response was lost.
            arrived = text if is_ours else self._blobs.read([name]).get(name)
            if arrived is not None:
                break
        else:
            raise StoreError(f"{name} is taken, and not there")
        with self.condition:
            if self._in_flight.get(position) is batch:
                self._arrived.setdefault(position, arrived)
                self._advance()
                if is_ours and self.position >= position:
                    self.synced_at = begun
                    self._max_in_flight = min(self._max_in_flight + 1, IN_FLIGHT)
            self.condition.notify_all()
        if not is_ours:
            self.sync()

    def _advance(self) -> None:
        """Replay the entries that have arrived, up to the first missing one."""
        while (text := self._arrived.get(self.position + 1)) is not None:
            entry = parse_entry(text, self._blobs.shown)
            del self._arrived[self.position + 1]
            results = self._replay(self.position + 1, entry["ops"])
            self.position += 1
            batch = self._in_flight.pop(self.position, None)
            if batch is None:
                continue
            if batch.id == entry["id"]:
                for item, result in zip(batch.items, results, strict=True):
                    item.result, item.is_done = result, True
            else:
                # Another process took the position: queue ours again, and reduce the entries in
                # flight.
                self._queue[:0] = batch.items
                self._max_in_flight = 1
        self.condition.notify_all()

    def _run_guarded(self, step: Callable[[], None]) -> None:
        """Run a step; if it fails, fail all waiting commands and require a new read."""
        try:
            step()
        except BaseException as error:
            is_expected = isinstance(error, StoreError | ConfigurationError)
            reported = error if is_expected else StoreError("another thread was interrupted")
            with self.condition:
                waiting = [item for batch in self._in_flight.values() for item in batch.items]
                for item in (*waiting, *self._queue):
                    item.error, item.is_done = reported, True
                self._in_flight.clear()
                self._queue.clear()
                self._arrived.clear()
                self._max_in_flight = 1
                self.synced_at = None
                self.condition.notify_all()
            if not is_expected:
                raise
