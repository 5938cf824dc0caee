"""Pulumi's everyday options with today's config, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

LINE = """
VapiPhoneNumber(
    "line",
    number_desired_area_code="415",
    server={"url": "https://voice.example.com",
            "headers": {"X-Key": "token-for-tests-only", "X-Other": "other-for-tests-only"}},
    opts=pulumi.ResourceOptions(ignore_changes=['server.headers["X-Key"]']),
)
"""


def test_one_header_is_left_to_somebody_else(project: Project, account: Account) -> None:
    """A header under `ignore_changes` is no drift and stays; the one beside it is drift."""
    project.program(LINE)
    project.up()
    made = account.record("line")
    theirs = {"X-Key": "rotated-for-tests-only", "X-Other": "other-for-tests-only"}
    account.change(made["id"], server={**made["server"], "headers": theirs})
    clean = project.command("drift", "--stack", "test", "--json")
    assert clean.code == 0, clean.text
    project.up()
    assert account.record("line")["server"]["headers"] == theirs
    both = {"X-Key": "rotated-for-tests-only", "X-Other": "changed-for-tests-only"}
    account.change(made["id"], server={**made["server"], "headers": both})
    drift = project.command("drift", "--stack", "test")
    assert drift.code == 2, drift.text
    assert "server.headers" in drift.text


def test_run_program_uses_todays_config(project: Project, account: Account) -> None:
    """A `drift` goes by the config of the last `up`, and with RUN_PROGRAM=1 by today's."""
    project.program('VapiPhoneNumber("line", number_desired_area_code="415")')
    project.pulumi("config", "set", "vapi:baseUrl", account.url)
    project.up()
    project.pulumi("config", "set", "vapi:baseUrl", "http://127.0.0.1:9")
    stale = project.command("drift", "--stack", "test")
    assert stale.code == 0, stale.text
    today = project.command("drift", "--stack", "test", RUN_PROGRAM="1")
    assert today.code == 1
    assert "cannot reach http://127.0.0.1:9" in today.text
