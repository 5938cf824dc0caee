"""Warnings about declarations that the API accepts: each rule, and a case that it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from tests.support.builders import MINIMAL, UUID
from vapi_provider.models.advice import advice
from vapi_provider.models.kinds import KINDS

# No assistant and no squad: beside these a fallback is never used.
ANSWERED = {"hooks": [{"on": "call.ending", "do": {"type": "say", "exact": "Goodbye"}}]}
EXPERIMENTAL = "warm-transfer-experimental"


def given(fields: dict[str, Any], kind: str = "vapi", region: str = "us") -> list[str]:
    """All advice on `fields` of a number that somebody answers."""
    return list(advice(KINDS[kind], ANSWERED | fields, region))


def to_sip(**more: Any) -> dict[str, Any]:
    """A fallback to a SIP URI."""
    return {"fallback_destination": {"type": "sip", "sip_uri": "sip:a@b", **more}}


def to_number(**more: Any) -> dict[str, Any]:
    """A fallback to a phone number that is in use somewhere."""
    return {"fallback_destination": {"type": "number", "number": "+14155550100", **more}}


def handed_over(mode: str, **more: Any) -> dict[str, Any]:
    """A fallback to a SIP URI that is handed over in `mode`."""
    return to_sip(transfer_plan={"mode": mode, **more})


def ringing(**more: Any) -> dict[str, Any]:
    """A hook that says one thing as a call rings."""
    return {"hooks": [{"on": "call.ringing", "do": [{"type": "say", "exact": "a"}], **more}]}


RISKY = [
    ({"sip_uri": "sip:a@sip.vapi.ai"}, "sip_uri without authentication: anyone"),
    ({"authentication": {"username": "u"}}, "authentication: does nothing without sip_uri"),
    (
        {"sip_uri": "sip:a:b@sip.vapi.ai", "authentication": {}},
        "sip_uri: holds a user name or a password",
    ),
    (
        {"sip_uri": "sip:a@sip.eu.vapi.ai", "authentication": {}},
        "sip_uri: is not at sip.vapi.ai",
    ),
    ({"hooks": None}, "nobody answers, unless the organization has a server of its own: "),
    ({"hooks": []}, "nobody answers"),
    ({"hooks": None, "assistant_id": ""}, "nobody answers"),
    ({"workflow_id": UUID}, "workflow_id: answers nobody: workflows stopped on 2026-08-19"),
    ({"workflow_id": UUID, **to_sip()}, "workflow_id: answers nobody"),
    ({"squad_id": UUID, "assistant_id": UUID}, "assistant_id and squad_id are set"),
    ({"squad_id": "support"}, "squad_id: is no UUID"),
    (
        {"assistant_id": UUID, **to_sip()},
        "fallback_destination: is used only where neither",
    ),
    ({"number_desired_area_code": "911"}, "number_desired_area_code: 911 cannot be"),
    ({"number_desired_area_code": "abc"}, "number_desired_area_code: abc cannot be"),
    ({"server": {"url": "https://a"}}, "server: has neither credential_id nor headers"),
    ({"server": {"headers": {}}}, "server: has neither credential_id nor headers"),
    (
        {"server": {"headers": {"a": "b"}, "encrypted_paths": ["a"]}},
        "server.encrypted_paths: needs credential_id",
    ),
    ({"server": {"credential_id": "mine"}}, "server.credential_id: is no UUID"),
    (to_number(caller_id="me"), "fallback_destination.caller_id: is neither E.164"),
    (
        to_number(transfer_plan={"mode": "blind-transfer", "sip_verb": "dial"}),
        "fallback_destination.transfer_plan.sip_verb: is ignored",
    ),
    (
        to_sip(caller_id="{{customer.number}}"),
        'fallback_destination.caller_id: is used only with transfer_plan.sip_verb "dial"',
    ),
    (
        handed_over("blind-transfer", sip_verb="bye"),
        'fallback_destination.transfer_plan.sip_verb: is "bye": Vapi hangs up',
    ),
    (
        handed_over(EXPERIMENTAL, hold_audio_url="https:///hold.mp3"),
        "fallback_destination.transfer_plan.hold_audio_url: is no URL with a host",
    ),
    (
        handed_over("warm-transfer-say-message"),
        "fallback_destination.transfer_plan.mode: warm-transfer-say-message works for calls",
    ),
    (
        handed_over("blind-transfer", twiml="<Say>a</Say>"),
        "fallback_destination.transfer_plan.twiml: is ignored in mode blind-transfer",
    ),
    (
        handed_over("blind-transfer", dial_timeout=5),
        'fallback_destination.transfer_plan.dial_timeout: is used only with sip_verb "dial"',
    ),
    (
        handed_over(EXPERIMENTAL, message="a" * 1001),
        "fallback_destination.transfer_plan.message: has more than 1000",
    ),
    (
        to_sip(message={"type": "custom-message"}),
        "fallback_destination.message: says nothing",
    ),
    (
        to_sip(message={"type": "custom-message", "content": "a", "contents": [{}]}),
        "fallback_destination.message.content: is ignored beside contents",
    ),
    (ringing(do=[]), "hooks[0].do: has no action"),
    (ringing(do=[{"type": "say"}, {"type": "say"}]), "hooks[0].do: runs its first action only"),
    (
        ringing(filters=[{"type": "startsWith", "key": "number", "starts_with": ["1", "+1"]}]),
        "hooks[0].filters[0].starts_with[1]: matches nobody",
    ),
    (ringing(do=[{"type": "transfer"}]), "hooks[0].do[0]: has no destination"),
    (to_number(number="+19995550100"), "fallback_destination.number: +19995550100 is in no range"),
]


@pytest.mark.parametrize(("fields", "text"), RISKY, ids=[text for _, text in RISKY])
def test_a_risky_declaration_is_named_once(fields: dict[str, Any], text: str) -> None:
    """Each risk gives one line, with the path where there is one."""
    (line,) = given(fields)
    assert line.startswith(text)
    assert "\n" not in line


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"sip_uri": "SIP:a@SIP.vapi.ai", "authentication": {"username": "u"}},
        {"hooks": None, "server": {"credential_id": UUID}, **to_sip()},
        {"squad_id": UUID},
        {"server": {"credential_id": UUID, "encrypted_paths": ["a"]}},
        {"number_desired_area_code": "415"},
        to_number(caller_id="{{phoneNumber.number}}"),
        to_number(number="ext12", number_e164_check_enabled=False),
        to_sip(caller_id="+14155550100", transfer_plan={"mode": EXPERIMENTAL, "sip_verb": "dial"}),
        to_sip(message=""),
        handed_over(EXPERIMENTAL, hold_audio_url="https://a", message="a"),
        handed_over("blind-transfer", sip_verb="dial", dial_timeout=5),
        ringing(filters=[{"type": "startsWith", "key": "number", "starts_with": ["1"]}]),
    ],
    ids=str,
)
def test_a_sound_declaration_gets_no_advice(fields: dict[str, Any]) -> None:
    """What will work as written is not talked about."""
    assert given(fields) == []


def test_a_workflow_answers_nobody() -> None:
    """A number with a workflow alone has a dead workflow and nobody who answers."""
    lines = given({"hooks": None, "workflow_id": UUID})
    assert [line.split(":")[0].split(",")[0] for line in lines] == ["nobody answers", "workflow_id"]


@pytest.mark.parametrize("name", ["twilio_account_sid", "twilio_auth_token"])
def test_an_empty_credential_is_named(name: str) -> None:
    """A Twilio credential from a variable that is unset is warned of, with its path."""
    (line,) = given({**MINIMAL["twilio"], name: " "}, "twilio")
    assert line == f"{name}: is empty: is a variable unset? [VAPI-EMPTY-CREDENTIAL]"


def test_the_sip_host_is_the_regions() -> None:
    """A SIP URI is judged by the host of the stack's own region."""
    fields = {"sip_uri": "sip:a@sip.eu.vapi.ai", "authentication": {}}
    assert given(fields, region="eu") == []
    assert given(fields, region="us") != []


def test_carriers_have_their_own_rules() -> None:
    """A warm transfer is fine on Twilio; its key is ignored beside its token; ids are UUIDs."""
    warm = handed_over("warm-transfer-say-message", message="a")
    assert given({**MINIMAL["twilio"], **warm}, "twilio") == []
    (line,) = given({**MINIMAL["twilio"], "twilio_api_key": "k"}, "twilio")
    assert line == (
        "twilio_api_key: is ignored beside twilio_auth_token [VAPI-UNUSED-BESIDE-TOKEN]"
    )
    (line,) = given({"credential_id": "trunk"}, "byo-phone-number")
    assert line.startswith("credential_id: is no UUID")


@pytest.mark.parametrize(
    "name",
    ["squad_id", "sip_uri", "authentication", "server", "fallback_destination", "hooks", "number"],
)
def test_what_is_unknown_is_not_judged(name: str) -> None:
    """A value that preview does not know yet never breaks the advice on the others."""
    lines = given({"number_desired_area_code": "911", name: Unknown()})
    assert any("911" in line for line in lines)
