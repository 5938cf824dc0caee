"""Runs of chaos as tests: seeds that must be right, and troubles that show what care does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.harness import run
from tests.chaos.scenario import Scenario

pytestmark = pytest.mark.engine

# Every POST is carried out and none is answered, so nothing here depends on time.
UNANSWERED = ("POST:*:commit-then-slow=6",)
LOST = replace(
    Scenario.of(0), faults=("POST:1-3:commit-then-drop",), killed=(), elsewhere=False, latency=0.1
)
KILLED = replace(LOST, faults=UNANSWERED, killed=("engine", "plugin"), records=3, after=0.2)
LATE = replace(
    KILLED,
    # The first run's POSTs are carried out when the second run has been looking for a while.
    faults=("POST:1-7:slow=12",),
    timeout=16,
    stays=True,
    records=0,
    after=1.5,
    parallel=16,
)
TROUBLES = {
    "answers lost": LOST,
    "all killed": KILLED,
    "engine killed": replace(KILLED, killed=("engine",)),
    "all killed, carried out late": LATE,
    "plugin killed": replace(KILLED, killed=("plugin",)),
    "all killed, rerun elsewhere": replace(KILLED, elsewhere=True),
    "engine killed, rerun elsewhere": replace(KILLED, killed=("engine",), elsewhere=True),
}


@pytest.mark.parametrize("seed", range(1, 26))
def test_a_rerun_ends_with_each_number_once(tmp_path: Path, seed: int) -> None:
    """Whatever a seed does to an `up`, in the end the account, the state and the program agree."""
    assert run(Scenario.of(seed), seed, tmp_path).findings == []


@pytest.mark.parametrize("trouble", TROUBLES)
def test_care_is_what_makes_the_difference(tmp_path: Path, trouble: str) -> None:
    """Without journal and matching a trouble ends in double purchases, with them in none."""
    scenario = TROUBLES[trouble]
    (tmp_path / "careless").mkdir()
    (tmp_path / "ours").mkdir()
    careless = run(replace(scenario, elsewhere=False), 0, tmp_path / "careless", careless=True)
    assert [line for line in careless.findings if "twice or more at the" in line], careless
    ours = run(scenario, 0, tmp_path / "ours")
    assert ours.findings == []
    assert ours.killed == bool(scenario.killed)


def test_a_plugin_killed_alone_is_told_of_elsewhere(tmp_path: Path) -> None:
    """Where neither state nor journal knows of a number, `recover` lists it: nothing is doubled."""
    scenario = replace(KILLED, killed=("plugin",), elsewhere=True)
    automatic = [one for one in scenario.declarations if one.is_automatic]
    assert automatic
    outcome = run(scenario, 0, tmp_path)
    assert outcome.findings == []
    assert outcome.killed
