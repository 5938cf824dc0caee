"""Runs whose shared journal cannot be reached, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

NOBODY = {"VAPI_JOURNAL": "postgres://u:visibly-fake-password@127.0.0.1:1/db?sslmode=disable"}
HELD = 'VapiPhoneNumber("held", name="Held", number_desired_area_code="415")\n'
NEW = 'VapiPhoneNumber("new", name="New", number_desired_area_code="415")\n'


def test_a_run_without_its_journal_ends_in_one_line(project: Project, account: Account) -> None:
    """`up` buys nothing and `destroy` releases nothing; `refresh` needs no journal."""
    project.program(HELD)
    project.up()
    (record,) = account.records()
    project.program(HELD + NEW)
    for command in ("up", "destroy"):
        ended = project.pulumi(command, "--yes", "--skip-preview", **NOBODY)
        assert ended.code != 0
        (line,) = ended.errors()
        assert "the journal postgres://127.0.0.1:1/db cannot be reached" in line
        assert "nothing was bought or released" in line
        assert line.endswith("[VAPI-JOURNAL-UNREACHABLE]")
        for text in ("Traceback", "visibly-fake-password"):
            assert text not in ended.text
    refreshed = project.pulumi("refresh", "--yes", "--skip-preview", **NOBODY)
    assert refreshed.code == 0, refreshed.text
    assert [found["id"] for found in account.records()] == [record["id"]]
    assert [found["id"] for found in project.state()] == [record["id"]]
    project.up()
    assert len(account.records()) == 2
