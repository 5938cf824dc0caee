"""Numbers and SIP URIs that two resources want, on the real engine."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Account, Project
from tests.engine.test_preview_command import ours

pytestmark = pytest.mark.engine

TWILIO = """
for name, number in %r.items():
    TwilioPhoneNumber(name, number=number, twilio_account_sid="AC-for-tests-only",
                      twilio_auth_token="twilio-token-for-tests-only")
"""
SIP = """
for name, user in %r.items():
    VapiPhoneNumber(name, sip_uri=f"sip:{user}@sip.vapi.ai")
"""


def uris(account: Account) -> dict[str, str]:
    """User part of the SIP URI of each record, by the resource's name."""
    return {
        one["name"].rpartition("/")[2]: one["sipUri"].partition("@")[0].removeprefix("sip:")
        for one in account.records()
    }


def test_one_number_declared_twice_is_refused_at_preview(
    project: Project, account: Account
) -> None:
    """Nothing is made, and the message names the other resource."""
    project.program(TWILIO % {"a": "+14155550100", "b": "+14155550100"})
    refused = ours(project, "preview")
    assert refused.code == 1
    assert "number: is declared twice" in refused.text
    assert project.pulumi("up", "--yes", "--skip-preview").code != 0
    project.program(SIP % {"a": "x", "b": "X"})
    assert "sip_uri: is declared twice" in ours(project, "preview").text
    assert len(account.records()) <= 1


def test_an_update_never_takes_another_records_number(project: Project, account: Account) -> None:
    """A number that somebody else's record has is not given to a second one."""
    body = {
        "provider": "twilio",
        "number": "+14155550101",
        "twilioAccountSid": "AC-for-tests-only",
        "twilioAuthToken": "twilio-token-for-tests-only",
        "name": "by hand",
    }
    theirs = account.http.post("/phone-number", json=body).raise_for_status().json()
    project.program(TWILIO % {"a": "+14155550100"})
    project.up()
    project.program(TWILIO % {"a": "+14155550101"})
    refused = project.pulumi("up", "--yes", "--skip-preview")
    assert refused.code != 0
    assert theirs["id"] in refused.text
    numbers = [one["number"] for one in account.records()]
    assert sorted(numbers) == ["+14155550100", "+14155550101"]


def test_a_uri_moves_to_a_new_resource_and_a_swap_takes_two_steps(
    project: Project, account: Account
) -> None:
    """What `a` gives up, a new `b` has in the same run; a swap is refused with the two steps."""
    project.program(SIP % {"a": "x"})
    project.up()
    project.program(SIP % {"a": "y", "b": "x"})
    assert project.up() == {"update": 1, "create": 1}
    assert uris(account) == {"a": "y", "b": "x"}
    project.program(SIP % {"a": "x", "b": "y"})
    refused = ours(project, "preview")
    assert refused.code == 1
    assert "cannot swap" in refused.text
    assert uris(account) == {"a": "y", "b": "x"}
    project.program(SIP % {"a": "z", "b": "y"})
    assert project.up() == {"update": 2}
    project.program(SIP % {"a": "x", "b": "y"})
    assert project.up() == {"update": 1}
    assert uris(account) == {"a": "x", "b": "y"}
    assert project.up() == {}
