"""Our commands around Pulumi's, in a locale that is not UTF-8."""

from __future__ import annotations

import json

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

ASCII = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}


def test_a_state_keeps_its_letters_in_an_ascii_locale(project: Project, account: Account) -> None:
    """`import` leaves every URN as it was, and the next preview has nothing to do about it."""
    program = 'VapiPhoneNumber("büro-münchen", number_desired_area_code="415")\n'
    project.program(program)
    project.up()
    before = project.state()
    other = {"provider": "vapi", "numberDesiredAreaCode": "628", "name": "Straße"}
    account.http.post("/phone-number", json=other).raise_for_status()
    done = project.command(
        "import", "--stack", "test", "--all", "--yes", "--out", "imported.py", **ASCII
    )
    assert done.code == 0, done.text
    after = project.state()
    assert [one["urn"] for one in after[:1]] == [one["urn"] for one in before]
    assert "büro-münchen" in after[0]["urn"]
    assert len(after) == 2
    project.program(f"{program}import imported\n")
    result = project.pulumi("preview", "--expect-no-changes")
    assert result.code == 0, result.text


def test_drift_is_told_in_an_ascii_locale(project: Project, account: Account) -> None:
    """A name that the locale cannot write is shown, as text and as JSON."""
    project.program('VapiPhoneNumber("büro", number_desired_area_code="415", name="Büro")\n')
    project.up()
    account.change(account.record("Büro")["id"], name="Straße 7")
    told = project.command("drift", "--stack", "test", **ASCII)
    assert told.code == 2
    assert "Straße 7" in told.text
    found = json.loads(project.command("drift", "--stack", "test", "--json", **ASCII).text)
    assert "Straße 7" in json.dumps(found, ensure_ascii=False)
