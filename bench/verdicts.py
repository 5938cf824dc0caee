"""The targets, and whether a row meets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.results import Phase, Row, State

QUIET = 1.15
"""Target without latency, from 200 numbers on: our time divided by the null provider's."""
LARGE_ACCOUNT = 5_000
_SLOW: dict[Phase, float] = {"up": 1.3, "no-op up": 1.1, "preview": 1.1, "destroy": 1.3}
_UP_SECONDS = 5.6
_OF_TEAMS: tuple[tuple[State, int], ...] = (("s3", 30), ("postgres", 10))
"""Stores, and their latencies in milliseconds, that have targets."""
_SHARED = 1.3
_CHECKPOINTED = 0.2
_MAKE: dict[tuple[int, Phase], float] = {
    (200, "up"): 0.8,
    (200, "destroy"): 0.6,
    (1000, "up"): 0.3,
    (1000, "destroy"): 0.3,
}


@dataclass(frozen=True)
class Verdict:
    """A target as text, and whether it holds."""

    target: str
    holds: bool


def verdict(row: Row, among: Sequence[Row]) -> Verdict | None:
    """Return the target of a row, or None if it has none. `among` are the rows of the run."""
    if row.account >= LARGE_ACCOUNT and row.phase == "refresh":
        return Verdict("10 requests", row.sent <= 10)
    if row.account > row.numbers or row.ratio is None:
        return None
    if row.state != "files":
        return _of_team(row, row.ratio)
    if row.latency == 0 and row.numbers >= 200:
        return Verdict(f"x {QUIET}", row.ratio <= QUIET)
    if row.latency == 200 and row.numbers == 200:
        return _slow(row, row.ratio, among)
    return None


def _of_team(row: Row, ratio: float) -> Verdict | None:
    """Return the target of the make targets, or of a shared store."""
    if row.state == "make":
        most = _MAKE.get((row.numbers, row.phase)) if row.latency == 0 else None
        return Verdict(f"x {most}", ratio <= most) if most else None
    has_target = (row.state, row.store_latency) in _OF_TEAMS and row.numbers >= 200
    if not has_target or row.phase not in ("up", "destroy"):
        return None
    compared = row.checkpointed_ratio
    if compared is None:
        return Verdict(f"x {_SHARED}", ratio <= _SHARED)
    return Verdict(
        f"x {_SHARED}, x {_CHECKPOINTED}", ratio <= _SHARED and compared <= _CHECKPOINTED
    )


def _slow(row: Row, ratio: float, among: Sequence[Row]) -> Verdict | None:
    """Return the target for 200 numbers at 200 ms."""
    if row.phase == "refresh":
        floor = _floor(row, among)
        if floor is None:
            return None
        most = floor + 3 * row.latency / 1000
        return Verdict(
            f"{most:.1f} s, 5 requests",
            row.ours.seconds <= most and row.sent <= 5,
        )
    if row.phase not in _SLOW:
        return None
    most = _SLOW[row.phase]
    holds = ratio <= most
    if row.phase == "up":
        return Verdict(f"x {most}, {_UP_SECONDS} s", holds and row.ours.seconds < _UP_SECONDS)
    if row.phase == "destroy":
        return Verdict(f"x {most}", holds)
    return Verdict(f"x {most}, 0 requests", holds and row.sent == 0)


def _floor(row: Row, among: Sequence[Row]) -> float | None:
    """Return the null provider's seconds for this phase without latency."""
    for other in among:
        same = (other.numbers, other.account, other.phase) == (row.numbers, row.account, row.phase)
        if same and other.latency == 0 and other.null is not None:
            return other.null.seconds
    return None
