"""State on self-managed backends: many at once, two at one, and a runner that is killed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.engine.conftest import KEY, PASSPHRASE, Account, Project, Result, serve
from tests.engine.test_recover import processes, until
from tests.pipelines.conftest import Configure
from tests.support.stores import S3_KEYS, postgres_server, postgresql, s3_server

pytestmark = pytest.mark.engine

NUMBERS = """
VapiPhoneNumber("line", sip_uri=f"sip:{pulumi.get_stack()}@sip.vapi.ai",
                server={"url": "https://voice.example.com/vapi"})
"""


@pytest.fixture(params=["postgres", "s3"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What a person exports for the backend."""
    if request.param == "s3":
        with s3_server(tmp_path / "s3.log") as url:
            yield {"PULUMI_BACKEND_URL": url, **S3_KEYS}
        return
    programs = postgresql()
    if programs is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql (make test does it as root)")
    with postgres_server(programs) as url:
        yield {"PULUMI_BACKEND_URL": url}


def test_eight_stacks_are_deployed_at_once(
    project: Project, account: Account, backend: dict[str, str]
) -> None:
    """Eight processes make eight stacks on one backend, and each finds its own again."""
    project.environment |= backend
    project.program(NUMBERS)
    stacks = [f"tenant-{number}" for number in range(8)]
    # The first one to come makes the table.
    assert project.pulumi("stack", "ls").code == 0

    def deploy(stack: str) -> list[Result]:
        home = {"PULUMI_HOME": str(project.folder / stack)}
        made = project.pulumi("stack", "init", "--no-select", stack, **home)
        up = ("up", "--yes", "--skip-preview", "--stack", stack)
        return [made, project.pulumi(*up, **home)]

    with ThreadPoolExecutor(len(stacks)) as together:
        results = list(together.map(deploy, stacks))
    assert all(one.code == 0 for pair in results for one in pair), results
    held: set[str] = set()
    for stack in stacks:
        exported = json.loads(project.pulumi("stack", "export", "--stack", stack).text)
        held |= {item["id"] for item in exported["deployment"]["resources"] if "id" in item}
    assert {item["id"] for item in account.records()} <= held
    assert sorted(item["sipUri"] for item in account.records()) == sorted(
        f"sip:{stack}@sip.vapi.ai" for stack in stacks
    )


def intents(journal: Path) -> int:
    """How many numbers a run is about to buy, by its journal."""
    if not journal.exists():
        return 0
    with closing(sqlite3.connect(journal)) as opened, suppress(sqlite3.OperationalError):
        return opened.execute("SELECT count(*) FROM intents").fetchone()[0]
    return 0


def signal_all(run: subprocess.Popen[str], what: signal.Signals) -> None:
    """Sends a signal to each process of a run, by its number."""
    for pid in processes(run.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def test_a_runner_that_was_killed_is_settled_by_the_next(
    tmp_path: Path,
    repository: Path,
    configure: Configure,
    account: Account,
    backend: dict[str, str],
) -> None:
    """A second run is refused, alive or killed the first; unlocked, nothing is bought twice."""
    variables = {**backend, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE, "VAPI_API_KEY": KEY}
    configure("dev", variables)

    def make(verb: str, url: str, machine: str) -> subprocess.Popen[str]:
        ours = {key: item for key, item in os.environ.items() if not key.startswith("PULUMI_")}
        more = {
            "PULUMI_HOME": str(tmp_path / machine),
            "VAPI_JOURNAL": str(tmp_path / machine / "journal.sqlite"),
            "VAPI_BASE_URL": url,
            "VAPI_REQUEST_TIMEOUT_SECONDS": "5",
        }
        return subprocess.Popen(
            ["make", verb, "STACK=dev", "YES=1"],
            cwd=repository,
            env={**ours, **variables, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )

    def made(verb: str) -> Result:
        process = make(verb, account.url, "another")
        text, _ = process.communicate(timeout=200)
        return Result(process.returncode, text)

    database = str(tmp_path / "account.db")
    with serve(tmp_path, "slow", "--db", database, "--latency", "3") as slow:
        first = make("up", slow.url, "first")
        journal = tmp_path / "first" / "journal.sqlite"
        until(lambda: intents(journal) == 3, seconds=120)
        time.sleep(1)  # The requests leave; their answers take three.
        signal_all(first, signal.SIGSTOP)
        until(lambda: len(account.records()) == 3, seconds=60)
        refused = made("up")
        signal_all(first, signal.SIGKILL)
        first.communicate()
    assert refused.code != 0
    assert "the stack is currently locked by 1 lock(s)" in refused.text
    assert "Traceback" not in refused.text
    bought = {item["id"] for item in account.records()}

    unlocked = made("unlock")
    assert unlocked.code == 0, unlocked.text
    settled = made("up")
    assert settled.code == 0, settled.text
    assert "operations that a killed run left pending" in settled.text
    assert {item["id"] for item in account.records()} == bought
    nothing = made("up")
    assert "4 unchanged" in nothing.text, nothing.text
