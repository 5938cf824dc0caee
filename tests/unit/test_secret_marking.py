"""Marking of secrets: fields by their traits, URLs by their parts, and unknown fields."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.builders import (
    DECLARATION,
    FULL,
    RECORDED,
    THERE,
    UUID,
    FlakyApi,
    failure,
    program_inputs,
    provider,
    wire_record,
)
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.properties import normalize
from vapi_provider.reconcile.secrecy import HINTS, OWN_SECRETS, SIGNATURE, TRANSFORMS, wrap_secrets
from vapi_provider.shared.addresses import bare, contains_credentials, credentials_in

UNKNOWN_ACTION = {"type": "webhook", "headers": {"Authorization": "Bearer canary-of-tests"}}
HOOK = {"on": "call.ringing", "do": [UNKNOWN_ACTION]}


def clear(value: Any) -> str:
    """What of a value is not marked as secret, as a text."""
    if isinstance(value, dict):
        return "" if SIGNATURE in value else " ".join(map(clear, value.values()))
    return " ".join(map(clear, value)) if isinstance(value, list) else str(value)


CANARY = "canary-of-tests"
PLACES: list[dict[str, Any]] = [
    {"server": {"url": "https://a", "headers": {"X": CANARY}}},
    {"server": {"url": f"https://a/?token={CANARY}"}},
    {"server": {"url": f"https://a/#{CANARY}"}},
    {"server": {"url": f"https://{CANARY}@a/"}},
    {"server": {"url": f"https://user:{CANARY}@a/"}},
    {"server": {"url": f"HTTPS://user:{CANARY}@[::1]:8443/a"}},
    {"server": {"url": "https://a", "unheard_of": {"key": CANARY}}},
    {"fallback_destination": {"type": "sip", "sip_uri": "sip:a@b", "sip_headers": {"X": CANARY}}},
    {"fallback_destination": {"type": "sip", "sip_uri": f"sip:a:{CANARY}@b"}},
    {"sip_uri": f"sip:a:{CANARY}@sip.vapi.ai"},
    {"fallback_destination": {"type": "sip", "sip_uri": f"sip:a@b?X-Token={CANARY}"}},
    {"fallback_destination": {"type": "satellite", "key": CANARY}},
    {
        "fallback_destination": {
            "type": "number",
            "number": "+14155550100",
            "transfer_plan": {
                "mode": "warm-transfer-experimental",
                "hold_audio_url": f"https://a/hold.mp3?sig={CANARY}",
                "summary_plan": {"messages": [{"role": "system", "content": CANARY}]},
            },
        }
    },
    {"hooks": [{"on": "call.unheard", "do": CANARY}]},
    {"hooks": [{"on": "call.ringing", "do": [{"type": "webhook", "url": CANARY}]}]},
    {"hooks": [{"on": "call.ringing", "do": [], "filters": [{"type": "new", "key": CANARY}]}]},
]


@pytest.mark.parametrize("fields", PLACES)
def test_check_and_read_mark_every_secret(fields: dict[str, Any]) -> None:
    """Wherever a secret is, and however it came there, the engine is told that it is one."""
    working = provider(FlakyApi(THERE))
    # As recorded, so that it is not refused.
    recorded = {**RECORDED, **fields}
    assert CANARY not in clear(working.check(recorded, recorded).inputs)
    assert CANARY in str(working.check(recorded, recorded).inputs)
    assert CANARY not in clear(wrap_secrets(KINDS["vapi"].fields, recorded))


@pytest.mark.parametrize(
    "wire",
    [
        {"hooks": [{"on": "call.ringing", "do": [UNKNOWN_ACTION]}]},
        {"hooks": [{"on": "call.unheard", "key": CANARY}]},
        {"fallbackDestination": {"type": "satellite", "key": CANARY}},
        {"server": {"url": f"https://a/?token={CANARY}"}},
        {"sipUri": f"sips:a:{CANARY}@sip.vapi.ai"},
    ],
)
@pytest.mark.parametrize("declared", [RECORDED, {"provider": "vapi"}], ids=["ours", "get"])
def test_read_marks_what_the_account_holds(wire: dict[str, Any], declared: dict[str, Any]) -> None:
    """What somebody set in the account is recorded, encrypted, in outputs and inputs."""
    result = provider(FlakyApi({**THERE, **wire})).read(UUID, declared)
    for found in (result.outs, result.inputs):
        assert CANARY in str(found)
        assert CANARY not in clear(found)


def test_read_hands_secrets_back_as_inputs() -> None:
    """Inputs that an earlier version recorded in clear are replaced though nothing differs."""
    server = {"url": "https://a", "headers": {"X": CANARY}}
    working = provider(FlakyApi({**THERE, "server": server}))
    result = working.read(UUID, {**RECORDED, "server": server})
    assert normalize(result.inputs)["server"] == server
    assert CANARY not in clear(result.inputs)
    assert provider(FlakyApi(THERE)).read(UUID, RECORDED).inputs is None


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://a.example/path/token", []),
        ("https://a.example", []),
        ("https://a.example/?", []),
        ("https://a.example:8443/a@b", []),
        ("https://u:p@a.example", ["u:p", "p"]),
        ("https://u@a.example", ["u"]),
        ("https://a.example/?a=b&c=d", ["a=b&c=d", "b", "d"]),
        ("https://a.example/#f", ["f", "f"]),
        ("sip:desk@pbx.example.com", []),
        ("sip:desk:pass@pbx.example.com", ["desk:pass", "pass"]),
        ("sip:desk@pbx.example.com?X-Token=t", ["X-Token=t", "t"]),
        ("no url", []),
    ],
)
def test_a_url_is_secret_by_what_it_holds(url: str, parts: list[str]) -> None:
    """User information, a query and a fragment make a URL secret; a path cannot be told."""
    assert contains_credentials(url) is bool(parts)
    assert list(credentials_in(url)) == ([url, *parts] if parts else [])
    assert not contains_credentials(bare(url))
    if not parts:
        assert bare(url) == url


def test_a_declaration_that_differs_by_secrecy_alone_is_left_to_the_engine() -> None:
    """The engine compares marks only where the program says that it has secrets of its own."""

    def changes(hints: dict[str, Any] | None, **more: Any) -> bool | None:
        working = provider(FlakyApi())
        recorded = {**RECORDED, **more}
        news = program_inputs(name="support", squad_id="s", number_desired_area_code="415", **more)
        working.check(news, {**news, **({HINTS: hints} if hints else {})})
        return working.diff(UUID, recorded, news).changes

    server = {"url": "https://a", "headers": {"X": "y"}}
    assert changes(None) is False
    assert changes({OWN_SECRETS: [["name"]]}) is None
    assert changes({TRANSFORMS: True}) is None
    # A field that is secret by itself may have been recorded in clear: no reason for an update.
    assert changes({TRANSFORMS: True}, server=server) is False
    assert changes({OWN_SECRETS: [["name"]]}, server=server) is None


@pytest.mark.parametrize(
    ("hints", "is_added"),
    [(None, True), ({OWN_SECRETS: [["name"]]}, False), ({TRANSFORMS: True}, False)],
)
def test_nothing_is_added_to_inputs_that_the_engine_compares(
    hints: dict[str, Any] | None, is_added: bool
) -> None:
    """What our preview foresees would be a change there: an unchanged number has none."""
    working = provider(FlakyApi())
    working._session.preview_outputs = {DECLARATION: {"number": "+14155550123", "org_id": "o"}}
    news = program_inputs(name="support", squad_id="s", number_desired_area_code="415")
    inputs = working.check(news, {**news, **({HINTS: hints} if hints else {})}).inputs
    assert ({"number", "org_id"} <= inputs.keys()) is is_added
    assert (inputs == news) is not is_added
    assert working.check({}, news).inputs == news  # As for a replacement.


def test_hints_are_never_recorded() -> None:
    """What the program tells the plugin alone is in no input that the engine gets back."""
    inputs = (
        provider(FlakyApi())
        .check({}, {**program_inputs(name="a"), HINTS: {TRANSFORMS: True}})
        .inputs
    )
    assert HINTS not in inputs


def test_a_secret_of_the_programs_own_is_in_no_error_of_the_api() -> None:
    """What the API echoes of a value that only the program knows as a secret is not shown."""
    api = FlakyApi()
    number = "+14155550177"
    place = {"type": "number", "number": number}
    hints = {OWN_SECRETS: [["fallback_destination", "number"], ["hooks", "3.0"]]}
    news = program_inputs(name="a", number_desired_area_code="415", fallback_destination=place)
    working = provider(api)
    inputs = working.check({}, {**news, HINTS: hints}).inputs
    api.instead = [httpx.Response(200, json=[])]
    api.instead += [httpx.Response(400, json={"message": [f"{number} is no number of yours"]})]
    assert "[secret] is no number of yours" in failure(working.create, inputs)


@pytest.mark.parametrize("echoes", [True, False])
def test_sip_headers_that_are_gone_are_drift_where_the_api_shows_some(echoes: bool) -> None:
    """They are judged like a server's: by whether any record shows headers of that kind."""
    place = {"type": "sip", "sip_uri": "sip:a@b", "sip_headers": {"X": "y"}}
    there = {**THERE, "fallbackDestination": {"type": "sip", "sipUri": "sip:a@b"}}
    shown = {
        "on": "call.ending",
        "do": {
            "type": "transfer",
            "destination": {"type": "sip", "sipUri": "sip:c@d", "sipHeaders": {"X": "z"}},
        },
    }
    other = wire_record(id_="other") | ({"hooks": [shown]} if echoes else {})
    recorded = {**RECORDED, "fallback_destination": place}
    working = provider(FlakyApi(there, other))
    outs = normalize(working.read(UUID, recorded).outs)
    assert ("sip_headers" in outs["fallback_destination"]) is not echoes
    assert working.diff(UUID, outs, recorded).changes is echoes


def test_everything_full_is_marked_once() -> None:
    """Marking what is marked already changes nothing."""
    specs = KINDS["vapi"].fields
    once = wrap_secrets(specs, FULL)
    assert normalize(once) == normalize(FULL)
    assert wrap_secrets(specs, normalize(once)) == once
