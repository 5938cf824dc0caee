"""Drift on the real engine: what somebody else changed is found, named, and put back."""

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

LINE = """
VapiPhoneNumber(
    "line",
    sip_uri="sip:line@sip.vapi.ai",
    authentication={"username": "user-for-tests-only-1", "password": "password-for-tests-only"},
    server={"url": "https://voice.example.com", "timeout_seconds": 10,
            "headers": {"X-Token": "token-for-tests-only"}},
    hooks=[{"on": "call.ringing", "do": [{"type": "say", "exact": "Hello"}]}],
    fallback_destination={"type": "number", "number": "+14155550100"},
)
VapiPhoneNumber("other", number_desired_area_code="415")
"""
ASSISTANT = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"sipUri": "sip:elsewhere@sip.vapi.ai"}, "sip_uri"),
        ({"authentication": None}, "authentication"),
        ({"server": {"url": "https://elsewhere.example.com"}}, "server"),
        ({"hooks": []}, "hooks"),
        ({"fallbackDestination": None, "assistantId": ASSISTANT}, "assistant_id"),
    ],
)
def test_each_outside_change_is_found_named_and_put_back(
    project: Project, account: Account, changed: dict[str, object], named: str
) -> None:
    """`preview --refresh` fails on drift and names the field; `up --refresh` ends it."""
    project.program(LINE)
    project.up()
    before = account.record("line")
    account.change(before["id"], **changed)
    found = project.pulumi("preview", "--refresh", "--diff", "--expect-no-changes")
    assert found.code != 0
    assert named in found.text
    result = project.pulumi("up", "--yes", "--skip-preview", "--refresh")
    assert result.code == 0, result.text
    after = account.record("line")
    for times in (before, after):
        times.pop("updatedAt")
    assert {key: value for key, value in after.items() if value is not None} == before
    clean = project.pulumi("preview", "--refresh", "--expect-no-changes")
    assert clean.code == 0, clean.text


def test_what_only_the_api_changes_is_no_drift(project: Project, account: Account) -> None:
    """Letter case, documented defaults, nulls, status and times are no drift."""
    project.program(LINE)
    project.up()
    account.change(
        account.record("line")["id"],
        sipUri="sip:LINE@sip.vapi.ai",
        squadId=None,
        fallbackDestination={
            "type": "number",
            "number": "+14155550100",
            "numberE164CheckEnabled": True,
            "transferPlan": {"mode": "blind-transfer", "timeout": 60},
        },
    )
    clean = project.pulumi("refresh", "--preview-only", "--expect-no-changes")
    assert clean.code == 0, clean.text


def test_a_field_can_be_left_to_the_dashboard(project: Project, account: Account) -> None:
    """Under `ignore_changes` a field set outside stays, and the check of CI passes."""
    ignoring = 'opts=pulumi.ResourceOptions(ignore_changes=["assistant_id", "hooks"]))'
    project.program(f'VapiPhoneNumber("line", number_desired_area_code="415", {ignoring}')
    project.up()
    id_ = account.record("line")["id"]
    account.change(id_, assistantId=ASSISTANT)
    clean = project.pulumi("preview", "--refresh", "--expect-no-changes")
    assert clean.code == 0, clean.text
    result = project.pulumi("up", "--yes", "--skip-preview", "--refresh")
    assert result.code == 0, result.text
    assert account.record("line")["assistantId"] == ASSISTANT


def test_a_secret_set_outside_is_drift_without_its_value(
    project: Project, account: Account
) -> None:
    """A header that somebody added is found and removed, and its value is recorded nowhere."""
    project.program(LINE)
    project.up()
    planted = "planted-for-tests-only"
    account.change(
        account.record("line")["id"],
        server={
            "url": "https://voice.example.com",
            "timeoutSeconds": 10,
            "headers": {"X-Token": "token-for-tests-only", "X-Planted": planted},
        },
    )
    shown = project.pulumi("preview", "--refresh", "--diff").text
    shown += project.pulumi("refresh", "--yes").text
    shown += project.pulumi("stack", "export", "--show-secrets").text
    assert planted not in shown
    project.up()
    assert account.record("line")["server"]["headers"] == {"X-Token": "token-for-tests-only"}


def test_a_rotated_secret_is_one_patch_although_it_is_not_echoed(
    project: Project, account: Account
) -> None:
    """Another password is an update of `authentication`, and nothing else is sent."""
    project.program(LINE)
    project.up()
    project.refresh()
    project.program(LINE.replace("password-for-tests-only", "another-for-tests-only"))
    before = len(account.requests())
    assert project.up() == {"update": 1}
    assert [line.split()[0] for line in account.requests()[before:]] == ["GET", "PATCH"]
