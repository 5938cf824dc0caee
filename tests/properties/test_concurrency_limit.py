"""The adaptive limit of concurrent requests: any order of answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vapi_provider.api.concurrency_limit import AdaptiveLimit, Slot


def answer(limit: AdaptiveLimit, slots: list[Slot], is_refused: bool | None) -> None:
    """Answer the requests of some places."""
    for slot in slots:
        slot.is_refused = is_refused
        limit.leave(slot)


@given(
    ceiling=st.integers(1, 40),
    steps=st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from([None, True, False])), max_size=200
    ),
)
def test_it_is_kept_whatever_the_answers(
    ceiling: int, steps: list[tuple[int, bool | None]]
) -> None:
    """The limit stays between one and the ceiling, is kept by whoever enters, and blocks nobody."""
    limit, slots = AdaptiveLimit(ceiling), list[Slot]()
    for choice, is_refused in steps:
        before = limit.limit
        if choice % 2 or not slots:
            slot = limit.enter()
            if slot is not None:
                slots.append(slot)
                assert len(slots) <= limit.limit
            else:
                assert len(slots) >= limit.limit
        else:
            answer(limit, [slots.pop(choice % len(slots))], is_refused)
            assert limit.limit in (before, before + 1, max(1, before // 2))
            assert limit.limit <= before or is_refused is False
        assert 1 <= limit.limit <= ceiling
        assert limit.in_flight == len(slots)
    answer(limit, slots, is_refused=None)
    assert limit.enter() is not None
