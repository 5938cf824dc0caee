"""One number's life on the real engine: what the README promises of `pulumi up`."""

from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

SUPPORT = """
VapiPhoneNumber(
    "support",
    number_desired_area_code="415",
    fallback_destination={"type": "number", "number": "+14155550100"},
)
"""
SIP = """
entry = VapiPhoneNumber(
    "entry",
    sip_uri="sip:entry@sip.vapi.ai",
    authentication={"username": "user-for-tests-only-1", "password": "password-for-tests-only"},
    server={"url": "https://voice.example.com", "headers": {"X-Token": "token-for-tests-only"}},
)
pulumi.export("password", entry.authentication["password"])
"""


def test_up_makes_what_is_declared_and_a_second_up_asks_nothing(
    project: Project, account: Account
) -> None:
    """The first `up` makes the records, the second changes nothing and sends no request."""
    project.program(SUPPORT + SIP)
    assert project.up() == {"create": 3}
    support = account.record("support")
    assert support["name"] == "numbers/test/support"
    assert support["number"].startswith("+1415")
    assert support["fallbackDestination"] == {"type": "number", "number": "+14155550100"}
    assert account.record("entry")["sipUri"] == "sip:entry@sip.vapi.ai"

    before = len(account.requests())
    assert project.up() == {}
    assert len(account.requests()) == before


def test_a_change_is_made_in_place_by_one_patch(project: Project, account: Account) -> None:
    """An added and a removed field become one PATCH of the same record, read first for hooks."""
    project.program(SUPPORT)
    project.up()
    made = account.record("support")
    project.program(
        """
        VapiPhoneNumber("support", number_desired_area_code="415",
                        hooks=[{"on": "call.ending", "do": {"type": "say", "exact": "Bye"}}])
        """
    )
    before = len(account.requests())
    assert project.up() == {"update": 1}
    path = f"/phone-number/{made['id']}"
    assert account.requests()[before:] == [f"GET {path}", f"PATCH {path}"]
    now = account.record("support")
    assert now["id"] == made["id"]
    assert now.get("fallbackDestination") is None
    assert now["hooks"] == [{"on": "call.ending", "do": {"type": "say", "exact": "Bye"}}]


def test_another_area_code_buys_before_it_releases(project: Project, account: Account) -> None:
    """A replacement makes the new number, then releases the old one: never two left, never none."""
    project.program(SUPPORT)
    project.up()
    old = account.record("support")
    project.program(SUPPORT.replace("415", "212", 1))
    assert project.up() == {"replace": 1}
    (now,) = account.records()
    assert now["id"] != old["id"]
    assert now["number"].startswith("+1212")
    sent = [line.split()[0] for line in account.requests()]
    assert [verb for verb in sent if verb != "GET"] == ["POST", "POST", "DELETE"]


def test_removing_the_area_code_keeps_the_number(project: Project, account: Account) -> None:
    """No longer asking for an area code never gives a number up."""
    project.program(SUPPORT)
    project.up()
    project.program(SUPPORT.replace('number_desired_area_code="415",', ""))
    assert project.up() == {}
    assert len(account.records()) == 1


def test_a_replacement_with_the_same_sip_uri_frees_it_first(
    project: Project, account: Account
) -> None:
    """An area code added to a SIP record replaces it: the URI is released before it is taken."""
    project.program('VapiPhoneNumber("entry", sip_uri="sip:entry@sip.vapi.ai")')
    project.up()
    project.program(
        'VapiPhoneNumber("entry", sip_uri="sip:Entry@sip.vapi.ai", number_desired_area_code="415")'
    )
    assert project.up() == {"replace": 1}
    (now,) = account.records()
    assert now["number"].startswith("+1415")
    sent = [line.split()[0] for line in account.requests()]
    assert [verb for verb in sent if verb != "GET"] == ["POST", "DELETE", "POST"]


def test_an_outside_change_is_seen_by_refresh_and_put_back_by_up(
    project: Project, account: Account
) -> None:
    """Drift fails `--expect-no-changes`, is taken into the state by refresh, and put back by up."""
    project.program(SUPPORT + SIP)
    project.up()
    check = ("refresh", "--preview-only", "--expect-no-changes")
    clean = project.pulumi(*check)
    assert clean.code == 0, clean.text

    id_ = account.record("support")["id"]
    account.change(id_, name="renamed by hand", squadId="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11")
    drifted = project.pulumi(*check)
    assert drifted.code != 0
    assert project.refresh() == {"update": 1}
    (recorded,) = [item for item in project.state() if item["id"] == id_]
    assert recorded["outputs"]["name"] == "renamed by hand"
    assert project.up() == {"update": 1}
    now = account.record("support")
    assert (now["name"], now.get("squadId")) == ("numbers/test/support", None)


