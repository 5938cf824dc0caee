"""Validation at preview of values from files, of unset variables and of large numbers."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from tests.support.builders import MINIMAL, UUID, FlakyApi, program_inputs, provider
from vapi_provider.models.accidental_values import problems_of_values
from vapi_provider.models.kinds import KINDS
from vapi_provider.settings.guards import violations

SIP = {"type": "sip", "sip_uri": "sip:a@b.example"}
PLAN = {"mode": "warm-transfer-experimental"}


def refused(olds: dict[str, Any] | None = None, kind: str = "vapi", **fields: Any) -> list[str]:
    """What `check` says of a declaration: the paths."""
    news = program_inputs(kind, **{"name": "a", **MINIMAL[kind], **fields})
    before = program_inputs(kind, **olds) if olds else {}
    failures = provider(FlakyApi()).check(before, news).failures
    return [failure.reason.partition(": ")[0] for failure in failures]


@pytest.mark.parametrize(
    ("kind", "fields", "path"),
    [
        ("vapi", {"name": "line\n"}, "name"),
        ("vapi", {"name": "a\tb"}, "name"),
        ("vapi", {"squad_id": f"{UUID}\n"}, "squad_id"),
        ("vapi", {"squad_id": ""}, "squad_id"),
        ("vapi", {"workflow_id": " "}, "workflow_id"),
        ("vapi", {"sip_uri": "sip:a@sip.vapi.ai\n"}, "sip_uri"),
        ("vapi", {"server": {"url": "https://a.example\n"}}, "server.url"),
        ("vapi", {"server": {"url": "https://a.example\x00/b"}}, "server.url"),
        ("vapi", {"server": {"url": "https://a.example\u2028"}}, "server.url"),
        ("vapi", {"server": {"url": "https://a.example", "credential_id": ""}},
         "server.credential_id"),
        ("vapi", {"server": {"headers": {"X-Token": "secret-for-tests\n"}}},
         'server.headers["X-Token"]'),
        ("vapi", {"server": {"headers": {"X": "a\r\nY: b"}}}, "server.headers.X"),
        ("vapi", {"server": {"headers": {"X": "a", "Bad Name": "b"}}}, "server.headers"),
        ("vapi", {"server": {"headers": {"": "b"}}}, "server.headers"),
        ("vapi", {"server": {"headers": {"X:": "b"}}}, "server.headers"),
        ("vapi", {"server": {"headers": {"Schlüssel": "b"}}}, "server.headers"),
        ("vapi", {"server": {"encrypted_paths": ["a", "b\n"]}}, "server.encrypted_paths[1]"),
        ("vapi", {"fallback_destination": {**SIP, "sip_headers": {"X-A": "b\n"}}},
         'fallback_destination.sip_headers["X-A"]'),
        ("vapi", {"fallback_destination": {**SIP, "sip_headers": {"a b": "c"}}},
         "fallback_destination.sip_headers"),
        ("vapi", {"fallback_destination": {**SIP, "transfer_plan":
         {**PLAN, "hold_audio_url": "https://a.example/b.mp3\n"}}},
         "fallback_destination.transfer_plan.hold_audio_url"),
        ("vapi", {"authentication": {"username": "u" * 20 + "\n", "password": "p" * 20}},
         "authentication.username"),
        ("vapi", {"authentication": {"username": "u" * 20, "password": "p" * 20 + "\n"}},
         "authentication.password"),
        ("twilio", {"twilio_account_sid": ""}, "twilio_account_sid"),
        ("twilio", {"twilio_auth_token": ""}, "twilio_auth_token"),
        ("twilio", {"twilio_auth_token": "token\n"}, "twilio_auth_token"),
        ("twilio", {"twilio_api_key": " ", "twilio_api_secret": "a"}, "twilio_api_key"),
        ("twilio", {"twilio_api_key": "a", "twilio_api_secret": ""}, "twilio_api_secret"),
        ("vonage", {"credential_id": ""}, "credential_id"),
        ("vonage", {"credential_id": "None"}, "credential_id"),
        ("twilio", {"twilio_auth_token": "undefined"}, "twilio_auth_token"),
        ("vapi", {"sip_uri": "sip:None@sip.vapi.ai"}, "sip_uri"),
        ("vapi", {"server": {"url": "https://None/calls"}}, "server.url"),
        ("vapi", {"server": {"url": "https://voice.None.example.com"}}, "server.url"),
        ("vapi", {"server": {"url": "https://${HOST}/calls"}}, "server.url"),
        ("vapi", {"server": {"url": "https://a.example", "headers": {"X-Token": "Bearer None"}}},
         'server.headers["X-Token"]'),
        ("vapi", {"server": {"url": "https://a.example", "headers": {"X": "Basic Tm9uZTpOb25l"}}},
         "server.headers.X"),
        ("vonage", {"credential_id": f"{UUID}\n"}, "credential_id"),
    ],
)  # fmt: skip
def test_what_comes_of_a_file_or_an_unset_variable_is_refused(
    kind: str, fields: dict[str, Any], path: str
) -> None:
    """Each is one failure with its path, and what the state has so already is none."""
    assert refused(kind=kind, **fields) == [path]
    assert refused({"name": "other", **MINIMAL[kind], **fields}, kind, **fields) == []


def test_words_of_unset_variables_may_be_meant() -> None:
    """A name, a path, a description and a header may say None or null."""
    headers = {"X-Cache": "null", "X-Basic": "Basic é"}
    server = {"url": "https://a.example/None?x=null", "headers": headers}
    destination = {**SIP, "description": "None"}
    assert refused(name="None", server=server, fallback_destination=destination) == []


def test_what_is_spoken_may_hold_any_character() -> None:
    """Line breaks in what a caller hears, in descriptions, TwiML and prompts are meant."""
    text = "One moment.\n\tPlease wait.\x07\n"
    lines = "First line\n\tsecond line\n"
    plan = {
        **PLAN,
        "message": text,
        "twiml": lines,
        "summary_plan": {"messages": [{"role": "system", "content": lines}]},
        "fallback_plan": {"message": {"type": "custom-message", "content": text}},
    }
    message = {"type": "custom-message", "contents": [
        {"type": "text", "text": text, "language": "en"}]}  # fmt: skip
    destination = {**SIP, "message": message, "description": lines, "transfer_plan": plan}
    hooks = [{"on": "call.ending", "do": {"type": "say", "exact": text}}]
    assert refused(fallback_destination=destination, hooks=hooks) == []
    assert refused(fallback_destination={**SIP, "message": ""}, name="") == []
    bell = {**SIP, "description": "a\x07"}
    assert refused(fallback_destination=bell) == ["fallback_destination.description"]


@pytest.mark.parametrize(
    ("value", "is_held"),
    [
        (float("inf"), False),
        (float("-inf"), False),
        (float("nan"), False),
        (float(2**53), False),
        (-(2.0**60), False),
        (10**400, False),
        (float(2**53 - 1), True),
        (1e300, True),
        (1.5, True),
        (True, True),
        ("9007199254740993", True),
    ],
)
def test_numbers_that_the_engine_cannot_hold_are_refused(value: Any, is_held: bool) -> None:
    """Not finite, or whole and beyond 2^53, at any depth of a value of free form."""
    for path, below in (
        ("fallback_destination.sip_headers.X", {"sip_headers": {"X": value}}),
        ("fallback_destination.sip_headers.X[1].n", {"sip_headers": {"X": [0, {"n": value}]}}),
        ("fallback_destination.transfer_plan.summary_plan.messages[0].n",
         {"transfer_plan": {**PLAN, "summary_plan": {"messages": [{"n": value}]}}}),
    ):  # fmt: skip
        assert refused(fallback_destination={**SIP, **below}) == ([] if is_held else [path])


def test_what_is_not_known_yet_is_not_judged() -> None:
    """A placeholder at preview is neither empty nor wrong."""
    fields = {"squad_id": Unknown(), "server": {"url": "https://a", "headers": {"X": Unknown()}}}
    assert list(problems_of_values(KINDS["vapi"].create, fields, {})) == []


def test_a_guard_takes_an_empty_credential_for_none() -> None:
    """`server-credential` refuses a server whose credential's id is empty."""
    server = {"url": "https://a.example", "credential_id": ""}
    assert list(violations({"server-credential"}, {"server": server}))
    assert not list(violations({"server-credential"}, {"server": {**server, "credential_id": "a"}}))
