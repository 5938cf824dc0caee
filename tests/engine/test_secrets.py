"""Secrets on the real engine: what is planted in a program or an account is nowhere in clear."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import Account, Project, new_project

pytestmark = pytest.mark.engine

CANARY = "canary-0123456789-for-tests"

OF_THE_PROCESS = """
def add(args):
    if not args.type_.startswith("pulumi-python:"):
        return None
    server = {"url": "https://a.example.com", "headers": {"X-Token": "CANARY"}}
    return pulumi.ResourceTransformationResult({**args.props, "server": server}, args.opts)

pulumi.runtime.register_stack_transformation(add)
"""

OF_THE_ENGINE = """
def add(args):
    if not args.type_.startswith("pulumi-python:"):
        return None
    server = {"url": "https://a.example.com", "headers": {"X-Token": "CANARY"}}
    return pulumi.ResourceTransformResult({**args.props, "server": server}, args.opts)

pulumi.runtime.register_resource_transform(add)
"""


def exported(project: Project) -> str:
    """The state as a text."""
    return project.pulumi("stack", "export").text


def everything(project: Project) -> str:
    """The state, previews and drift in all forms, and what the engine's own preview says."""
    texts = [exported(project)]
    for words in (("preview",), ("preview", "--diff"), ("preview", "--json")):
        texts.append(project.pulumi(*words).text)
    for verb in ("preview", "drift"):
        for form in ("text", "markdown", "json"):
            texts.append(project.command(verb, "--stack", "test", "--format", form).text)
    return "\n".join(texts)


@pytest.mark.parametrize("transform", [OF_THE_PROCESS, OF_THE_ENGINE], ids=["process", "engine"])
def test_what_a_transform_adds_is_encrypted(
    project: Project, account: Account, transform: str
) -> None:
    """Headers that come from a stack transform of either kind are in no state and no preview."""
    project.program(
        transform.replace("CANARY", CANARY)
        + 'VapiPhoneNumber("line", number_desired_area_code="415")'
    )
    assert CANARY not in everything(project)
    assert project.up() == {"create": 2}
    assert account.record("line")["server"]["headers"] == {"X-Token": CANARY}
    assert CANARY not in everything(project)
    project.program(
        transform.replace("CANARY", f"other-{CANARY}")
        + 'VapiPhoneNumber("line", number_desired_area_code="415")'
    )
    assert "other-" not in everything(project)
    assert project.up() == {"update": 1}
    assert project.refresh() == {}
    assert project.up() == {}
    assert CANARY not in exported(project)