def test_a_number_deleted_outside_is_forgotten_and_made_again(
    project: Project, account: Account
) -> None:
    """Refresh forgets what is gone from the recorded account, and `up` makes it again."""
    project.program(SUPPORT + SIP)
    project.up()
    account.delete(account.record("support")["id"])
    assert project.refresh() == {"delete": 1}
    assert project.up() == {"create": 1}
    assert len(account.records()) == 2


def test_destroy_releases_everything_also_what_is_gone_already(
    project: Project, account: Account
) -> None:
    """`destroy` leaves the account empty and is content with a number that was deleted outside."""
    project.program(SUPPORT + SIP)
    project.up()
    account.delete(account.record("support")["id"])
    result = project.pulumi("destroy", "--yes", "--skip-preview")
    assert result.code == 0, result.text
    assert account.records() == []
    assert project.state() == []


def test_the_last_record_gone_is_not_believed_without_a_word(
    project: Project, account: Account
) -> None:
    """In an account that shows nothing, nothing is forgotten until the person confirms it."""
    project.program(SUPPORT)
    project.up()
    (recorded,) = project.state()
    account.delete(account.record("support")["id"])
    doubted = project.pulumi("refresh", "--yes", "--skip-preview")
    assert doubted.code != 0
    (line,) = doubted.errors()
    organization = recorded["outputs"]["org_id"]
    assert f"VAPI_CONFIRM_EMPTY_ACCOUNT={organization}" in line
    assert len(project.state()) == 1

    confirmed = project.pulumi(
        "refresh", "--yes", "--skip-preview", VAPI_CONFIRM_EMPTY_ACCOUNT=organization
    )
    assert confirmed.code == 0, confirmed.text
    assert project.state() == []


def test_no_secret_is_in_the_state_or_shown(project: Project, account: Account) -> None:
    """Password and headers are masked unasked wherever they could be seen, the journal too."""
    project.program(SIP)
    shown = project.pulumi("preview", "--diff").text
    project.up()
    project.program(SIP.replace("token-for-tests-only", "another-for-tests-only"))
    shown += project.pulumi("preview", "--diff").text
    shown += project.pulumi("up", "--yes").text + project.pulumi("refresh", "--yes").text
    shown += project.pulumi("stack", "export").text
    account.change(account.record("entry")["id"], name="x", server={"url": "https://a.example"})
    shown += project.pulumi("preview", "--refresh", "--diff").text
    shown += project.pulumi("up", "--yes", VAPI_BASE_URL=account.url + "/nowhere").text
    journal = Path(project.environment["VAPI_JOURNAL"])
    shown += "".join(
        file.read_bytes().decode("latin-1") for file in journal.parent.glob("journal*")
    )
    assert journal.exists()
    project.refresh()
    project.up()
    for secret in ("password-for-tests-only", "token-for-tests-only", "another-for-tests-only"):
        assert secret not in shown
    assert account.record("entry")["server"]["headers"] == {"X-Token": "another-for-tests-only"}


def test_a_number_of_somebody_else_is_read_and_never_changed(
    project: Project, account: Account
) -> None:
    """`get` gives the outputs of a record, fails for a missing one, and releases nothing."""
    made = account.http.post(
        "/phone-number", json={"provider": "vapi", "numberDesiredAreaCode": "628", "name": "theirs"}
    ).json()
    program = """
    theirs = VapiPhoneNumber.get("theirs", "{}")
    pulumi.export("number", theirs.number)
    """
    project.program(program.format(made["id"]))
    project.up()
    assert project.pulumi("stack", "output", "number").text.strip() == made["number"]
    result = project.pulumi("destroy", "--yes", "--skip-preview")
    assert result.code == 0, result.text
    assert len(account.records()) == 1

    project.program(program.format("00000000-0000-4000-8000-000000000000"))
    missing = project.pulumi("up", "--yes", "--skip-preview")
    assert missing.code != 0
    (line,) = missing.errors()
    assert "there is no phone number" in line


def test_an_existing_number_is_adopted_not_bought(project: Project, account: Account) -> None:
    """`adopt_id` takes a record over by one PATCH; removing it later changes nothing."""
    made = account.http.post(
        "/phone-number", json={"provider": "vapi", "numberDesiredAreaCode": "628", "name": "old"}
    ).json()
    project.program(f'VapiPhoneNumber("line", adopt_id="{made["id"]}")')
    project.up()
    (now,) = account.records()
    assert (now["id"], now["name"]) == (made["id"], "numbers/test/line")
    project.program('VapiPhoneNumber("line")')
    assert project.up() == {}
