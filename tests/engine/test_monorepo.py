"""A project with `main:` in Pulumi.yaml: the engine's processes and commands mean one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import KEY, ROOT, Project

pytestmark = pytest.mark.usefixtures("_pulumi")

PROGRAM = """\
import pulumi
from vapi_provider import VapiPhoneNumber

VapiPhoneNumber("support", number_desired_area_code="415", assistant_id="{}")
""".format("7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11")


def monorepo(folder: Path, main: str) -> Project:
    """A project in a folder of its own, whose program lies where `main:` says."""
    here, state = folder / "repo" / "deploy", folder / "state"
    code = here / main
    for made in (here, state, code):
        made.mkdir(parents=True, exist_ok=True)
    (here / "Pulumi.yaml").write_text(
        f"name: mono\nruntime: python\nmain: {main}\n", encoding="utf-8"
    )
    (code / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    project = Project.at(here, state)
    project.environment |= {
        "PYTHONPATH": str(ROOT),
        "VAPI_BASE_URL": "embedded:local.db",
        "VAPI_JOURNAL": "journal.sqlite",
        "VAPI_API_KEY": KEY,
    }
    project.init("test")
    return project


def test_the_engine_and_commands_share_one_account(tmp_path: Path) -> None:
    """`list` and `orphans` see what `up` made, in one file beside Pulumi.yaml."""
    for main in ("infra", "../code"):
        project = monorepo(tmp_path / main.strip("./"), main)
        assert project.up() == {"create": 2}
        listed = project.command("list", "--stack", "test")
        assert "mono/test/support" in listed.text
        assert project.command("orphans", "--stack", "test").code == 0
        repo = project.folder.parent
        assert list(repo.rglob("*.db")) == [project.folder / "local.db"]
        assert list(repo.rglob("*.sqlite")) == [project.folder / "journal.sqlite"]


def test_an_account_at_the_old_place_is_used_with_a_warning(tmp_path: Path) -> None:
    """An account that an earlier version made beside the program goes on, and is named once."""
    project = monorepo(tmp_path, "infra")
    assert project.up() == {"create": 2}
    old = project.folder / "infra" / "local.db"
    (project.folder / "local.db").rename(old)
    assert project.command("list").text.count("Warning: the embedded account is") == 1
    done = project.pulumi("up", "--yes", "--skip-preview", "--refresh")
    assert done.code == 0, done.text
    # Pulumi's display shows a warning as it comes, and once more at the end.
    assert done.text.rpartition("Diagnostics:")[2].count("the embedded account is") == 1
    assert not (project.folder / "local.db").exists()
