"""The command `preflight` on a backend that is a folder: words for the shell, facts for a run."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.builders import ORG
from tests.support.deployments import deployment, resource
from vapi_provider.cli import main
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.settings.backend import backend_of
from vapi_provider.settings.config import journal_in

KEY = "acme/shop/dev/VapiPhoneNumber/a"
FOREIGN = {
    "urn": "urn:pulumi:dev::shop::pulumi-python:dynamic/cert:Certificate::site",
    "type": "pulumi-python:dynamic/cert:Certificate",
    "custom": True,
    "id": "site",
    "inputs": {"__provider": "gASVAAAA"},
    "outputs": {"__provider": "gASVAAAA"},
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter the folder of project `shop`, whose state is a folder; no pulumi is on PATH."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_state(project: Path, latest: Any, stack: str = "dev") -> Path:
    """Write a stack's state as Pulumi stores it in a folder; return the file."""
    file = project / ".pulumi" / "stacks" / "shop" / f"{stack}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}), encoding="utf-8")
    return file


def preflight(*words: str) -> Result:
    """Run the command for stack `dev`."""
    return CliRunner().invoke(main, ["preflight", "--stack", "dev", *words])


def test_a_stack_that_does_not_exist_is_missing() -> None:
    """The shell reads `missing` on stdout, and nothing else is written."""
    result = preflight()
    assert (result.exit_code, result.stdout, result.stderr) == (0, "missing\n", "")


def test_the_facts_of_the_state_are_written_for_the_plugin(project: Path) -> None:
    """The file names the organization and the holder of each record; its folder is created."""
    write_state(project, deployment(resource("a", "one"), pending=[]))
    assert preflight("--facts", "run/facts-1.json").stdout == "\n"
    assert json.loads((project / "run" / "facts-1.json").read_text(encoding="utf-8")) == {
        "organizations": [ORG],
        "holders": {"one": [KEY]},
        "replacing": [],
    }


def test_facts_of_killed_runs_are_removed(project: Path) -> None:
    """A facts file is removed once its run has ended; every other file of the folder stays."""
    # Process ids end below 2**22, so that no process has the first one.
    ended, running, other = (
        project / f"facts-{pid}.json" for pid in (2**22 + 1, os.getpid(), "today")
    )
    for file in (ended, running, other):
        file.touch()
    assert preflight("--facts", str(project / "facts-own.json")).exit_code == 0
    # Without /proc it cannot be known which runs have ended.
    assert ended.exists() != Path("/proc/self").exists()
    assert running.exists()
    assert other.exists()


def test_foreign_code_is_refused_unless_no_engine_starts(project: Path) -> None:
    """The engine would run the code that the state holds; a command without an engine may go on."""
    write_state(project, deployment(FOREIGN, pending=[]))
    refused = preflight()
    assert refused.exit_code == 1
    assert "VAPI_ALLOW_PROVIDERS" in refused.stderr
    assert preflight("--no-engine").exit_code == 0


@pytest.mark.parametrize(
    ("words", "shown"),
    [(["--checkpoints"], ""), (["--checkpoints", "--writes"], "VAPI_CHECKPOINTS=on\n")],
)
def test_the_choice_of_checkpoints_is_reported_where_the_state_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], shown: str
) -> None:
    """The shell reads the choice in any case; the user sees the reason of a run that writes."""
    write_state(project, deployment(pending=[]))
    assert preflight("--checkpoints").stdout == "checkpoints-off\n"
    monkeypatch.setenv("VAPI_CHECKPOINTS", "on")
    result = preflight(*words)
    assert result.stdout == "checkpoints-on\n"
    assert result.stderr.endswith(shown)
    assert bool(result.stderr) == bool(shown)


def test_a_journal_that_ends_with_the_runner_is_refused_where_the_state_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pipeline is told to set VAPI_JOURNAL before anything is read: no pulumi is on PATH."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.example")
    monkeypatch.delenv("VAPI_JOURNAL")
    refused = preflight("--writes")
    assert refused.exit_code == 1
    assert "Set VAPI_JOURNAL to" in refused.stderr
    assert "no pulumi on PATH" in preflight().stderr


def test_a_record_that_another_stack_holds_finishes_its_intent(project: Path) -> None:
    """The other stacks of the backend are read if the own state does not hold the record."""
    place, backend = journal_in(os.environ, project), backend_of(os.environ, project)
    journal = Journal(place.file, "account", backend)
    journal.write_intent(KEY, {"digests": {}}, AccountWatermark("", frozenset()), 0)
    journal.record_id(KEY, "one")
    write_state(project, deployment(pending=[]))
    assert preflight().stdout == "unfinished\n"
    write_state(project, deployment(resource("a", "one"), pending=[]), stack="moved")
    assert preflight().stdout == "\n"
    assert Journal(place.file, "account", backend).find(KEY) is None


def test_attributes_that_a_kill_left_empty_are_removed(project: Path) -> None:
    """They are removed before the state is read; with a lock, only if the user says `--idle`."""
    state = write_state(project, deployment(pending=[]))
    attributes = state.with_name("dev.json.attrs")
    attributes.touch()
    os.utime(attributes, (1, 1))
    lock = project / ".pulumi" / "locks" / "organization" / "shop" / "dev" / "a-lock.json"
    lock.parent.mkdir(parents=True)
    held = {"pid": os.getpid(), "hostname": socket.gethostname(), "username": "u"}
    lock.write_text(json.dumps(held), encoding="utf-8")
    assert "is locked by" in preflight().stderr
    assert attributes.exists()
    result = preflight("--idle")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "which a killed run left empty" in result.stderr
    assert not attributes.exists()
