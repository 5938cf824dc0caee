"""What the bench makes of what it measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.page import page, table, tables
from bench.plot import figure
from bench.results import Measurement, Phase, Results, Row, Side, State, join, rows
from bench.sides import count
from bench.verdicts import verdict


def measured(
    side: Side, phase: Phase, seconds: float, *, numbers: int = 200, latency: int = 0, **more: Any
) -> Measurement:
    return Measurement(
        side=side,
        numbers=numbers,
        latency=latency,
        account=more.pop("account", numbers),
        phase=phase,
        seconds=seconds,
        cpu_seconds=seconds / 2,
        plugin_kib=70_000,
        **more,
    )


def judged(*several: Measurement) -> bool | None:
    """Whether the target of the last row holds; None where it has none."""
    found = rows(several)
    one = verdict(found[-1], found)
    return one.holds if one else None


def test_medians_are_taken_for_each_side_and_the_ratio_is_of_them() -> None:
    """Three repetitions a side: one that was slow by chance decides nothing."""
    times = {"ours": (2.2, 9.0, 2.1), "null": (2.0, 2.0, 30.0)}
    one: list[Measurement] = [
        measured(side, "up", seconds) for side in ("ours", "null") for seconds in times[side]
    ]
    (row,) = rows(one)
    assert (row.ours.seconds, row.repetitions) == (2.2, 3)
    assert row.ratio == pytest.approx(1.1)


def test_requests_are_the_most_that_any_repetition_sent() -> None:
    """A run that sent more than the others is not hidden by them."""
    (row,) = rows(
        measured("ours", "refresh", 1, requests={"GET": gets}, peak=gets) for gets in (1, 4, 1)
    )
    assert (row.sent, row.ours.peak) == (4, 4)


@pytest.mark.parametrize(("ours", "holds"), [(2.3, True), (2.31, False)])
def test_with_no_latency_ours_may_take_15_percent_more(ours: float, holds: bool) -> None:
    """The target is a ratio, from 200 numbers on."""
    assert judged(measured("ours", "up", ours), measured("null", "up", 2.0)) is holds
    small = [measured(side, "up", 2, numbers=50) for side in ("ours", "null")]
    assert judged(*small) is None


@pytest.mark.parametrize(
    ("phase", "ours", "null", "requests", "holds"),
    [
        ("up", 5.2, 4.0, 201, True),
        ("up", 5.3, 4.0, 201, False),
        ("up", 5.6, 4.9, 201, False),
        ("no-op up", 2.2, 2.0, 0, True),
        ("no-op up", 2.0, 2.0, 1, False),
        ("preview", 2.21, 2.0, 0, False),
        ("destroy", 5.2, 4.0, 200, True),
        ("destroy", 5.3, 4.0, 200, False),
    ],
)
def test_200_numbers_at_200_ms(
    phase: Phase, ours: float, null: float, requests: int, holds: bool
) -> None:
    """Time by the floor's, seconds for `up`, and no request where nothing is to be done."""
    sent = {"GET": requests} if requests else {}
    at = {"latency": 200}
    one = measured("ours", phase, ours, requests=sent, **at)
    assert judged(one, measured("null", phase, null, **at)) is holds


@pytest.mark.parametrize(
    ("ours", "requests", "holds"), [(2.6, 5, True), (2.6, 6, False), (2.7, 5, False)]
)
def test_a_slow_refresh_is_held_to_the_floor_that_waits_for_nobody(
    ours: float, requests: int, holds: bool
) -> None:
    """Three latencies above the null provider with none, however slow one is that waits."""
    assert (
        judged(
            measured("ours", "refresh", 2.1),
            measured("null", "refresh", 2.0),
            measured("ours", "refresh", ours, latency=200, requests={"GET": requests}),
            measured("null", "refresh", 9.0, latency=200),
        )
        is holds
    )


@pytest.mark.parametrize(("requests", "holds"), [(10, True), (11, False)])
def test_a_fleet_in_a_large_account_is_held_to_its_requests(requests: int, holds: bool) -> None:
    """1,000 numbers among 5,000: there is no floor to compare, only what was sent."""
    one = measured("ours", "refresh", 9, numbers=1000, account=5000, requests={"GET": requests})
    assert judged(one) is holds


