"""The journal beside shared state: machines that share nothing but the backend and the account."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, serve
from tests.engine.test_recover import processes, until
from tests.support.stores import S3_KEYS, postgres_server, postgresql, s3_server
from vapi_provider.journal.factory import blobs_of
from vapi_provider.settings.journal_location import journal_beside, parse

pytestmark = pytest.mark.engine

NUMBERS = """
for at in range(6):
    VapiPhoneNumber(f"auto-{at}", number_desired_area_code="415")
    VapiPhoneNumber(f"explicit-{at}", name=f"line {at}", sip_uri=f"sip:l{at}@sip.vapi.ai")
"""
NO_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "true"}


@pytest.fixture(params=["postgres", "s3"])
def backend(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of the backend; its keys are in the environment."""
    if request.param == "s3":
        for name, value in S3_KEYS.items():
            monkeypatch.setenv(name, value)
        with s3_server(tmp_path / "s3.log") as url:
            yield url
        return
    programs = postgresql()
    if programs is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql (make test does it as root)")
    with postgres_server(programs) as url:
        yield url


def on_machine(project: Project, backend: str, machine: Path) -> None:
    """From now on the project is worked on by a machine that has nothing of its own."""
    project.environment.pop("VAPI_JOURNAL", None)
    project.environment |= {
        **S3_KEYS,
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_STACK": "test",
        "PULUMI_HOME": str(machine / "pulumi"),
        "XDG_STATE_HOME": str(machine / "state"),
        "VAPI_REQUEST_TIMEOUT_SECONDS": "3",
    }


def entries(backend: str) -> int:
    """How many entries the journal beside a backend has."""
    url = journal_beside(backend)
    assert url is not None
    location = parse(url)
    assert location is not None
    blobs = blobs_of(location)
    try:
        return len(blobs.names("log/"))
    finally:
        blobs.close()


def end_all(run: subprocess.Popen[bytes]) -> None:
    """Kill each process of a run, by its number."""
    for pid in processes(run.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    run.wait(timeout=30)


@pytest.mark.parametrize("checkpoints", ["on", "off"])
def test_a_killed_run_heals_on_another_machine(
    tmp_path: Path, project: Project, backend: str, checkpoints: str
) -> None:
    """Nothing is bought twice or lost, and no file of the first machine is needed."""
    # The journal knows an account by its address: one server for both machines.
    with serve(tmp_path, "slow", "--latency", "1") as account:
        project.environment["VAPI_BASE_URL"] = account.url
        on_machine(project, backend, tmp_path / "first")
        project.program(NUMBERS)
        project.init("test")
        if checkpoints == "off":
            project.environment |= NO_CHECKPOINTS
        run = subprocess.Popen(
            ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
            cwd=project.folder,
            env=project.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            until(lambda: len(account.records()) > 0, seconds=120)
        finally:
            end_all(run)
        time.sleep(2)  # What was sent is carried out.
        bought = {item["id"] for item in account.records()}
        assert not list((tmp_path / "first").rglob("journal.sqlite"))

        on_machine(project, backend, tmp_path / "second")
        cancelled = project.pulumi("cancel", "--yes")
        assert cancelled.code == 0, cancelled.text
        settled = project.command("recover", "--stack", "test", "--yes")
        assert settled.code in (0, 2), settled.text
        again = project.pulumi("up", "--yes", "--skip-preview")
        assert again.code == 0, settled.text + again.text
        records = account.records()
        assert len(records) == 12, again.text
        assert bought <= {item["id"] for item in records}
        assert {item["id"] for item in project.state()} == {item["id"] for item in records}
        assert project.up() == {}
        assert entries(backend) > 0


@pytest.mark.parametrize("backend", ["s3"], indirect=True)
def test_a_run_that_changes_nothing_asks_the_journal_for_names_alone(
    tmp_path: Path, project: Project, account: Account, backend: str
) -> None:
    """Once the journal shows nothing unfinished; and nothing is put."""
    on_machine(project, backend, tmp_path / "first")
    project.program(NUMBERS)
    project.init("test")
    assert project.up()["create"] == 13
    log = tmp_path / "s3.log"
    for _ in range(5):  # The first that finds all finished writes so, beside its work.
        before = log.read_text(encoding="utf-8").splitlines()
        assert project.up() == {}
        lines = log.read_text(encoding="utf-8").splitlines()[len(before) :]
        ours = [line for line in lines if ".vapi-journal" in line]
        if not any(line.startswith("PUT") for line in ours):
            break
    assert 0 < len(ours) <= 6
    assert all(line.startswith("GET") and "list-type=2" in line for line in ours), ours
