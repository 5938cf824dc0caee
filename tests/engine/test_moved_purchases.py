"""Numbers of a run whose purchases the journal still calls unfinished, moved to another stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, new_project
from tests.support.stores import postgres_server, postgresql

pytestmark = pytest.mark.engine

LINE = 'VapiPhoneNumber("line", name="Line", number_desired_area_code="415")\n'
WITHOUT_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "true"}


@pytest.fixture(params=["file", "postgres"])
def stacks(
    request: pytest.FixtureRequest, tmp_path: Path, account: Account, _pulumi: None
) -> Iterator[Project]:
    """A project with the stacks `test` and `other`, whose state is in files or in PostgreSQL."""
    project = new_project(tmp_path, account.url)
    if request.param == "file":
        project.init("other")
        yield project
        return
    programs = postgresql()
    if programs is None:
        pytest.skip("no PostgreSQL server here")
    with postgres_server(programs) as url:
        project.environment["PULUMI_BACKEND_URL"] = url
        project.init("test")
        project.init("other")
        yield project


def test_a_moved_number_keeps_one_owner(stacks: Project, account: Account) -> None:
    """After `state move` the source's next `pulumi up` neither takes nor buys the number."""
    stacks.program(LINE)
    up = ("up", "--yes", "--skip-preview", "--stack")
    made = stacks.pulumi(*up, "test", **WITHOUT_CHECKPOINTS)
    assert made.code == 0, made.text
    (record,) = account.records()
    urn = "urn:pulumi:test::numbers::pulumi-python:dynamic/vapi:VapiPhoneNumber::line"
    moved = stacks.pulumi("state", "move", "--source", "test", "--dest", "other", urn, "--yes")
    assert moved.code == 0, moved.text
    refused = stacks.pulumi(*up, "test")
    assert refused.code != 0
    (error,) = refused.errors()
    assert record["id"] in error
    assert error.endswith("[VAPI-BOUGHT-BUT-NOT-IN-STATE]")
    kept = stacks.pulumi(*up, "other")
    assert kept.code == 0, kept.text
    assert [one["id"] for one in account.records()] == [record["id"]]
