"""A preview beside pending operations: what it says, and what it decides as `make up` will."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.process.test_recover_command import state, stub
from tests.support.deployments import creating
from vapi_provider.cli import main

__all__ = ["stub"]


@pytest.mark.parametrize("count", [0, 2])
def test_a_preview_says_that_it_knows_nothing_of_pending_operations(stub: Path, count: int) -> None:
    """A warning in the summary counts them: the engine itself warns at an update only."""
    state(stub, *(creating(f"line-{at}") for at in range(count)))
    shown = CliRunner().invoke(main, ["preview", "--stack", "dev", "--json"])
    warnings = [warning["code"] for warning in json.loads(shown.stdout)["warnings"]]
    assert (shown.exit_code, warnings) == (0, ["VAPI-PREVIEW-BESIDE-PENDING"] if count else [])
    assert (f"the {count} pending operations" in shown.stdout) == bool(count)


@pytest.mark.parametrize(
    ("options", "words"), [((), "checkpoints-off pending"), (("--writes",), "pending")]
)
def test_a_preview_decides_on_checkpoints_beside_pending_operations(
    stub: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    """The program can refuse at preview what it refuses in `make up`, which resolves them first."""
    state(stub, creating("a"))
    monkeypatch.setenv("VAPI_CHECKPOINTS", "off")
    found = CliRunner().invoke(main, ["preflight", "--stack", "dev", "--checkpoints", *options])
    assert (found.exit_code, found.stdout) == (0, f"{words}\n")
