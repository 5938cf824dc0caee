"""Runs killed in the middle, on the real engine: the next one ends with one number each."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, new_project, serve

pytestmark = pytest.mark.engine

PROGRAM = """
for at in range(3):
    VapiPhoneNumber(f"line-{at}", number_desired_area_code="415", name=NAME)
"""
SLOW = ("--latency", "1.5")
NO_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "true"}


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    """Waits for something that must come soon."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, encoding="utf-8"
    )
    found = [int(line) for line in listed.stdout.split()]
    return found + [grand for child in found for grand in children(child)]


def kill_in_the_middle(
    project: Project, account: Account, *, engine: bool, plugin: bool, **variables: str
) -> list[int]:
    """Starts an `up` and kills it with -9 while its POSTs are on their way; its plugins' ids."""
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project.folder,
        env={**project.environment, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = Path(account.log)
    # Each request is logged when it is answered: the listing is, the POSTs are on their way then.
    until(lambda: "GET /phone-number" in log.read_text(encoding="utf-8"))
    time.sleep(0.5)
    family = children(running.pid)
    plugins = [pid for pid in family if "pulumi.dynamic" in _command(pid)]
    assert plugins
    for pid in [*([running.pid] if engine else []), *(plugins if plugin else [])]:
        os.kill(pid, signal.SIGKILL)
    running.wait(timeout=60)
    return plugins


def _command(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, encoding="utf-8"
    )
    return shown.stdout


def decide_unclear(project: Project) -> None:
    """Take the first candidate of each unclear purchase whose resource has no record."""
    recover = ("recover", "--stack", "test", "--yes")
    shown = project.command(*recover, "--json").text
    told = json.loads(shown[shown.index("{") :])  # It says before that it waits for a request.
    unclear = [
        one for one in [*told["operations"], *told["interrupted"]] if one["outcome"] == "unclear"
    ]
    held = {item["urn"].rpartition("::")[2] for item in project.state()}
    chosen: dict[str, str] = {}
    for purchase in unclear:
        key = purchase.get("urn", purchase.get("declaration")).replace("::", "/")
        name = key.rpartition("/")[2]
        if name not in held:
            free = (id_ for id_ in purchase["candidates"] if id_ not in chosen.values())
            chosen[name] = next(free, "none")
    assert chosen
    choices = [f"{name}={id_}" for name, id_ in chosen.items()]
    project.command(*recover, *(word for choice in choices for word in ("--take", choice)))


@pytest.mark.usefixtures("_pulumi")
@pytest.mark.parametrize("name", ["None", "'Main line'"])
@pytest.mark.parametrize(
    ("engine", "plugin"),
    [(True, False), (False, True), (True, True)],
    ids=["engine", "plugin", "both"],
)
def test_a_rerun_ends_with_one_number_each(
    tmp_path: Path, name: str, engine: bool, plugin: bool
) -> None:
    """Whatever is killed, the rerun on the same machine makes none twice and loses none.

    What the engine goes on remembering as pending `recover` drops, and leaves the rest as it is.
    """
    with serve(tmp_path, "account", *SLOW) as account:
        project = new_project(tmp_path, account.url)
        project.program(f"NAME = {name}\n" + PROGRAM)
        plugins = kill_in_the_middle(project, account, engine=engine, plugin=plugin)
        project.pulumi("cancel", "--yes")
        rerun = project.pulumi("up", "--yes", "--skip-preview", "--non-interactive")
        if rerun.code != 0:
            # On a slow machine a record of this name may be another stack's: a person decides.
            assert "the response to a purchase was lost" in rerun.text
            decide_unclear(project)
            project.up()
        records = account.records()
        assert len(records) == 3
        assert {item["id"] for item in project.state()} == {record["id"] for record in records}
        assert project.up() == {}
        settling = ("recover", "--stack", "test", "--yes")
        settled = project.command(*settling, VAPI_REQUEST_TIMEOUT_SECONDS="3")
        assert settled.code == 0, settled.text
        assert '"pending_operations"' not in project.pulumi("stack", "export").text
        assert {item["id"] for item in project.state()} == {record["id"] for record in records}
        assert project.up() == {}
        # A plugin whose engine is gone ends by itself, once its requests are answered.
        until(lambda: not any("pulumi.dynamic" in _command(pid) for pid in plugins))


UNFINISHED = "SELECT record FROM intents WHERE record IS NOT NULL"
HELD = "SELECT record FROM held"


def recorded_ids(journal: Path, query: str) -> set[str]:
    """Return the records of a journal's unfinished intents, or those that a state held."""
    with closing(sqlite3.connect(journal)) as database:
        return {record for (record,) in database.execute(query)}


@pytest.mark.usefixtures("_pulumi")
def test_without_checkpoints_only_a_state_finishes_an_intent(tmp_path: Path) -> None:
    """A killed engine leaves no id in the state: the rerun takes over what the journal knows.

    No call of the engine in the run that created or resumed a record finishes its intent.
    """
    journal = tmp_path / "journal.sqlite"
    with serve(tmp_path, "account", *SLOW) as account:
        project = new_project(tmp_path, account.url)
        project.environment |= {**NO_CHECKPOINTS, "VAPI_JOURNAL": str(journal)}
        project.program("NAME = None\n" + PROGRAM)
        kill_in_the_middle(project, account, engine=True, plugin=False)
        until(lambda: len(recorded_ids(journal, UNFINISHED)) == 3)
        made = recorded_ids(journal, UNFINISHED)
        project.pulumi("cancel", "--yes")
        assert project.state() == []
        project.up()
        assert {item["id"] for item in project.state()} == made
        assert recorded_ids(journal, UNFINISHED) == made
        assert project.up() == {}
        assert recorded_ids(journal, UNFINISHED) == set()
        assert recorded_ids(journal, HELD) == made
        assert {record["id"] for record in account.records()} == made
