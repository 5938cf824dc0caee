"""Many numbers without checkpoints, on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.fleet import kill_half_way

pytestmark = pytest.mark.engine


@pytest.mark.usefixtures("_pulumi")
@pytest.mark.parametrize("plugin", [False, True], ids=["engine", "both"])
def test_a_run_killed_without_checkpoints_heals_by_its_journal(
    tmp_path: Path, plugin: bool
) -> None:
    """60 numbers, half of them made, a state that knows none: 60 in the end, and few listings.

    One, and where the plugin was killed as well one every two seconds while a request of its may
    still be carried out.
    """
    outcome = kill_half_way(tmp_path, 60, plugin=plugin, checkpoints=False)
    assert outcome.findings == []
    assert outcome.requests["POST"] == 60 - outcome.created
    # The first listing, and the last one of threads that did not wait at the same time.
    beside = 3
    assert outcome.requests["GET"] <= (outcome.rerun.seconds / 2 + beside if plugin else 1)
