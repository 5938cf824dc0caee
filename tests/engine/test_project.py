"""This project itself on the real engine: its stacks, and what is said when one cannot run."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT, Account, Project

pytestmark = pytest.mark.engine

LOCAL_PASSPHRASE = "local-only-not-a-secret"


@pytest.fixture
def project(tmp_path: Path, _pulumi: None) -> Project:
    """A copy of this project with a state of its own; no account is set."""
    folder, state = tmp_path / "project", tmp_path / "state"
    state.mkdir()
    folder.mkdir()
    for name in ("Pulumi.yaml", "__main__.py", "stacks", "vapi_provider"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    return Project.at(folder, state, passphrase=LOCAL_PASSPHRASE)


def test_local_needs_nothing_and_leaves_the_clone_clean(project: Project) -> None:
    """`up` of `local` makes three lines on the embedded account, twice, and writes no config."""
    config = project.folder / "stacks" / "Pulumi.local.yaml"
    before = config.read_text(encoding="utf-8")
    project.init("local")
    assert project.up() == {"create": 4}
    assert project.up() == {}
    assert config.read_text(encoding="utf-8") == before
    shown = project.pulumi("stack", "output", "--json").text
    for reached in ("+1415", "+1212", "sip:local-switchboard@sip.vapi.ai"):
        assert reached in shown
    destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
    assert destroyed.code == 0, destroyed.text


def test_the_same_lines_go_to_a_real_account(project: Project, account: Account) -> None:
    """`dev` with a key, its two secrets and an address makes its records there."""
    project.init("dev")
    for key in ("sipPassword", "serverToken"):
        project.pulumi("config", "set", "--secret", key, f"{key}-for-tests-only-1")
    project.up(VAPI_BASE_URL=account.url, VAPI_API_KEY="a-key-for-tests-only")
    assert sorted(item["name"] for item in account.records()) == [
        f"vapi-phone-numbers/dev/{line}" for line in ("front-desk", "support", "switchboard")
    ]


@pytest.mark.parametrize(
    ("stack", "words"),
    [
        ("qa", "there is no stacks/qa.py. Declared stacks: dev, local, prod, staging"),
        ("dev", "no Vapi key: run `pulumi config set --secret vapi:apiKey`"),
    ],
)
def test_a_stack_that_cannot_run_says_why_in_one_line(
    project: Project, stack: str, words: str
) -> None:
    """An unknown stack and a stack without a key each end with one line and nothing else."""
    project.init(stack)
    result = project.pulumi("up", "--yes", "--skip-preview")
    assert result.code != 0
    _, _, diagnostics = result.text.rpartition("Diagnostics:")
    lines = [line for line in diagnostics.splitlines() if "error:" in line]
    assert len(lines) == 1
    assert words in lines[0]


def test_a_missing_secret_is_named(project: Project) -> None:
    """A stack whose secret is not set says which, and how to set it."""
    project.init("dev")
    result = project.pulumi("preview", VAPI_API_KEY="a-key-for-tests-only")
    assert result.code != 0
    assert "sipPassword" in result.text
    assert "pulumi config set --secret" in result.text
    assert "Traceback" not in result.text


def test_a_broken_config_file_is_refused(project: Project) -> None:
    """A stack's file that is no YAML is refused with its line, without a traceback."""
    config = project.folder / "stacks" / "Pulumi.local.yaml"
    project.init("local")
    config.write_text(config.read_text(encoding="utf-8") + "config: [\n", encoding="utf-8")
    result = project.pulumi("up", "--yes", "--skip-preview")
    assert result.code != 0
    assert "invalid YAML file: yaml: line" in result.text
    assert "Traceback" not in result.text