def test_the_accounts_log_tells_methods_and_how_many_were_at_once() -> None:
    """Lines of `serve --verbose`; what else is in the log is passed over."""
    log = (
        '"POST /phone-number HTTP/1.1" 201, 1 at once\n'
        '"GET /phone-number?limit=1000 HTTP/1.1" 200, 3 at once\n'
        '"POST /phone-number HTTP/1.1" dropped, 2 at once\n'
        "something else, 9 at once\n"
    )
    assert count(log) == ({"POST": 2, "GET": 1}, 3)


def test_results_of_parts_are_joined_and_of_two_machines_are_not(tmp_path: Path) -> None:
    """What was saved is read back as it was."""
    one, other = measured("ours", "up", 1), measured("null", "up", 1)
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file, part in zip(files, (one, other), strict=True):
        Results(machine="this", measured=(part,)).save(file)
    assert join(files).measured == (one, other)
    Results(machine="that").save(files[1])
    with pytest.raises(ValueError, match="different machines"):
        join(files)


def found() -> list[Row]:
    phases: list[Phase] = ["up", "refresh"]
    ours = [measured("ours", phase, 2.4, requests={"GET": 2}) for phase in phases]
    return rows([*ours, *(measured("null", phase, 2.0) for phase in phases)])


def test_the_page_says_what_holds_and_on_what_it_was_measured() -> None:
    """Every row of the table has as many cells as its head, and a verdict where there is one."""
    lines = table(found()).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert [line.split("|")[-2].strip() for line in lines[2:]] == ["**no**", "**no**"]
    text = page(found(), "a machine")
    assert "Measured on a machine." in text
    assert "0 of 2 targets hold." in text


def test_the_figure_is_the_same_each_time_and_has_a_dot_for_each_ratio() -> None:
    """So that a page written anew differs only where the figures do."""
    drawn = figure(found())
    assert drawn == figure(found())
    assert drawn.count("<circle") == 1 + 2  # the legend's, and the two ratios
    assert "200 numbers, refresh: 1.20" in drawn


@pytest.mark.parametrize(
    ("state", "store_latency", "numbers", "ours", "holds"),
    [
        ("s3", 30, 200, 2.0, True),
        ("s3", 30, 200, 2.1, False),  # More than 0.2 of the side with checkpoints.
        ("s3", 30, 1000, 2.6, True),
        ("s3", 30, 1000, 2.7, False),
        ("s3", 0, 200, 9.0, None),
        ("postgres", 10, 200, 2.0, True),
        ("make", 0, 200, 1.6, True),
        ("make", 0, 200, 1.7, False),
        ("make", 0, 1000, 0.7, False),
    ],
)
def test_shared_state_and_make_targets_have_targets_of_their_own(
    state: State, store_latency: int, numbers: int, ours: float, holds: bool | None
) -> None:
    """A ratio to the null provider, and at 200 numbers on shared state to it with checkpoints."""
    more: dict[str, Any] = {"numbers": numbers, "state": state, "store_latency": store_latency}
    several = [measured("ours", "up", ours, **more), measured("null", "up", 2.0, **more)]
    if state != "make" and numbers == 200:
        several.append(measured("checkpointed", "up", 10.0, **more))
    assert judged(*several) is holds


def test_the_page_has_a_table_of_its_own_for_the_state_of_teams() -> None:
    """Rows of shared state are not among those with state in files, nor in the figure."""
    more: dict[str, Any] = {"state": "s3", "store_latency": 30}
    team = [
        measured("ours", "up", 2.2, **more),
        measured("null", "up", 2.0, **more),
        measured("checkpointed", "up", 20.0, **more),
    ]
    files = [measured("ours", "up", 2.4), measured("null", "up", 2.0)]
    both = rows([*team, *files])
    text = page(both, "a machine")
    assert "1 of 1 targets hold." in text
    assert "0 of 1 targets hold." in text
    assert [line.count("S3 | 30 ms") for line in tables(both).splitlines() if "2.20" in line] == [1]
    assert figure(both) == figure(rows(files))
