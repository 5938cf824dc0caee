"""Spellings of one phone number, and secrets that are echoed in part."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.builders import (
    MINIMAL,
    UUID,
    FlakyApi,
    failure,
    program_inputs,
    provider,
    wire_record,
)
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.number_spelling import to_e164
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.fingerprint import fingerprint_of, matches
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE, UNSEEN
from vapi_provider.reconcile.plan import NoChange, plan
from vapi_provider.reconcile.state_merge import merge_for_state

NUMBER = "+14155552671"
SPELLINGS = ["14155552671", "+1 415-555-2671", "+1 (415) 555.2671", "1 415 555 2671"]


@pytest.mark.parametrize("text", [NUMBER, *SPELLINGS])
def test_signs_have_no_meaning(text: str) -> None:
    """A number without plus or with signs between its digits is the same number."""
    assert to_e164(text) == NUMBER


@pytest.mark.parametrize("text", ["1001", "desk12", "+165****8621", "+999999999999", ""])
def test_what_is_no_number_stays(text: str) -> None:
    """Extensions, names, masked and impossible numbers are not respelled."""
    assert to_e164(text) == text


@pytest.mark.parametrize("kind", ["twilio", "vonage", "telnyx", "byo-phone-number"])
@pytest.mark.parametrize("echoed", SPELLINGS)
def test_an_echo_in_another_spelling_is_no_drift(kind: str, echoed: str) -> None:
    """What is recorded stays as it was declared, and nothing is left to send."""
    fields = {**MINIMAL[kind], "number": NUMBER}
    specs = KINDS[kind].fields
    recorded = merge_for_state(specs, fields, {**fields, "number": echoed})
    assert recorded["number"] == NUMBER
    assert plan(KINDS[kind], recorded, fields) == NoChange()
    assert plan(KINDS[kind], {**fields, "number": echoed}, fields) == NoChange()


def test_without_the_check_each_sign_counts() -> None:
    """With `number_e164_check_enabled` off the spellings are different numbers."""
    kind = KINDS["byo-phone-number"]
    off = {"credential_id": UUID, "number": NUMBER, "number_e164_check_enabled": False}
    echoed = {**off, "number": "14155552671"}
    assert merge_for_state(kind.fields, off, echoed)["number"] == "14155552671"
    assert plan(kind, echoed, off) != NoChange()


def test_destinations_follow_their_own_check() -> None:
    """A fallback's number is compared by its own switch."""
    spec = KINDS["vapi"].fields["fallback_destination"]
    plain = {"type": "number", "number": NUMBER}
    other = {"type": "number", "number": "1 415 555 2671"}
    assert equivalent(spec, plain, other)
    off = {"number_e164_check_enabled": False}
    assert not equivalent(spec, {**plain, **off}, {**other, **off})


def test_the_area_code_is_known_without_a_plus() -> None:
    """A bought number that is echoed without plus satisfies the area code that was asked for."""
    recorded = {"number": "14155550121"}
    assert plan(KINDS["vapi"], recorded, {"number_desired_area_code": "415"}) == NoChange()
    assert plan(KINDS["vapi"], recorded, {"number_desired_area_code": "212"}) != NoChange()


@pytest.mark.parametrize("there", SPELLINGS)
def test_the_clash_check_knows_every_spelling(there: str) -> None:
    """A number that the account has in another spelling is not made again."""
    api = FlakyApi(wire_record("vonage", number=there, credentialId="another"))
    line = failure(provider(api).create, program_inputs("telnyx", **MINIMAL["telnyx"], name="mine"))
    assert "already has the number" in line
    assert "POST /phone-number" not in api.sent


@pytest.mark.parametrize("echoed", [NUMBER, *SPELLINGS])
def test_the_journal_knows_every_spelling(echoed: str) -> None:
    """The record of a purchase is known by its number in any spelling, with the check on."""
    kind = KINDS["byo-phone-number"]
    record = PhoneNumberRecord.read(wire_record(kind.provider, number=echoed))
    fields = {"credential_id": UUID, "number": NUMBER}
    assert matches(kind, fingerprint_of(kind, fields), record)
    off = {**fields, "number": "14155552671", "number_e164_check_enabled": False}
    exact = PhoneNumberRecord.read(
        wire_record(kind.provider, number=echoed, numberE164CheckEnabled=False)
    )
    assert matches(kind, fingerprint_of(kind, off), exact) == (echoed == "14155552671")


TOKEN = "abcd-token-for-tests-1234"


@pytest.mark.parametrize(
    "echoed",
    ["********", "****1234", "abcd****1234", "abcd...1234", "••••", "[REDACTED]", "<hidden>"],
)
def test_a_masked_echo_is_no_drift(echoed: str) -> None:
    """A secret that is echoed in part, and fits, stays as it is recorded."""
    specs = KINDS["twilio"].fields
    recorded = {**MINIMAL["twilio"], "twilio_auth_token": TOKEN}
    kept = merge_for_state(specs, recorded, {**recorded, "twilio_auth_token": echoed})
    assert kept["twilio_auth_token"] == TOKEN
    unseen = merge_for_state(specs, {"twilio_auth_token": UNSEEN}, {"twilio_auth_token": echoed})
    assert unseen["twilio_auth_token"] == UNSEEN
    server = {"url": "https://a", "headers": {"X-Token": TOKEN}}
    shown = {"url": "https://a", "headers": {"X-Token": echoed}}
    assert merge_for_state(specs, {"server": server}, {"server": shown})["server"] == server


@pytest.mark.parametrize("echoed", ["****9999", "zzzz****", "another-token", ""])
def test_another_secrets_echo_is_drift(echoed: Any) -> None:
    """What shows a part that the recorded secret does not have was changed outside."""
    specs = KINDS["twilio"].fields
    found = merge_for_state(specs, {"twilio_auth_token": TOKEN}, {"twilio_auth_token": echoed})
    assert found["twilio_auth_token"] == CHANGED_OUTSIDE
