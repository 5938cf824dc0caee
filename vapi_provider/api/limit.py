"""Limit of requests in flight: additive increase, multiplicative decrease, as TCP has it."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Slot:
    """A request's place in flight."""

    round: int
    is_refused: bool | None = None
    """Whether the answer was a 429; None for a request that was not sent or not answered."""


class AdaptiveLimit:
    """How many requests may be in flight, for all threads of a process together.

    The limit starts at `ceiling`. A 429 halves it, never below one, and starts a new round.
    Requests of earlier rounds were in flight with the refused one: their 429s do not count again.
    As many answers without a 429 as the limit allows at once, a full round, raise it by one.

    The API counts requests per minute, so the next minute probably ends where the last one did:
    once as many requests have been sent as were accepted before the last 429, the limit falls to
    one and rises from there. The API then refuses one or two instead of all that are in flight.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.limit = ceiling
        self.in_flight = 0
        self._changed = threading.Condition()
        self._round = 0
        self._round_after_429 = 0
        self._answers_in_round = 0
        self._accepted_since_429 = 0
        self._accepted_before_429: int | None = None
        """None before the first 429, and once that many have been sent after it."""

    @contextmanager
    def slot(self) -> Generator[Slot]:
        """Wait until one more request may be in flight; it is until the block ends."""
        with self._changed:
            while (slot := self.enter()) is None:
                self._changed.wait()
        try:
            yield slot
        finally:
            self.leave(slot)

    def enter(self) -> Slot | None:
        """Take a place in flight without waiting; None where all are taken."""
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
        """Give a place back, and adjust the limit to the answer."""
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
        # Nothing accepted: the pause was too short, which says nothing of the next minute.
        self._accepted_before_429 = self._accepted_since_429 or self._accepted_before_429
        self._accepted_since_429 = 0

    def _accept(self, slot: Slot, was_sent_before_429: bool) -> None:
        if not was_sent_before_429:
            self._accepted_since_429 += 1
        elif self._accepted_before_429 is not None:
            self._accepted_before_429 += 1
        if slot.round == self._round and self.limit < self.ceiling:
            self._answers_in_round += 1
            if self._answers_in_round >= self.limit:
                self._answers_in_round = 0
                self.limit += 1

    def _start_round(self, limit: int) -> None:
        self._round += 1
        self._answers_in_round = 0
        self.limit = limit
