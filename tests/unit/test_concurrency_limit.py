"""The limit of requests in flight: what halves it, what raises it, who waits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vapi_provider.api.concurrency_limit import AdaptiveLimit, Slot


def fill(limit: AdaptiveLimit) -> list[Slot]:
    """Take all places that are free."""
    slots: list[Slot] = []
    while (slot := limit.enter()) is not None:
        slots.append(slot)
    return slots


def answer(limit: AdaptiveLimit, slots: list[Slot], is_refused: bool | None) -> None:
    """Answer the requests of some places."""
    for slot in slots:
        slot.is_refused = is_refused
        limit.leave(slot)


def test_as_many_as_the_ceiling_are_in_flight_at_first() -> None:
    """Without a 429 the limit is the ceiling, and a place that is given back is free."""
    limit = AdaptiveLimit(32)
    slots = fill(limit)
    assert len(slots) == 32
    answer(limit, slots[:3], is_refused=False)
    assert len(fill(limit)) == 3


@pytest.mark.parametrize("refusals", [1, 2, 32])
def test_refusals_of_requests_in_flight_together_halve_it_once(refusals: int) -> None:
    """However many requests that were in flight with the refused one are refused, it is halved."""
    limit = AdaptiveLimit(32)
    slots = fill(limit)
    answer(limit, slots[:refusals], is_refused=True)
    answer(limit, slots[refusals:], is_refused=False)
    assert (limit.limit, limit.in_flight) == (16, 0)


def test_each_refused_round_halves_it_down_to_one() -> None:
    """The limit falls by powers of two and stays at one, odd limits included."""
    limit, limits = AdaptiveLimit(13), list[int]()
    for _ in range(5):
        answer(limit, fill(limit), is_refused=True)
        limits.append(limit.limit)
    assert limits == [6, 3, 1, 1, 1]


def test_a_full_round_without_a_refusal_lets_one_more_in() -> None:
    """As many answers as the limit raise it by one, until the ceiling."""
    limit = AdaptiveLimit(4)
    answer(limit, fill(limit), is_refused=True)
    limits: list[int] = []
    for _ in range(12):
        slot = limit.enter()
        assert slot
        answer(limit, [slot], is_refused=False)
        limits.append(limit.limit)
    assert limits == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


def test_answers_to_requests_from_before_a_refusal_do_not_raise_it() -> None:
    """They say nothing about the halved limit, nor do requests without an answer."""
    limit = AdaptiveLimit(8)
    first, *others = fill(limit)
    answer(limit, [first], is_refused=True)
    answer(limit, others, is_refused=False)
    for _ in range(20):
        answer(limit, fill(limit), is_refused=None)
    assert limit.limit == 4


def test_where_the_last_refusal_came_requests_go_one_at_a_time() -> None:
    """After as many requests as were accepted before a 429, one is in flight, then two."""
    limit = AdaptiveLimit(8)
    for _ in range(3):
        answer(limit, fill(limit), is_refused=False)
    slots = fill(limit)
    answer(limit, slots[:1], is_refused=True)
    answer(limit, slots[1:3], is_refused=False)  # Their answers were only slower.
    answer(limit, slots[3:], is_refused=True)
    sent = 0
    while sent < 26:
        slots = fill(limit)
        assert len(slots) >= min(4, 26 - sent)
        answer(limit, slots, is_refused=False)
        sent += len(slots)
    assert sent == 26
    for together in (1, 2, 3):
        slots = fill(limit)
        assert len(slots) == together
        answer(limit, slots, is_refused=False)


def test_a_refusal_right_after_a_pause_does_not_move_that_place() -> None:
    """A pause that was too short halves the limit; what a minute allows is remembered."""
    limit = AdaptiveLimit(8)
    answer(limit, fill(limit), is_refused=False)
    for _ in range(2):
        answer(limit, fill(limit), is_refused=True)
    together: list[int] = []
    for _ in range(5):
        slots = fill(limit)
        answer(limit, slots, is_refused=False)
        together.append(len(slots))
    assert together == [2, 3, 3, 1, 2]  # One at a time after eight, as before.


def test_threads_wait_for_a_place() -> None:
    """A thread beyond the limit goes on once another one's block ends, by an error too."""
    limit = AdaptiveLimit(2)
    both, go_on = threading.Barrier(2), threading.Event()
    peak = 0

    def work(at: int) -> None:
        nonlocal peak
        with limit.slot():
            peak = max(peak, limit.in_flight)
            if at < 2:
                both.wait(timeout=10)
                go_on.wait(timeout=10)
                raise OSError

    with ThreadPoolExecutor(8) as threads:
        first = [threads.submit(work, at) for at in range(2)]
        others = [threads.submit(work, at) for at in range(2, 8)]
        go_on.set()
        assert all(one.exception(timeout=10) for one in first)
        assert not any(one.exception(timeout=10) for one in others)
    assert (peak, limit.in_flight) == (2, 0)