def in_clear(project: Project, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites the state as an earlier version would have left it: a secret in clear."""
    state = json.loads(project.pulumi("stack", "export", "--show-secrets").text)
    (line,) = [one for one in state["deployment"]["resources"] if "dynamic/vapi" in one["type"]]
    for properties in (line["inputs"], line["outputs"]):
        change(properties)
    (project.folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
    result = project.pulumi("stack", "import", "--file", "state.json")
    assert result.code == 0, result.text


def test_a_state_in_clear_is_encrypted_by_a_refresh(project: Project, account: Account) -> None:
    """What an earlier version recorded in clear previews without a change, before and after."""
    project.program(
        OF_THE_ENGINE.replace("CANARY", CANARY)
        + 'VapiPhoneNumber("line", number_desired_area_code="415")'
    )
    project.up()

    def headers(properties: dict[str, Any]) -> None:
        properties["server"] = {"url": "https://a.example.com", "headers": {"X-Token": CANARY}}

    in_clear(project, headers)
    assert exported(project).count(CANARY) == 2
    before = len(account.requests())
    for words in (("preview",), ("refresh", "--preview-only"), ("preview", "--refresh")):
        result = project.pulumi(*words, "--expect-no-changes")
        assert result.code == 0, result.text
    assert project.command("preview", "--stack", "test").code == 0
    assert project.command("drift", "--stack", "test").code == 0
    assert project.refresh() == {}
    assert CANARY not in exported(project)
    result = project.pulumi("preview", "--expect-no-changes")
    assert result.code == 0, result.text
    assert project.up() == {}
    assert not [it for it in account.requests()[before:] if not it.startswith("GET")]


FALLBACK = """
VapiPhoneNumber(
    "line", number_desired_area_code="415", server={"url": %s, "headers": {"X": "a-header-value"}},
    fallback_destination={"type": "number", "number": %s}
)
"""


def test_a_leaf_that_becomes_secret_is_encrypted_without_a_request(
    project: Project, account: Account
) -> None:
    """A nested value that is a secret from now on is recorded so; nothing is sent for it."""
    number, url = "+14155550177", f"https://{CANARY}.example.com"
    project.program(FALLBACK % (repr(url), repr(number)))
    project.up()
    assert number in exported(project)
    secret = "pulumi.Output.secret(%r)"
    project.program(FALLBACK % (secret % url, secret % number))
    found = project.command("preview", "--stack", "test", "--format", "json")
    (change,) = json.loads(found.text)["changes"]
    paths = {one["path"]: one["secret"] for one in change["fields"]}
    assert paths == {"fallback_destination.number": True, "server.url": True}
    assert change["action"] == "changed"
    for form in ("text", "markdown", "json"):
        text = project.command("preview", "--stack", "test", "--format", form).text
        assert number not in text
        assert CANARY not in text
    before = len(account.requests())
    assert project.up() == {"update": 1}
    assert len(account.requests()) == before
    assert number not in exported(project)
    assert CANARY not in exported(project)
    assert project.up() == {}
    assert project.refresh() == {}
    assert project.up() == {}
    assert number not in exported(project)


PLANTED = """
VapiPhoneNumber(
    "sip", sip_uri="sip:canary-line@sip.vapi.ai",
    authentication={"username": "user-for-tests-only-1", "password": "CANARY-sip"},
    server={"url": "https://user:CANARY-user@a.example.com/?token=CANARY-url",
            "headers": {"X-Token": "CANARY-header"}},
    fallback_destination={
        "type": "sip", "sip_uri": "sip:desk:CANARY-desk@pbx.example.com",
        "sip_headers": {"X-Token": "CANARY-sip-header", "X-Nested": {"a": ["CANARY-nested"]}},
        "transfer_plan": {"mode": "warm-transfer-experimental",
                          "hold_audio_url": "https://a.example.com/hold.mp3?sig=CANARY-audio"},
    },
    hooks=[{"on": "call.ending", "do": {"type": "transfer", "destination": {
        "type": "sip", "sip_uri": "sip:a@b.example.com", "sip_headers": {"X": "CANARY-hook"},
        "description": pulumi.Output.secret("OWN-canary-for-tests")}}}],
)
TwilioPhoneNumber("twilio", number="+14155552671", twilio_account_sid="AC1",
                  twilio_auth_token="CANARY-twilio", assistant_id="%s")
VapiPhoneNumber("theirs", number_desired_area_code="415", assistant_id="%s")
""" % (("5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",) * 2)


def rewrite(account: Account, name: str, **fields: Any) -> None:
    """Changes a record past the embedded account's own rules: the API may know more than we do."""
    with closing(sqlite3.connect(account.log.with_name("account.db"))) as db, db:
        (found,) = [item for item in account.records() if item["name"].endswith(name)]
        (text,) = db.execute(
            "SELECT fields FROM phone_number WHERE id = ?", [found["id"]]
        ).fetchone()
        changed = json.dumps({**json.loads(text), **fields})
        db.execute("UPDATE phone_number SET fields = ? WHERE id = ?", [changed, found["id"]])


def test_a_canary_is_nowhere_in_clear(project: Project, account: Account, tmp_path: Path) -> None:
    """Fields, URLs, unknown variants: no state, preview, drift, journal or import shows one."""
    journal = tmp_path / "the-journal.sqlite"
    project.environment["VAPI_JOURNAL"] = str(journal)
    project.program(PLANTED.replace("CANARY", CANARY))
    texts = [everything(project)]
    made = project.pulumi("up", "--yes", "--skip-preview", "--diff")
    assert made.code == 0, made.text
    assert f"{CANARY}-header" in str(account.records())
    texts += [made.text, everything(project)]
    assert project.up() == {}

    action = {"type": "webhook", "headers": {"Authorization": f"Bearer {CANARY}-action"}}
    rewrite(account, "theirs", hooks=[{"on": "call.ringing", "do": [action]}])
    rewrite(account, "twilio", fallbackDestination={"type": "satellite", "key": f"{CANARY}-fb"})
    rewrite(account, "sip", server={"url": f"https://a.example.com/?other={CANARY}-other"})
    texts.append(everything(project))
    drifted = json.loads(project.command("drift", "--stack", "test", "--format", "json").text)
    assert {one["name"] for one in drifted["changes"]} == {"sip", "twilio", "theirs"}
    assert project.refresh() == {"update": 3}
    texts.append(everything(project))
    texts.append(json.dumps(json.loads(exported(project))))

    assert "OWN-canary" not in "".join(texts)
    other = new_project(tmp_path, account.url, name="imports")
    brought = other.command("import", "--stack", "test", "--all", "--yes", "--out", "imported.py")
    texts.append(brought.text + exported(other))
    texts.append((other.folder / "imported.py").read_text(encoding="utf-8"))

    found = [text[max(0, text.index(CANARY) - 200) :][:300] for text in texts if CANARY in text]
    assert found == []
    for file in journal.parent.glob(f"{journal.name}*"):
        assert CANARY.encode() not in file.read_bytes()
    undone = project.up()
    assert undone == {"update": 3}
    assert project.up() == {}
    assert CANARY not in exported(project)


def test_a_secret_value_is_in_no_refusal(project: Project, account: Account) -> None:
    """A clash names the field and the record; the declared value, a secret here, is not told."""
    account.http.post(
        "/phone-number",
        json={"provider": "vapi", "sipUri": f"sip:{CANARY}@sip.vapi.ai", "name": "taken"},
    ).raise_for_status()
    project.program(
        f'VapiPhoneNumber("line", sip_uri=pulumi.Output.secret("sip:{CANARY}@sip.vapi.ai"))'
    )
    refused = project.pulumi("up", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "the account already has the SIP URI of `sip_uri` (id " in refused.text
    assert CANARY not in refused.text
