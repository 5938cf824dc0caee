"""What make does about a state before and after it starts the engine."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import ROOT
from tests.support.environment import foreign

pytestmark = pytest.mark.engine

PROGRAM = """from vapi_provider import VapiPhoneNumber


def declare() -> dict[str, object]:
    VapiPhoneNumber("line", number_desired_area_code="415", name="the line")
    return {}
"""
SETTINGS = "config:\n  vapi:baseUrl: embedded:.pulumi/account.db\n"


class Clone:
    """What would be committed, with a program of one number as its stacks `local` and `other`."""

    def __init__(self, folder: Path, journal: Path) -> None:
        self.folder, self._journal = folder, journal
        self.variables: dict[str, str] = {}
        listing = ["git", "ls-files", "-coz", "--exclude-standard"]
        names = subprocess.run(
            listing, cwd=ROOT, capture_output=True, encoding="utf-8", check=True
        ).stdout
        for name in filter(None, names.split("\0")):
            if not name.startswith(("tests/", "docs/")) and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes((ROOT / name).read_bytes())
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "stacks" / "local.py").write_text(PROGRAM, encoding="utf-8")
        (folder / "stacks" / "other.py").write_text(
            "def declare() -> dict[str, object]:\n    return {}\n", encoding="utf-8"
        )
        (folder / "stacks" / "Pulumi.other.yaml").write_text(SETTINGS, encoding="utf-8")
        self.stacks = folder / ".pulumi" / ".pulumi" / "stacks" / "vapi-phone-numbers"

    def environment(self) -> dict[str, str]:
        """The environment of each run: nothing of this machine's, and `variables`."""
        dropped = ("PULUMI", "MAKE", "MFLAGS")
        kept = os.environ.keys() - foreign(os.environ)
        return {
            **{name: os.environ[name] for name in kept if not name.startswith(dropped)},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "VAPI_JOURNAL": str(self._journal),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_BACKEND_URL": f"file://{self.folder}/.pulumi",
            "PULUMI_CONFIG_PASSPHRASE": "local-only-not-a-secret",
            **self.variables,
        }

    def run(self, *words: str, **variables: str) -> tuple[int, str]:
        """Run a command in the clone without a terminal; its exit code and output."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**self.environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
        )
        return done.returncode, done.stdout

    def make(self, *words: str, **variables: str) -> str:
        """Run make, which must succeed; its output."""
        code, text = self.run("make", *words, **variables)
        assert code == 0, text
        return text

    def pulumi(self, *words: str) -> str:
        """Run pulumi, which must succeed; its output."""
        code, text = self.run("pulumi", *words, "--non-interactive")
        assert code == 0, text
        return text

    def latest(self) -> dict[str, Any]:
        """The recorded state of `local`."""
        text = (self.stacks / "local.json").read_text(encoding="utf-8")
        return json.loads(text)["checkpoint"]["latest"]

    def account_ids(self) -> list[str]:
        """The ids of the account's records."""
        code, text = self.run(
            sys.executable, "-m", "vapi_provider", "list", "--stack", "local", "--json"
        )
        assert code == 0, text
        return [one["id"] for one in json.loads(text)["numbers"]]

    def unfinished(self) -> int:
        """How many purchases the journal does not know to be finished."""
        connection = sqlite3.connect(self._journal)
        try:
            return connection.execute("SELECT count(*) FROM intents").fetchone()[0]
        finally:
            connection.close()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone whose `local` has bought its number."""
    clone = Clone(tmp_path / "a clone", tmp_path / "journal.sqlite")
    clone.make("up", PULUMI_EXPERIMENTAL="1", PULUMI_SKIP_CHECKPOINTS="true")
    return clone


def test_a_run_that_make_saw_end_is_finished(clone: Clone) -> None:
    """Without checkpoints, too, nothing of a successful `make up` is left open in the journal."""
    assert clone.unfinished() == 0
    assert not list((clone.folder / ".pulumi").glob("facts-*"))


def test_empty_attributes_are_repaired_by_every_target(clone: Clone) -> None:
    """Each target that needs the state repairs it, says so in one line, and goes on."""
    for target in ("preview", "drift", "refresh", "recover", "orphans", "unlock", "env", "up"):
        (clone.stacks / "local.json.attrs").write_text("", encoding="utf-8")
        os.utime(clone.stacks / "local.json.attrs", (1, 1))
        text = clone.make(target)
        assert text.count("which a killed run left empty") == 1, text


def test_a_stack_that_was_moved_is_not_bought_again(clone: Clone) -> None:
    """After `state move` the source's next `make up` is refused, and no number has two owners."""
    clone.pulumi("stack", "init", "other", "--no-select")
    clone.pulumi("up", "--stack", "other", "--yes", "--skip-preview")
    (urn,) = [one["urn"] for one in clone.latest()["resources"] if one["urn"].endswith("::line")]
    clone.pulumi("state", "move", "--source", "local", "--dest", "other", urn, "--yes")
    code, text = clone.run("make", "up")
    assert code != 0
    assert "was bought for this resource" in text
    assert len(clone.account_ids()) == 1
    assert [one for one in clone.latest()["resources"] if one["urn"] == urn] == []


