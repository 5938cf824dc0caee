"""`preview` and `drift` for pull requests and pipelines, on the real engine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.engine.conftest import Account, Project, Result

pytestmark = pytest.mark.engine

LINES = """
VapiPhoneNumber(
    "line",
    sip_uri="sip:line@sip.vapi.ai",
    authentication={"username": "user-for-tests-only-1", "password": "password-for-tests-only"},
    server={"url": "https://voice.example.com", "headers": {"X-Token": "token-for-tests-only"}},
    fallback_destination={"type": "number", "number": "+14155550100"},
)
VapiPhoneNumber("other", number_desired_area_code="415")
VapiPhoneNumber("gone", number_desired_area_code="415")
VapiPhoneNumber(
    "left", number_desired_area_code="415",
    opts=pulumi.ResourceOptions(ignore_changes=["assistant_id"]),
)
"""
CHANGED = (
    LINES.replace("token-for", "another-token-for")
    .replace('"+14155550100"}', '"+14155550100", "message": "Hi | @you"}')
    .replace('"other", number_desired_area_code="415"', '"other", number_desired_area_code="212"')
    .replace('VapiPhoneNumber("gone", ', 'new = VapiPhoneNumber("new", ')
    + '\nVapiPhoneNumber("later", sip_uri="sip:later@sip.vapi.ai", authentication=None,'
    ' fallback_destination={"type": "number", "number": new.number})'
)
ASSISTANT = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
SECRETS = ("password-for-tests-only", "token-for-tests-only", "planted-for-tests-only")


def ours(project: Project, *words: str, stack: str = "test", **variables: str) -> Result:
    """One of our commands in the project's folder: stdout in `text`, stderr in the other."""
    done = subprocess.run(
        [sys.executable, "-m", "vapi_provider", *words, "--stack", stack],
        cwd=project.folder,
        env={**project.environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Result(done.returncode, done.stdout + done.stderr)


def document(result: Result) -> dict[str, Any]:
    """The JSON that a command wrote."""
    return json.loads(result.text)


def test_a_preview_tells_what_would_be_done_and_calls_nothing(
    project: Project, account: Account
) -> None:
    """Created, changed, replaced and deleted numbers, by field; no secret, no request, code 2."""
    project.program(LINES)
    project.up()
    clean = ours(project, "preview", "--json")
    assert (clean.code, document(clean)["changes"]) == (0, [])
    before = account.requests()
    project.program(CHANGED)
    told = ours(project, "preview", "--json", VAPI_API_KEY="not-a-key-of-this-account")
    assert told.code == 2, told.text
    found = document(told)
    assert [(one["action"], one["name"], one["released"]) for one in found["changes"]] == [
        ("deleted", "gone", True),
        ("replaced", "other", True),
        ("changed", "line", False),
        ("created", "later", False),
        ("created", "new", False),
    ]
    changed = {one["path"]: one for one in found["changes"][2]["fields"]}
    assert set(changed) == {"fallback_destination.message", "server.headers"}
    assert changed["server.headers"]["secret"]
    later = {one["path"]: one for one in found["changes"][3]["fields"]}
    assert not later["fallback_destination.number"]["known"]
    assert any(one["resource"] == "later" for one in found["warnings"])
    markdown = ours(project, "preview", "--format", "markdown")
    assert "| **replaced: this number is released, another is bought** |" in markdown.text
    assert '`"Hi \\u007c @you"`' in markdown.text
    limited = ours(project, "preview", VAPI_MAX_RELEASES="1")
    assert limited.code == 1
    assert "2 numbers would be released" in limited.text
    assert account.requests() == before
    for text in (told.text, markdown.text, limited.text):
        assert not any(secret in text for secret in SECRETS)


def test_drift_is_what_the_account_has_otherwise(project: Project, account: Account) -> None:
    """Fields and deleted numbers are told, `ignore_changes` and undeployed changes are not."""
    project.program(LINES)
    project.up()
    # Not deployed yet, so no drift; and the program need not even run.
    project.program('raise RuntimeError("not looked at")')
    assert ours(project, "drift").code == 0
    account.change(account.record("left")["id"], assistantId=ASSISTANT)
    assert ours(project, "drift").code == 0
    state = project.pulumi("stack", "export").text
    planted = {"url": "https://voice.example.com", "headers": {"X": "planted-for-tests-only"}}
    account.change(account.record("line")["id"], server=planted)
    account.change(account.record("other")["id"], assistantId=ASSISTANT)
    account.delete(account.record("gone")["id"])
    found = ours(project, "drift", "--json")
    assert found.code == 2, found.text
    assert [(one["action"], one["name"]) for one in document(found)["changes"]] == [
        ("gone", "gone"),
        ("changed", "line"),
        ("changed", "other"),
    ]
    gone, line, other = document(found)["changes"]
    assert gone["number"].startswith("+1415")
    assert [(one["path"], one["secret"]) for one in line["fields"]] == [("server.headers", True)]
    assert [(one["path"], one["old"], one["new"]) for one in other["fields"]] == [
        ("assistant_id", None, ASSISTANT)
    ]
    assert not any(secret in found.text for secret in SECRETS)
    assert project.pulumi("stack", "export").text == state


def test_an_account_that_cannot_be_asked_is_an_error_and_no_drift(
    project: Project, account: Account
) -> None:
    """A refused key and an account that is not there end with code 1 and say why."""
    project.program('VapiPhoneNumber("line", sip_uri="sip:line@sip.vapi.ai")')
    project.up()
    refused = ours(project, "drift", VAPI_API_KEY="not-a-key-of-this-account")
    assert refused.code == 1
    assert "Error: line: GET /phone-number/" in refused.text
    assert "401" in refused.text


def test_what_cannot_be_previewed_says_why_in_one_line(project: Project) -> None:
    """A refused number, a broken program, no stack and no passphrase: one line each, code 1."""
    project.program('VapiPhoneNumber("line", number_desired_area_code="four")')
    refused = ours(project, "preview", "--json")
    assert refused.code == 1
    json_text, _, line = refused.text.rpartition("Error: ")
    assert (
        line == "line: number_desired_area_code: must have at most 3 characters [VAPI-TOO-LONG]\n"
    )
    assert json.loads(json_text)["errors"][0]["resource"] == "line"
    project.program('raise RuntimeError("boom")')
    for result, words in (
        (ours(project, "preview"), "RuntimeError: boom"),
        (ours(project, "preview", stack="nonesuch"), "no stack named 'nonesuch' found"),
        (ours(project, "preview", PULUMI_CONFIG_PASSPHRASE="wrong"), "incorrect passphrase"),
    ):
        assert result.code == 1
        (line,) = result.text.splitlines()
        assert words in line
