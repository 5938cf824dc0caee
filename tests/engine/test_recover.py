"""What a killed engine leaves behind, settled by `recover` and found by `orphans`."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import ROOT, Account, Project, Result, serve

pytestmark = pytest.mark.engine

SLOW = 2.0
SECRETS = ("a-sip-password-of-20", "a-header-secret")
PROGRAM = f"""
VapiPhoneNumber("line", number_desired_area_code="415", name="the line")
VapiPhoneNumber("entry", sip_uri="sip:entry@sip.vapi.ai",
                server={{"url": "https://a.example/x", "headers": {{"X": "{SECRETS[1]}"}}}},
                authentication={{"realm": "a.example", "username": "a-user-name-of-20-ch",
                                "password": "{SECRETS[0]}"}})
"""


def recover(project: Project, *words: str) -> Result:
    """`recover` of the project's stack, which shows no secret."""
    settling = ("recover", "--stack", "test", *words)
    result = project.command(*settling, VAPI_REQUEST_TIMEOUT_SECONDS="3")
    assert not any(secret in result.text for secret in SECRETS)
    return result


def until(true: Callable[[], Any], seconds: float = 20) -> None:
    """Waits for something that another process does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def exported(project: Project) -> dict[str, Any]:
    """The stack's state."""
    return json.loads(project.pulumi("stack", "export").text)["deployment"]


def processes(session: int, words: str = "") -> list[int]:
    """The processes of a session that was started here, whose command line has `words`."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            after_name = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(after_name[3]) == session and words in line:
            found.append(int(entry.name))
    return found


class Run:
    """A `pulumi up` of ours against a slow account, to be ended in the middle."""

    def __init__(self, project: Project, slow: Account) -> None:
        self._log = slow.log
        self._state = Path(project.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        self.process = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
            cwd=project.folder,
            env={**project.environment, "VAPI_BASE_URL": slow.url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def is_looking(self) -> None:
        """Waits for the plugin to look into the account, which it does before it buys."""
        until(lambda: self._checkpoint().count('"type":"creating"') == 2)

    def is_buying(self) -> None:
        """Waits for the plugin's POSTs to be under way: its list was answered just now."""
        until(lambda: "GET /phone-number" in self._log.read_text(encoding="utf-8"))
        time.sleep(SLOW / 4)

    def kill(self, words: str = "") -> None:
        """Kills what runs, by id: all of it, or what has `words` in its command line."""
        for pid in processes(self.process.pid, words):
            with suppress(ProcessLookupError):  # A process may end with its parent.
                os.kill(pid, signal.SIGKILL)

    def kill_engine(self) -> None:
        """Kills the engine alone; the plugin outlives it."""
        self.process.kill()
        self.process.wait()

    def _checkpoint(self) -> str:
        return "".join(
            path.read_text(encoding="utf-8") for path in self._state.rglob("stacks/*/test.json")
        )


@pytest.fixture
def slow(tmp_path: Path, account: Account) -> Iterator[Account]:
    """The same account, where each answer takes its time."""
    with serve(
        tmp_path, "slow", "--db", str(tmp_path / "account.db"), "--latency", str(SLOW)
    ) as it:
        yield it


def started(project: Project, slow: Account, program: str) -> Run:
    """An `up` of `program`, under way."""
    project.program(program)
    return Run(project, slow)


def test_what_a_killed_run_made_goes_into_the_state(
    project: Project, account: Account, slow: Account
) -> None:
    """Numbers that were made reach the state once, secrets encrypted, and nothing is left to do."""
    run = started(project, slow, PROGRAM)
    run.is_buying()
    run.kill_engine()
    until(lambda: len(account.records()) == 2)
    run.kill()
    made = {item["id"] for item in account.records()}
    before = exported(project)
    assert len(before["pending_operations"]) == 2

    locked = recover(project, "--yes")
    assert locked.code == 1
    assert "currently locked" in locked.text.splitlines()[-1]
    assert project.pulumi("cancel", "--yes").code == 0
    asked = recover(project)
    assert asked.code == 2
    assert "Pass `--yes` to apply" in asked.text
    assert exported(project) == before

    done = recover(project, "--yes")
    assert done.code == 0, done.text
    assert {item["id"] for item in project.state()} == made
    assert recover(project, "--yes").text == "Nothing is pending in stack test.\n"
    state = json.dumps(exported(project))
    assert not any(secret in state for secret in SECRETS)
    for backup in (project.folder / ".pulumi" / "recover").iterdir():
        assert stat.S_IMODE(backup.stat().st_mode) == 0o600
        assert not any(secret in backup.read_text(encoding="utf-8") for secret in SECRETS)
    project.refresh()
    result = project.pulumi("preview", "--expect-no-changes")
    assert result.code == 0, result.text
    assert {item["id"] for item in account.records()} == made


