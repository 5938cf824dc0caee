"""Injected faults over a socket, for a client of ``python -m vapi_provider serve``."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.support.serving import serving
from vapi_provider.cli import main

pytestmark = pytest.mark.posix

SIP = {"provider": "vapi", "sipUri": "sip:desk@sip.vapi.ai"}


@contextmanager
def serving_faults(db: Path, *faults: str, seed: int = 0) -> Iterator[tuple[Any, httpx.Client]]:
    """Return the running command with these faults, and its client."""
    options = [word for fault in faults for word in ("--fault", fault)]
    key = {"Authorization": "Bearer any"}
    with (
        serving("--db", db, "--verbose", "--seed", seed, *options) as (process, url),
        httpx.Client(base_url=url, headers=key) as client,
    ):
        yield process, client


def sip(user: str) -> dict[str, str]:
    return SIP | {"sipUri": f"sip:{user}@sip.vapi.ai"}


def users(client: httpx.Client) -> set[str]:
    return {record["sipUri"][4:].partition("@")[0] for record in client.get("/phone-number").json()}


def test_lost_answers(db: Path) -> None:
    """Dropped and late answers are httpx's own errors; only committed records exist."""
    faults = (
        "POST:1:drop", "POST:2:commit-then-drop", "POST:3:commit-then-slow=0.6",
        "POST:4:commit-then-500", "POST:5:slow=0.6", "POST:6:502",
    )  # fmt: skip
    with serving_faults(db, *faults) as (process, client):
        assert client.get("/phone-number").json() == []
        for user in ("dropped", "made-and-dropped"):
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                client.post("/phone-number", json=sip(user))
        assert users(client) == {"made-and-dropped"}
        with pytest.raises(httpx.ReadTimeout):
            client.post("/phone-number", json=sip("made-and-late"), timeout=0.3)
        assert client.post("/phone-number", json=sip("made-and-500")).status_code == 500
        with pytest.raises(httpx.ReadTimeout):
            client.post("/phone-number", json=sip("late"), timeout=0.3)
        before = users(client)
        assert before == {"made-and-dropped", "made-and-late", "made-and-500"}
        # The request that was given up is carried out all the same.
        deadline = time.monotonic() + 5
        while users(client) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert users(client) == before | {"late"}
        assert client.post("/phone-number", json=sip("refused")).status_code == 502
        assert users(client) == before | {"late"}
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=5)
    assert process.returncode == 0
    assert log.count('"POST /phone-number HTTP/1.1" dropped') == 2
    assert "Traceback" not in log


def test_wrong_answers_and_seed(db: Path) -> None:
    """Wrong answers arrive unchanged, and a seed reproduces them."""
    with serving_faults(db, "GET:1:502", "GET:2:429-after=3", "GET:3:1010") as (_, client):
        page, wait, firewall, right = (client.get("/phone-number") for _ in range(4))
    assert (page.status_code, page.headers["Content-Type"]) == (502, "text/html; charset=UTF-8")
    assert (wait.status_code, wait.headers["Retry-After"]) == (429, "3")
    assert (firewall.status_code, firewall.text) == (403, "error code: 1010")
    assert (right.status_code, right.json()) == (200, [])
    runs: list[list[int]] = []
    for seed in (1, 1, 2):
        with serving_faults(db, "GET:p0.5:503", seed=seed) as (_, client):
            runs.append([client.get("/phone-number").status_code for _ in range(25)])
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(("what", "made"), [("kill", set()), ("commit-then-kill", {"desk"})])
def test_killed(db: Path, what: str, made: set[str]) -> None:
    """A kill before the commit leaves the file unchanged, after it with the record."""
    with serving_faults(db, f"POST:1:{what}") as (process, client):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.post("/phone-number", json=SIP)
        assert process.wait(timeout=5) == -signal.SIGKILL
    with serving_faults(db) as (_, client):
        assert users(client) == made


def test_bad_fault(db: Path) -> None:
    """An invalid fault is an error in one line."""
    result = CliRunner().invoke(main, ["serve", "--db", str(db), "--fault", "POST:2:explode"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: fault 'POST:2:explode': 'explode' is none of drop, ")
    assert result.output.count("\n") == 1
    assert not db.exists()


def test_list_faults() -> None:
    """The command lists the faults and their grammar."""
    result = CliRunner().invoke(main, ["serve", "--list-faults"])
    assert result.exit_code == 0
    assert result.output.startswith("METHOD:WHEN:WHAT")
    assert "\n429-after[=SECONDS]\n    429 with Retry-After in seconds\n" in result.output
