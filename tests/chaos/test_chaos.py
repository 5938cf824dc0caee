"""Runs of chaos as tests: twenty-five seeds that must be right, and a few that must not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.harness import run

pytestmark = pytest.mark.engine

# No fault; the plugin, both, the engine killed while the POSTs are on their way, all at once.
KILLED_WHILE_BUYING = (1488, 2276, 3009)


@pytest.mark.parametrize("seed", range(1, 26))
def test_a_rerun_ends_with_each_number_once(tmp_path: Path, seed: int) -> None:
    """Whatever a seed does to an `up`, in the end the account, the state and the program agree."""
    assert run(seed, tmp_path) == []


@pytest.mark.parametrize("seed", KILLED_WHILE_BUYING)
def test_the_harness_finds_double_purchases_without_the_journal(tmp_path: Path, seed: int) -> None:
    """With the journal lost after the kill, a number with a name of its own is bought twice."""
    findings = run(seed, tmp_path, lose_journal=True, explicit=True)
    assert [line for line in findings if "line is twice or more at the account" in line], findings
