"""Rounds of chaos as tests: seeds that must be right, and troubles that show what care does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.declarations import NIGHT, some
from tests.chaos.harness import play, run
from tests.chaos.rounds import KINDS, LATENCY, kind_of, round_of, run_round
from tests.chaos.scenario import Scenario
from tests.chaos.sharing import Sharing
from tests.chaos.stage import LOST as LOST_ANSWERS
from tests.chaos.twins import Twins
from tests.chaos.ups import Kill
from tests.support.stores import postgresql

pytestmark = pytest.mark.engine

# What a trouble ends in must not depend on how fast a machine is: every POST is struck, and a kill
# waits until all of them are carried out, or received.
NUMBERS = len(Scenario.of(0).declarations)
LOST = replace(
    Scenario.of(0),
    faults=("POST:*:commit-then-drop",),
    killed=(),
    elsewhere=False,
    latency=0.1,
    parallel=16,
)
KILLED = replace(
    LOST,
    faults=("POST:*:commit-then-slow=6",),
    killed=("engine", "plugin"),
    records=NUMBERS,
    after=0.2,
    timeout=3,
)
LATE = replace(
    KILLED,
    # All but the last are carried out when the second run has been looking for a while. Without
    # care the last is answered at once, which says that all have been received.
    faults=(f"POST:1-{NUMBERS - 1}:slow=9",),
    timeout=12,
    late=9,
    records=0,
    after=1,
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


# One of each other kind; a lag of 3 s, as longer ones only take longer.
SEEDS = [
    *(("trouble", seed) for seed in range(1, 13)),
    ("lag", 1),
    ("password", 4),
    ("state-move", 3),
    ("component", 8),
    ("attributes", 2),
    ("replacement", 10),
    ("owner", 2),
    ("orphan", 4),
    ("organization", 1),
    ("shared", 11),
    ("twins", 18),
]

# All bought, nothing answered, everything killed; only explicit names, which the account alone does
# not tell apart from those of other stacks.
INTERRUPTED = Sharing(
    "s3",
    "create",
    (Kill(("engine", "plugin"), 0.2),),
    1.0,
    (LOST_ANSWERS,),
    (*some("pool-0", "pool-1"), NIGHT),
)


@pytest.mark.parametrize(("kind", "seed"), SEEDS)
def test_a_rerun_ends_with_each_number_once(tmp_path: Path, kind: str, seed: int) -> None:
    """After the faults of any seed, the account, the state and the program agree."""
    chosen = round_of(kind, seed)
    on_postgres = isinstance(chosen, Sharing | Twins) and chosen.store == "postgres"
    if (on_postgres or kind == "password") and postgresql() is None:
        pytest.skip("no PostgreSQL server here")
    assert run_round(kind, seed, tmp_path).findings == []


def test_consecutive_seeds_play_every_kind() -> None:
    """As many seeds in a row as there are kinds choose each once; the tests have one of each."""
    assert sorted(map(kind_of, range(7, 7 + len(KINDS)))) == sorted(KINDS)
    assert {kind for kind, _ in SEEDS} == set(KINDS)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_care_is_what_makes_the_difference(tmp_path: Path, trouble: str) -> None:
    """A fault causes double purchases without the journal and the search, and none with them."""
    scenario = TROUBLES[trouble]
    (tmp_path / "careless").mkdir()
    (tmp_path / "ours").mkdir()
    once = replace(scenario, elsewhere=False, reruns=1)
    careless = run(once, 0, tmp_path / "careless", careless=True)
    assert [line for line in careless.findings if "twice or more at the" in line], careless
    ours = run(scenario, 0, tmp_path / "ours")
    assert ours.findings == []
    assert bool(ours.killed) == bool(scenario.killed)


def test_a_plugin_killed_alone_is_told_of_elsewhere(tmp_path: Path) -> None:
    """`recover` lists a number that neither state nor journal knows; nothing is purchased twice."""
    scenario = replace(KILLED, killed=("plugin",), elsewhere=True)
    automatic = [one for one in scenario.declarations if one.is_automatic]
    assert automatic
    outcome = run(scenario, 0, tmp_path)
    assert outcome.findings == []
    assert outcome.killed


def test_the_shared_journal_is_what_makes_the_difference(tmp_path: Path) -> None:
    """A rerun on another machine buys twice if each has a journal of its own, else never."""
    for journal, is_shared in (("own", False), ("shared", True)):
        round_ = replace(INTERRUPTED, has_shared_journal=is_shared)
        (tmp_path / journal).mkdir()
        outcome = play(round_.play, 0, tmp_path / journal, LATENCY, round_.timeout)
        doubled = [line for line in outcome.findings if "twice or more at the" in line]
        assert outcome.killed
        if is_shared:
            assert outcome.findings == []
        else:
            assert len(doubled) == 2, outcome.findings
