"""Numbers of a run whose purchases the journal still calls unfinished, moved to another stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, new_project
from tests.support.stores import postgres_server, postgresql

pytestmark = pytest.mark.engine

LINE = 'VapiPhoneNumber("line", name="Line", number_desired_area_code="415")\n'
UP = ("up", "--yes", "--skip-preview", "--stack")
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
        # Without a name of its own, the journal is beside the state, too.
        del project.environment["VAPI_JOURNAL"]
        project.environment["PULUMI_BACKEND_URL"] = url
        project.init("test")
        project.init("other")
        yield project


def moved(stacks: Project, account: Account) -> str:
    """Buy `line` in `test` without checkpoints, move it to `other`, and return its record."""
    stacks.program(LINE)
    made = stacks.pulumi(*UP, "test", **WITHOUT_CHECKPOINTS)
    assert made.code == 0, made.text
    urn = "urn:pulumi:test::numbers::pulumi-python:dynamic/vapi:VapiPhoneNumber::line"
    done = stacks.pulumi("state", "move", "--source", "test", "--dest", "other", urn, "--yes")
    assert done.code == 0, done.text
    (record,) = account.records()
    return record["id"]


def test_a_moved_number_keeps_one_owner(stacks: Project, account: Account) -> None:
    """After `state move` the source's next `pulumi up` neither takes nor buys the number."""
    record = moved(stacks, account)
    refused = stacks.pulumi(*UP, "test")
    assert refused.code != 0
    (error,) = refused.errors()
    assert record in error
    assert error.endswith("[VAPI-BOUGHT-BUT-NOT-IN-STATE]")
    kept = stacks.pulumi(*UP, "other")
    assert kept.code == 0, kept.text
    assert [one["id"] for one in account.records()] == [record]


def test_a_moved_number_is_no_interrupted_purchase(stacks: Project, account: Account) -> None:
    """The source may then declare an equal number under another name: that one is bought."""
    record = moved(stacks, account)
    stacks.program(LINE.replace('"line"', '"entry"').replace('"Line"', '"Entry"'))
    bought = stacks.pulumi(*UP, "test")
    assert bought.code == 0, bought.text
    assert "interrupted" not in bought.text
    assert len(account.records()) == 2
    assert record in [one["id"] for one in account.records()]
