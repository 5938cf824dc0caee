"""What no state holds is listed by `orphans`, in one line where it cannot be told."""

from __future__ import annotations

import json

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine


def test_orphans_are_what_no_given_state_holds(project: Project, account: Account) -> None:
    """A number made outside and one of a deleted state are listed; none of a given state is."""
    project.program('VapiPhoneNumber("kept", sip_uri="sip:kept@sip.vapi.ai")')
    project.up()
    assert project.command("orphans", "--stack", "test").code == 0
    (kept,) = account.records()
    body = {"provider": "vapi", "sipUri": "sip:outside@sip.vapi.ai", "name": "by hand"}
    account.http.post("/phone-number", json=body).raise_for_status()

    project.init("gone")
    project.program('VapiPhoneNumber("lost", sip_uri="sip:lost@sip.vapi.ai")')
    project.up()
    state = project.folder / "gone.json"
    state.write_text(project.pulumi("stack", "export").text, encoding="utf-8")
    known = project.command("orphans", "--stack", "test", "--state", "gone.json")
    assert known.code == 2
    assert "by hand" in known.text
    assert "numbers/gone/lost" not in known.text
    removed = project.pulumi("stack", "rm", "gone", "--yes", "--force")
    assert removed.code == 0, removed.text

    found = project.command("orphans", "--stack", "test", "--json")
    assert found.code == 2
    orphans = {one["name"]: one for one in json.loads(found.text)["orphans"]}
    assert set(orphans) == {"by hand", "numbers/gone/lost"}
    assert orphans["numbers/gone/lost"]["likely owner"] == "numbers/gone/lost"
    assert orphans["by hand"]["likely owner"] is None
    assert kept["id"] not in found.text


def test_a_stack_that_is_not_there_is_one_line(project: Project) -> None:
    """What pulumi refuses is told in one line, by both commands."""
    for name in ("recover", "orphans"):
        result = project.command(name, "--stack", "nonesuch")
        assert result.code == 1
        assert result.text.count("\n") == 1
        assert "no stack named 'nonesuch'" in result.text