def test_what_a_killed_run_did_not_make_is_dropped(
    project: Project, account: Account, slow: Account
) -> None:
    """Operations that made nothing are forgotten, and the next run makes each number once."""
    run = started(project, slow, PROGRAM)
    run.is_looking()
    run.kill()
    run.process.wait()
    assert project.pulumi("cancel", "--yes").code == 0
    assert len(exported(project)["pending_operations"]) == 2
    assert account.records() == []

    done = recover(project, "--yes", "--json")
    assert done.code == 0, done.text
    found = json.loads(done.text[done.text.index("{") :])
    assert [one["outcome"] for one in found["operations"]] == ["not made", "not made"]
    assert "pending_operations" not in exported(project)
    project.up()
    assert {item["id"] for item in project.state()} == {item["id"] for item in account.records()}
    assert len(account.records()) == 2


@pytest.mark.parametrize("is_undone", [False, True])
def test_a_replacement_that_was_under_way_waits_for_the_program(
    project: Project, account: Account, slow: Account, is_undone: bool
) -> None:
    """The next replacement uses what was bought; without one the live number is kept."""
    line = 'VapiPhoneNumber("line", number_desired_area_code="{}")'
    project.program(line.format("415"))
    project.up()
    (old,) = account.records()
    run = started(project, slow, line.format("628"))
    run.is_buying()
    run.kill_engine()
    until(lambda: len(account.records()) == 2)
    run.kill()
    new = next(item["id"] for item in account.records() if item["id"] != old["id"])
    assert project.pulumi("cancel", "--yes").code == 0
    done = recover(project, "--yes")
    assert done.code == 0, done.text
    assert [item["id"] for item in project.state()] == [old["id"]]
    if is_undone:
        project.program(line.format("415"))
    result = project.pulumi("up", "--yes", "--skip-preview")
    assert result.code == 0, result.text
    left = [item["id"] for item in account.records()]
    assert [item["id"] for item in project.state()] == [old["id"] if is_undone else new]
    assert sorted(left) == (sorted([old["id"], new]) if is_undone else [new])
    named = recover(project)
    assert named.code == (2 if is_undone else 0)
    assert (new in named.text) == is_undone
    assert (new in project.command("orphans", "--stack", "test").text) == is_undone


def test_what_a_killed_plugin_made_is_listed(
    project: Project, account: Account, slow: Account
) -> None:
    """After a failed run without pending operations its numbers are listed, and nothing is done."""
    run = started(project, slow, PROGRAM)
    run.is_buying()
    run.kill("pulumi.dynamic")
    run.process.wait()
    until(lambda: len(account.records()) == 2)
    assert "pending_operations" not in exported(project)

    found = recover(project, "--yes")
    assert found.code == 2
    assert all(item["id"] in found.text for item in account.records()), found.text
    assert project.state() == []


def test_make_settles_what_is_pending_first(tmp_path: Path, account: Account) -> None:
    """`make up` says that it settles, does, and buys nothing again; a clean state is left alone."""
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    names = subprocess.run(
        listing, cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout
    clone = tmp_path / "a clone"
    for name in filter(None, names.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    (clone / ".venv").symlink_to(sys.prefix)

    def make() -> str:
        ours = {
            k: v for k, v in os.environ.items() if not k.startswith(("PULUMI", "MAKE", "MFLAGS"))
        }
        done = subprocess.run(
            ["make", "up"], cwd=clone, env=ours, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def held() -> list[str]:
        latest = json.loads(state.read_text(encoding="utf-8"))["checkpoint"]["latest"]
        return sorted(one["id"] for one in latest["resources"] if "dynamic/vapi" in one["type"])

    state = clone / ".pulumi" / ".pulumi" / "stacks" / "vapi-phone-numbers" / "local.json"
    assert "pending" not in make()
    made = held()
    checkpoint = json.loads(state.read_text(encoding="utf-8"))
    latest = checkpoint["checkpoint"]["latest"]
    lost = latest["resources"].pop()
    assert lost["id"] in made
    left = {name: value for name, value in lost.items() if name not in ("id", "outputs")}
    latest["pending_operations"] = [{"type": "creating", "resource": left}]
    state.write_text(json.dumps(checkpoint), encoding="utf-8")
    said = make()
    assert "left pending: resolving them" in said
    assert f"goes into the state as {lost['id']}" in said
    assert "unchanged" in said
    assert held() == made
