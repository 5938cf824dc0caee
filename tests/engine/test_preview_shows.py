"""What a preview shows is what `up` does, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project
from tests.engine.test_preview_command import document, ours

pytestmark = pytest.mark.engine

HANGING = """
b = VapiPhoneNumber("b", number_desired_area_code="415", name=%r,
                    fallback_destination={"type": "number", "number": "+14155550100"})
VapiPhoneNumber("desk", sip_uri="sip:desk@sip.vapi.ai",
                fallback_destination={"type": "number", "number": b.number})
VapiPhoneNumber("front", number_desired_area_code=b.number.apply(lambda number: number[2:5]),
                fallback_destination={"type": "number", "number": b.number})
pulumi.export("number", b.number)
pulumi.export("word", %r)
"""


def test_what_hangs_on_a_number_that_stays_is_not_shown(project: Project) -> None:
    """A rename is one change in our preview, and `up` makes just that one."""
    project.program(HANGING % ("one", "a"))
    project.up()
    project.program(HANGING % ("two", "a"))
    told = document(ours(project, "preview", "--json"))
    assert [(one["action"], one["name"]) for one in told["changes"]] == [("changed", "b")]
    assert [one["path"] for one in told["changes"][0]["fields"]] == ["name"]
    assert told["outputs"] == []
    assert not any("may be replaced" in one["text"] for one in told["warnings"])
    # The engine's own cannot know; it says on what the rest hangs.
    shown = project.pulumi("preview").text
    assert "may be replaced: only if its number_desired_area_code changes" in shown
    assert "changes only if fallback_destination.number does" in shown
    assert project.up() == {"update": 1}
    project.program((HANGING % ("two", "a")).replace("415", "212"))
    told = document(ours(project, "preview", "--json"))
    names = {one["name"]: one["action"] for one in told["changes"]}
    assert names == {"b": "replaced", "desk": "changed", "front": "changed"}
    assert [(one["path"], one["known"]) for one in told["outputs"]] == [("number", False)]
    for resource in project.state():
        assert not {"org_id", "created_at", "number"} & set(resource["inputs"])


def test_changed_outputs_alone_are_told(project: Project) -> None:
    """A preview in which only an output of the stack changes names it and ends with 2."""
    project.program(HANGING % ("one", "a"))
    project.up()
    assert ours(project, "preview").code == 0
    project.program(HANGING % ("one", "b"))
    shown = ours(project, "preview")
    assert shown.code == 2
    assert '    word: "a" -> "b"' in shown.text
    told = document(ours(project, "preview", "--json"))
    assert told["changes"] == []
    assert [(one["path"], one["old"], one["new"]) for one in told["outputs"]] == [
        ("word", "a", "b")
    ]
    assert "| `word` |" in ours(project, "preview", "--format", "markdown").text


def test_a_get_beside_the_owner_does_not_undo_what_is_ignored(
    project: Project, account: Account
) -> None:
    """Drift leaves out what the owner ignores, also where the stack reads the same record."""
    project.program(
        """
        line = VapiPhoneNumber("line", sip_uri="sip:line@sip.vapi.ai",
                               opts=pulumi.ResourceOptions(ignore_changes=["assistant_id"]))
        VapiPhoneNumber.get("read", line.id)
        """
    )
    project.up()
    assistant = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
    account.change(account.record("line")["id"], assistantId=assistant)
    assert ours(project, "drift").code == 0


def test_the_other_regions_realm_is_sent(project: Project, account: Account) -> None:
    """A realm that is one region's default is a value of its own in the other."""
    program = """
    VapiPhoneNumber("line", sip_uri="sip:line@sip.vapi.ai", authentication={
        "username": "user-for-tests-only-1", "password": "password-for-tests-only", "realm": %r})
    """
    project.program(program % "sip.eu.vapi.ai")
    project.up()
    assert account.record("line")["authentication"]["realm"] == "sip.eu.vapi.ai"
    project.program(program % "sip.vapi.ai")
    assert project.up() == {"update": 1}
    assert account.record("line")["authentication"].get("realm") in (None, "sip.vapi.ai")
    assert project.refresh() == {}
    id_ = account.record("line")["id"]
    login = {"username": "user-for-tests-only-1", "password": "password-for-tests-only"}
    account.change(id_, authentication={**login, "realm": "sip.eu.vapi.ai"})
    assert ours(project, "drift").code == 2


def test_values_of_free_form_keep_their_types(project: Project, account: Account) -> None:
    """1 and True are two values; a number that the engine cannot hold is refused at preview."""
    program = """
    VapiPhoneNumber("line", sip_uri="sip:line@sip.vapi.ai", fallback_destination={
        "type": "sip", "sip_uri": "sip:a@b.example", "sip_headers": {"X-A": %s}})
    """
    project.program(program % 1)
    project.up()
    project.program(program % True)
    assert project.up() == {"update": 1}
    assert account.record("line")["fallbackDestination"]["sipHeaders"] == {"X-A": True}
    assert project.refresh() == {}
    for value, words in (
        ('float("inf")', 'sip_headers["X-A"]: must be a finite number'),
        ("2**53 + 1", "beyond 2^53"),
        ("pulumi.Output.from_input(2**53 + 1)", 'sip_headers["X-A"]: is a whole number beyond'),
        ('"text\\n"', 'sip_headers["X-A"]: ends in a line break'),
    ):
        project.program(program % value)
        refused = ours(project, "preview")
        assert refused.code == 1
        assert words in refused.text
