"""Limit of requests in flight: additive increase, multiplicative decrease (AIMD), as in TCP."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Slot:
    """A request's slot among the requests in flight."""

    round: int
    is_refused: bool | None = None
    """Whether the response was a 429; None for a request that was not sent or got no response."""


class AdaptiveLimit:
    """Limit of requests in flight, shared by all threads of a process.

    The limit starts at `ceiling`. A 429 halves it, to at least one, and starts a new round.
    Requests of earlier rounds were in flight together with the refused one, so their 429s do not
    count again. A full round of responses without a 429, as many as the limit, raises the limit by
    one.

    The API counts requests per minute, so the next minute probably allows as many as the last one.
    Once as many requests have been sent as were accepted before the last 429, the limit falls to
    one and rises from there. The API then refuses one or two requests instead of all that are in
    flight.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.limit = ceiling
        self.in_flight = 0
        self._changed = threading.Condition()
        self._round = 0
        self._round_after_429 = 0
        self._responses_in_round = 0
        self._accepted_since_429 = 0
        self._accepted_before_429: int | None = None
        """None before the first 429, and once that many requests have been sent after it."""

    @contextmanager
    def slot(self) -> Generator[Slot]:
        """Wait for a free slot, and hold it until the block ends."""
        with self._changed:
            while (slot := self.enter()) is None:
                self._changed.wait()
        try:
            yield slot
        finally:
            self.leave(slot)

    def enter(self) -> Slot | None:
        """Return a slot without waiting; None where no slot is free."""
        with self._changed:
            sent = self._accepted_since_429 + self.in_flight
            if self._accepted_before_429 is not None and sent >= self._accepted_before_429:
                self._accepted_before_429 = None
                self._start_round(1)
            if self.in_flight >= self.limit:
                return None
            self.in_flight += 1
            return Slot(self._round)

    def leave(self, slot: Slot) -> None:
        """Free a slot, and adjust the limit to the response."""
        with self._changed:
            self.in_flight -= 1
            was_sent_before_429 = slot.round < self._round_after_429
            if slot.is_refused and not was_sent_before_429:
                self._decrease()
            elif slot.is_refused is False:
                self._accept(slot, was_sent_before_429)
            self._changed.notify_all()

    def _decrease(self) -> None:
        self._start_round(max(1, self.limit // 2))
        self._round_after_429 = self._round
        # If nothing was accepted, the pause was too short, so the previous count stays valid.
        self._accepted_before_429 = self._accepted_since_429 or self._accepted_before_429
        self._accepted_since_429 = 0

    def _accept(self, slot: Slot, was_sent_before_429: bool) -> None:
        if not was_sent_before_429:
            self._accepted_since_429 += 1
        elif self._accepted_before_429 is not None:
            self._accepted_before_429 += 1
        if slot.round == self._round and self.limit < self.ceiling:
            self._responses_in_round += 1
            if self._responses_in_round >= self.limit:
                self._responses_in_round = 0
                self.limit += 1

    def _start_round(self, limit: int) -> None:
        self._round += 1
        self._responses_in_round = 0
        self.limit = limit
