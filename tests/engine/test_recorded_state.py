"""People's states outlive our versions: what earlier ones recorded must go on working.

Each folder of `recorded/` holds a program, the state that a version recorded for it (`pulumi stack
export`) and the stack's settings with the salt of its secrets. Never change one; add one.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, new_project

pytestmark = pytest.mark.engine

RECORDED = sorted(path.name for path in (Path(__file__).parent / "recorded").iterdir())
OF_THE_ACCOUNT = ("org_id", "created_at", "number")


def imported(project: Project, folder: Path, live: Project, account: Account) -> None:
    """Puts the recorded state into `project`, with the ids of the records that exist now.

    These get the names that were recorded: an earlier version gave a child another one.
    """
    text = (folder / "state.json").read_text(encoding="utf-8")
    made = {item["urn"]: item for item in live.state()}
    for old in json.loads(text)["deployment"]["resources"]:
        if old["urn"] in made:
            now = made[old["urn"]]
            text = text.replace(old["id"], now["id"])
            account.change(
                now["id"], provider=now["inputs"]["provider"], name=old["inputs"]["name"]
            )
            for key in OF_THE_ACCOUNT:
                if key in old["outputs"] and key not in old["inputs"]:
                    text = text.replace(old["outputs"][key], now["outputs"][key])
    shutil.copy(folder / "Pulumi.test.yaml", project.folder)
    (project.folder / "state.json").write_text(text, encoding="utf-8")
    result = project.pulumi("stack", "import", "--file", "state.json")
    assert result.code == 0, result.text


@pytest.mark.usefixtures("_pulumi")
@pytest.mark.parametrize("version", RECORDED)
def test_a_recorded_state_refreshes_previews_and_destroys(
    tmp_path: Path, account: Account, version: str
) -> None:
    """From an earlier version's state nothing changes, and everything can be released."""
    folder = Path(__file__).parent / "recorded" / version
    program = (folder / "program.py").read_text(encoding="utf-8")
    live = new_project(tmp_path / "live", account.url)
    live.program(program)
    live.up()

    project = new_project(tmp_path / "old", account.url)
    # Another machine: this one's journal knows that the other project has the records.
    project.environment["VAPI_JOURNAL"] = str(tmp_path / "another.sqlite")
    project.program(program)
    imported(project, folder, live, account)
    for check in (("refresh", "--preview-only"), ("preview",), ("preview", "--refresh")):
        result = project.pulumi(*check, "--expect-no-changes")
        assert result.code == 0, result.text
    before = len(account.requests())
    assert project.up() == {}
    assert len(account.requests()) == before
    result = project.pulumi("destroy", "--yes", "--skip-preview")
    assert result.code == 0, result.text
    assert account.records() == []
