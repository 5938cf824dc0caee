"""Vapi's own Python client cannot tell the embedded account from the API.

The client lives in a venv of its own (`tests/support/venvs.py`); `sdk_calls.py` runs there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.venvs import outside, shared_python

pytestmark = pytest.mark.contract

SDK = os.environ.get("TESTED_VAPI_CLIENT", "vapi_server_sdk==3.0.0")
"""The release that is tested; the weekly run with the newest dependencies names no version."""
SUPPORT = Path(__file__).parents[1] / "support"
ROOT = SUPPORT.parents[1]
KINDS = ["vapi", "vapi", "twilio", "vonage", "telnyx", "byo-phone-number"]
NAMES = ["bought", "sip", "twilio", "vonage", "telnyx", "byo"]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of a venv with Vapi's client."""
    return str(shared_python(tmp_path_factory, "sdk", SDK))


@contextmanager
def serving(db: Path, *options: str) -> Iterator[tuple[str, Path]]:
    """The URL of the served account in `db`, and its log."""
    log = db.with_suffix(".log")
    command = [sys.executable, "-m", "vapi_provider", "serve", "--db", str(db), "--key", "right"]
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [*command, "--verbose", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip(), log
    finally:
        process.kill()
        process.communicate()


def told(python: str, chapter: str, url: str) -> Any:
    """What one chapter of `sdk_calls.py` got from the account at `url`."""
    ran = subprocess.run(
        [python, SUPPORT / "sdk_calls.py", chapter, url],
        capture_output=True,
        encoding="utf-8",
        env=outside(),
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture
def results(python: str, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The results of the chapter that the test names, on a fresh account."""
    with serving(tmp_path / "account.db") as (url, _):
        return told(python, request.param, url)


@pytest.mark.parametrize("results", ["lifecycle"], indirect=True)
def test_every_kind(results: Any) -> None:
    """The client makes, reads, changes and deletes every kind, and knows it by its own type."""
    assert [life[0]["provider"] for life in results] == KINDS
    for name, (made, read, changed, deleted, gone) in zip(NAMES, results, strict=True):
        assert made["name"] == name
        assert made["id"] == read["id"]
        assert made["orgId"] == read["orgId"]
        assert read | {"type": made["type"]} == made | {"status": read["status"]}
        assert changed["name"] == f"{name} 2"
        assert changed["updatedAt"] >= changed["createdAt"] == made["createdAt"]
        assert deleted["name"] == f"{name} 2"
        verbs = [one["type"].split("PhoneNumbersResponse_")[0] for one in (made, read, changed)]
        assert verbs == ["Create", "Get", "Update"]
        assert gone["status"] == 404
    bought, sip = results[0][0], results[1][0]
    assert bought["number"].startswith("+1415")
    assert bought["server"] == {"url": "https://example.com/hook", "timeoutSeconds": 5}
    assert sip["sipUri"] == "sip:desk@sip.vapi.ai"
    assert sip["authentication"]["username"] == "u" * 20


@pytest.mark.parametrize("results", ["clearing"], indirect=True)
def test_clearing(results: Any) -> None:
    """A typed update replaces a nested object whole; nulls clear, and [] stays a list."""
    changed, cleared = results
    assert changed["assistantId"]
    assert changed["server"] == {"url": "https://b.com"}
    assert cleared["assistantId"] is None
    assert cleared["server"] is None
    assert cleared["hooks"] == []
    assert cleared["name"] == "bought"


@pytest.mark.parametrize("results", ["naming"], indirect=True)
def test_naming(results: Any) -> None:
    """A destination's name, in a fallback and in a hook, is made, read and changed."""
    for at, name in enumerate(["Front desk", "Front desk", "Night desk"]):
        fallback = results[at]["fallbackDestination"]
        assert fallback == {"type": "number", "number": "+14155552671", "name": name}
        destination = results[at]["hooks"][0]["do"][0]["destination"]
        assert destination == {"type": "sip", "sipUri": "sip:a@b.example", "name": name}
        assert results[at]["type"].endswith("_Vapi")


@pytest.mark.parametrize("results", ["listing"], indirect=True)
def test_listing(results: Any) -> None:
    """Lists and pages come in order, within limits and times as the client writes them."""
    newest = NAMES[::-1]
    assert [one["name"] for one in results["all"]] == newest
    assert all(one["type"].startswith("ListPhoneNumbersResponseItem_") for one in results["all"])
    assert results["limited"] == newest[:2]
    assert results["from the third"] == newest[:3]
    assert results["before the third"] == newest[3:]
    assert results["long ago"] == []
    assert results["pages"] == [NAMES[:4], NAMES[4:], []]
    assert [one["hasNextPage"] for one in results["metadata"]] == [True, False, False]
    assert {one["totalItems"] for one in results["metadata"]} == {6}
    assert results["found"] == ["twilio"]


@pytest.mark.parametrize("results", ["errors"], indirect=True)
def test_errors(results: Any) -> None:
    """Refusals reach the client as its own error, with the status and body that it knows."""
    statuses = {about: error["status"] for about, error in results.items()}
    assert statuses == {
        "key": 401,
        "no such id": 404,
        "no id": 400,
        "deleted": 404,
        "changed": 404,
        "nothing to buy": 400,
        "sold out": 400,
        "page": 400,
    }
    for error in results.values():
        assert error["type"] == "ApiError"
        assert list(error["body"]) == ["message", "error", "statusCode"]
    assert len(results["nothing to buy"]["body"]["message"]) == 2
    assert "Try one of" in results["sold out"]["body"]["message"]


def test_repeating(python: str, tmp_path: Path) -> None:
    """The client waits out 429, and repeats a POST that was carried out: it buys twice, as live."""
    faults = ["LIST:1-2:429-after=1", "POST:1:commit-then-500", "LIST:4:503"]
    options = [word for fault in faults for word in ("--fault", fault)]
    with serving(tmp_path / "account.db", *options) as (url, log):
        results = told(python, "repeating", url)
        lines = re.findall(r'"(\w+) [^"]*" (\d+)', log.read_text(encoding="utf-8"))
    assert [" ".join(line) for line in lines] == [
        *("GET 429", "GET 429", "GET 200"),
        *("POST 500", "POST 201"),
        *("GET 503", "GET 200"),
    ]
    assert results["read"] == []
    assert len(results["held"]) == 2
    assert results["bought"] in results["held"]
    assert results["unrepeated"]["status"] == 503
    assert isinstance(results["unrepeated"]["body"], str)
