"""How many requests an API with a limit per minute refuses: 16 in flight beside the adaptive 32."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from vapi_provider.api.concurrency_limit import AdaptiveLimit, Slot
from vapi_provider.api.retry import MINUTE_JITTER_SECONDS

LATENCY = 0.2


class FixedLimit:
    """A number in flight that nothing changes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.in_flight = 0

    def enter(self) -> Slot | None:
        """Take a place; None where all are taken."""
        if self.in_flight == self.limit:
            return None
        self.in_flight += 1
        return Slot(0)

    def leave(self, _slot: Slot) -> None:
        """Give a place back."""
        self.in_flight -= 1


@dataclass
class Run:
    """A run's cost: refused requests, seconds, and minutes whose limit it met."""

    refusals: int = 0
    seconds: float = 0
    minutes: int = 0


def simulate(
    limit: Any, requests: int, per_minute: int, seed: int, retry_after: float | None = None
) -> Run:
    """Run on a simulated clock and API, with a shared pause after each 429 as in `retry`."""
    random, run = Random(seed), Run()
    now = paused_until = random.uniform(0, 5)
    to_send, minute, count = requests, -1, 0
    arrivals: list[tuple[float, int, Slot, bool]] = []
    while to_send or arrivals:
        while to_send and now >= paused_until and (slot := limit.enter()):
            minute, count = (now // 60, 0) if now // 60 != minute else (minute, count)
            count += 1
            to_send -= 1
            answered_at = now + LATENCY * random.uniform(0.7, 1.3)
            arrivals_key = requests - to_send + run.refusals * requests
            heapq.heappush(arrivals, (answered_at, arrivals_key, slot, count > per_minute))
        if to_send and now < paused_until and (not arrivals or paused_until < arrivals[0][0]):
            now = paused_until
            continue
        now, _, slot, is_refused = heapq.heappop(arrivals)
        slot.is_refused = is_refused
        if is_refused:
            run.refusals += 1
            run.minutes += now >= paused_until
            to_send += 1
            next_minute = 60 - now % 60 + random.uniform(0, MINUTE_JITTER_SECONDS)
            seconds = next_minute if retry_after is None else retry_after
            paused_until = max(paused_until, now + seconds)
        limit.leave(slot)
    run.seconds = now
    return run


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("requests", "per_minute"), [(200, 30), (200, 60), (1000, 60), (1000, 100), (1000, 190)]
)
def test_a_run_that_meets_the_limit_again_is_refused_less(
    requests: int, per_minute: int, seed: int
) -> None:
    """From the third minute at the limit on fewer requests are refused in all than with 16."""
    before = simulate(FixedLimit(16), requests, per_minute, seed)
    after = simulate(AdaptiveLimit(32), requests, per_minute, seed)
    assert after.minutes >= 3
    assert after.refusals < before.refusals
    assert after.refusals <= 32 + 3 * (after.minutes - 1)
    assert after.seconds < before.seconds + MINUTE_JITTER_SECONDS + 5


@pytest.mark.parametrize("per_minute", [100, 120, 150])
def test_the_first_refusal_costs_no_more_than_what_was_in_flight(per_minute: int) -> None:
    """Nothing foretells the first 429: what was sent with it is refused, and no more."""
    run = simulate(AdaptiveLimit(32), 200, per_minute, seed=1)
    assert run.minutes == 1
    assert 0 < run.refusals <= 32


@pytest.mark.parametrize("per_minute", [60, 100, 150])
def test_an_api_that_asks_for_short_waits_refuses_a_fraction(per_minute: int) -> None:
    """Where each second is tried again, a fifth of what a fixed number would lose is refused."""
    before = simulate(FixedLimit(16), 200, per_minute, seed=1, retry_after=1)
    after = simulate(AdaptiveLimit(32), 200, per_minute, seed=1, retry_after=1)
    assert after.refusals < before.refusals / 5
    assert after.seconds < before.seconds + 5


def test_without_a_limit_a_run_takes_about_half_as_long() -> None:
    """Thirty-two in flight finish 200 requests in less than 0.6 of the time of 16, unrefused."""
    before = simulate(FixedLimit(16), 200, 10_000, seed=1)
    after = simulate(AdaptiveLimit(32), 200, 10_000, seed=1)
    assert before.refusals == after.refusals == 0
    start = simulate(FixedLimit(1), 0, 1, seed=1).seconds
    assert (after.seconds - start) < 0.6 * (before.seconds - start)