def test_an_older_state_is_not_bought_again(clone: Clone) -> None:
    """An empty state imported over a newer one buys no second number with a name of its own."""
    exported = json.loads(clone.pulumi("stack", "export", "--stack", "local"))
    exported["deployment"]["resources"] = []
    older = clone.folder / "older.json"
    older.write_text(json.dumps(exported), encoding="utf-8")
    clone.pulumi("stack", "import", "--stack", "local", "--file", str(older))
    code, text = clone.run("make", "up")
    assert code != 0
    assert "was bought for this resource" in text
    assert len(clone.account_ids()) == 1


def test_a_taint_is_warned_of_and_counted(clone: Clone) -> None:
    """`make up` and `make preview` name the number, and a limit refuses before anything is done."""
    (line,) = [one for one in clone.latest()["resources"] if one["urn"].endswith("::line")]
    clone.pulumi("state", "taint", line["urn"], "--stack", "local", "--yes")
    before = clone.account_ids()
    code, text = clone.run("make", "up", VAPI_MAX_RELEASES="0")
    assert code != 0
    assert "'line' is tainted" in text
    assert "more numbers than vapi:maxReleases allows" in text
    assert clone.account_ids() == before
    text = clone.make("preview", "FORMAT=text")
    assert f"({before[0]}) for good" in text
    assert "'line' is tainted" in clone.make("up")
    assert len(clone.account_ids()) == 1
    assert clone.account_ids() != before


def test_a_pipeline_on_pulumi_cloud_needs_a_journal(clone: Clone) -> None:
    """One line names the setting before anything is sent; a person's own machine has its file."""
    cloud = {
        "STACK": "dev",
        "YES": "1",
        "VAPI_API_KEY": "a-key-for-tests-only",
        "PULUMI_BACKEND_URL": "",
        "PULUMI_API": "http://127.0.0.1:9",
        "PULUMI_ACCESS_TOKEN": "a-token-for-tests-only",
        "VAPI_JOURNAL": "",
        "XDG_STATE_HOME": str(clone.folder),
        "CI": "true",
    }
    for target in ("up", "refresh", "destroy"):
        code, text = clone.run("make", target, **cloud)
        assert code != 0
        line, ended = text.splitlines()
        assert "Set VAPI_JOURNAL to s3://" in line
        assert line.endswith("[VAPI-JOURNAL-ENDS-WITH-RUNNER]")
        assert ended.startswith("make: ***")
    for more in ({"CI": ""}, {"VAPI_JOURNAL": str(clone.folder / "journal.sqlite")}):
        assert "ENDS-WITH-RUNNER" not in clone.run("make", "up", **{**cloud, **more})[1]
