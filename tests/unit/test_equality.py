"""When two values are the same to the API, and how an answer is recorded beside a declaration."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.builders import FULL
from vapi_provider.models.fields import FieldSpec, schema_named
from vapi_provider.models.kinds import KINDS, kinds_in
from vapi_provider.reconcile.equality import equal, equivalent
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE
from vapi_provider.reconcile.state_merge import merge_for_state

VAPI = KINDS["vapi"].fields
TWILIO = KINDS["twilio"].fields
BYO = KINDS["byo-phone-number"].fields
PLAN = schema_named("TransferPlan").fields
SIP = schema_named("TransferDestinationSip").fields
SERVER = schema_named("Server").fields

EQUAL = [
    (VAPI["name"], None, ""),
    # A documented default is what absent means.
    (TWILIO["sms_enabled"], None, True),
    (BYO["number_e164_check_enabled"], None, True),
    (SERVER["timeout_seconds"], None, 20),
    (SERVER["timeout_seconds"], 20, 20.0),
    (SERVER["static_ip_addresses_enabled"], None, False),
    (schema_named("SipAuthentication", "us").fields["realm"], None, "sip.vapi.ai"),
    (schema_named("SipAuthentication", "eu").fields["realm"], None, "sip.eu.vapi.ai"),
    (schema_named("TransferDestinationNumber").fields["number_e164_check_enabled"], None, True),
    (SIP["message"], None, "Transferring the call now"),
    (
        SIP["transfer_plan"],
        None,
        {"mode": "blind-transfer"},
    ),
    (
        SIP["transfer_plan"],
        None,
        {"mode": "blind-transfer", "timeout": 60, "summary_plan": None},
    ),
    (PLAN["timeout"], None, 60),
    (PLAN["dial_timeout"], None, 60.0),
    (PLAN["sip_verb"], None, "refer"),
    (PLAN["context_engineering_plan"], None, {"type": "all"}),
    (PLAN["sip_headers_in_refer_to_enabled"], None, False),
    (schema_named("SummaryPlan").fields["enabled"], None, True),
    (schema_named("SummaryPlan").fields["timeout_seconds"], None, 5),
    (schema_named("TransferFallbackPlan").fields["end_call_enabled"], None, True),
    # Empty is absent.
    (VAPI["hooks"], None, []),
    (SERVER["headers"], None, {}),
    (SERVER["encrypted_paths"], None, []),
    (schema_named("BackoffPlan").fields["excluded_status_codes"], None, []),
    (SIP["sip_headers"], None, {}),
    (schema_named("CustomMessage").fields["contents"], None, []),
    (schema_named("PhoneNumberHookCallRinging").fields["filters"], None, []),
    (schema_named("PhoneNumberHookCallEnding").fields["filters"], None, []),
    # Any letter case.
    (VAPI["sip_uri"], "sip:Support@SIP.vapi.ai", "SIP:support@sip.vapi.ai"),
    (SIP["sip_uri"], "sip:A@b", "sip:a@B"),
    # Any order.
    (schema_named("BackoffPlan").fields["excluded_status_codes"], [404, 400], [400.0, 404.0]),
    (SERVER["encrypted_paths"], ["b", "a"], ["a", "b"]),
    (
        schema_named("PhoneNumberCallRingingHookFilter").fields["starts_with"],
        ["1", "44"],
        ["44", "1"],
    ),
    (schema_named("PhoneNumberCallEndingHookFilter").fields["one_of"], ["a", "b"], ["b", "a"]),
    # All of it, deep inside a list.
    (
        VAPI["hooks"],
        [
            {
                "on": "call.ringing",
                "do": [
                    {
                        "type": "transfer",
                        "destination": {"type": "sip", "sip_uri": "sip:A@b", "sip_headers": {}},
                    }
                ],
                "filters": [],
            }
        ],
        [
            {
                "on": "call.ringing",
                "do": [{"type": "transfer", "destination": {"type": "sip", "sip_uri": "sip:a@b"}}],
            }
        ],
    ),
]

DIFFERENT = [
    (TWILIO["sms_enabled"], None, False),
    (VAPI["name"], "a", "A"),
    (VAPI["server"], None, {}),
    (VAPI["assistant_id"], None, "a"),
    (SIP["message"], None, ""),
    (SIP["transfer_plan"], None, {"mode": "warm-transfer-twiml"}),
    (SERVER["timeout_seconds"], None, 21),
    (SERVER["headers"], {"X": "a"}, {"x": "a"}),
    (SERVER["encrypted_paths"], ["a", "a"], ["a"]),
    (schema_named("PhoneNumberHookCallRinging").fields["do"], [{"type": "say"}], []),
    (schema_named("CustomMessage").fields["contents"], [{"text": "a"}, {"text": "b"}],
     [{"text": "b"}, {"text": "a"}]),
    (SERVER["backoff_plan"], {"type": "fixed", "max_retries": 0}, {"type": "fixed"}),
]  # fmt: skip


def _named(value: Any) -> str | None:
    return value.name if isinstance(value, FieldSpec) else None


@pytest.mark.parametrize(("spec", "left", "right"), EQUAL, ids=_named)
def test_these_mean_the_same(spec: FieldSpec, left: Any, right: Any) -> None:
    """Null, absent and a default, empty and absent, letter case, order, 20 and 20.0: no change."""
    assert equivalent(spec, left, right)
    assert equivalent(spec, right, left)


@pytest.mark.parametrize(("spec", "left", "right"), DIFFERENT, ids=_named)
def test_these_do_not(spec: FieldSpec, left: Any, right: Any) -> None:
    """What the API tells apart is a change: silence, a header's name, the order of translations."""
    assert not equivalent(spec, left, right)
    assert not equivalent(spec, right, left)


def test_what_the_api_adds_is_no_difference() -> None:
    """A key that no schema has does not make two objects different."""
    assert equivalent(
        VAPI["server"], {"url": "https://a"}, {"url": "https://a", "isSecretSet": True}
    )


AUTHENTICATION = {"username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("recorded", "actual", "kept"),
    [
        # Not echoed.
        ({"authentication": AUTHENTICATION}, {"authentication": {"username": "u"}},
         {"authentication": AUTHENTICATION}),
        ({"server": {"url": "a", "headers": {"X": "1"}}}, {"server": {"url": "b"}},
         {"server": {"url": "b", "headers": {"X": "1"}}}),
        # Echoed, the same.
        ({"authentication": AUTHENTICATION}, {"authentication": AUTHENTICATION},
         {"authentication": AUTHENTICATION}),
        # Echoed, another one.
        ({"authentication": AUTHENTICATION}, {"authentication": {"username": "u", "password": "q"}},
         {"authentication": {"username": "u", "password": CHANGED_OUTSIDE}}),
        ({}, {"authentication": {"username": "u", "password": "q"}},
         {"authentication": {"username": "u", "password": CHANGED_OUTSIDE}}),
        # Taken away with the object that held it.
        ({"authentication": AUTHENTICATION}, {}, {}),
        # Headers: removed, added, changed, all removed.
        ({"server": {"headers": {"X": "1", "Y": "2"}}}, {"server": {"headers": {"X": "1"}}},
         {"server": {"headers": {"X": "1"}}}),
        ({"server": {"headers": {"X": "1"}}}, {"server": {"headers": {"X": "1", "Y": "2"}}},
         {"server": {"headers": {"X": "1", "Y": CHANGED_OUTSIDE}}}),
        ({"server": {"headers": {"X": "1"}}}, {"server": {"headers": {"X": "2"}}},
         {"server": {"headers": {"X": CHANGED_OUTSIDE}}}),
        ({"server": {"url": "a", "headers": {"X": "1"}}}, {"server": {"url": "a", "headers": {}}},
         {"server": {"url": "a"}}),
        ({}, {"server": {"url": "a", "headers": {"X": "1"}}},
         {"server": {"url": "a", "headers": {"X": CHANGED_OUTSIDE}}}),
    ],
)  # fmt: skip
def test_a_secret_from_outside_is_never_recorded(
    recorded: dict[str, Any], actual: dict[str, Any], kept: dict[str, Any]
) -> None:
    """A secret that is not echoed stays; another one is recorded as changed, without its value."""
    assert merge_for_state(VAPI, recorded, actual) == kept


@pytest.mark.parametrize("name", ["twilio_auth_token", "twilio_api_key", "twilio_api_secret"])
def test_twilio_secrets_are_settled_alike(name: str) -> None:
    """Each Twilio secret is kept where not echoed and marked where another one is echoed."""
    assert merge_for_state(TWILIO, {name: "a"}, {}) == {name: "a"}
    assert merge_for_state(TWILIO, {name: "a"}, {name: "b"}) == {name: CHANGED_OUTSIDE}
    assert merge_for_state(TWILIO, {}, {name: "b"}) == {name: CHANGED_OUTSIDE}


@pytest.mark.parametrize(
    ("recorded", "actual", "kept"),
    [
        ({}, {"hooks": []}, {}),
        ({"hooks": []}, {}, {"hooks": []}),
        ({"sip_uri": "sip:A@b"}, {"sip_uri": "sip:a@B"}, {"sip_uri": "sip:A@b"}),
        ({"server": {"url": "a"}}, {"server": {"url": "a", "timeout_seconds": 20}},
         {"server": {"url": "a"}}),
        ({"server": {"url": "a"}}, {"server": {"url": "b", "timeout_seconds": 20}},
         {"server": {"url": "b"}}),
        ({"server": {"url": "a", "timeout_seconds": 20}}, {"server": {"url": "b"}},
         {"server": {"url": "b", "timeout_seconds": 20}}),
        ({"name": "a"}, {"name": "b"}, {"name": "b"}),
        ({"name": "a"}, {}, {}),
        ({}, {"name": "b"}, {"name": "b"}),
    ],
)  # fmt: skip
def test_equal_values_keep_the_recorded_spelling(
    recorded: dict[str, Any], actual: dict[str, Any], kept: dict[str, Any]
) -> None:
    """Materialised defaults and other spellings leave no trace; real differences are recorded."""
    assert merge_for_state(VAPI, recorded, actual) == kept


def _say(text: str, **more: Any) -> dict[str, Any]:
    return {"on": "call.ringing", "do": [{"type": "say", "exact": text}], **more}


def test_lists_are_settled_item_by_item() -> None:
    """Beside one changed hook the others keep their spelling; a list of other length is taken."""
    recorded = {"hooks": [_say("a", filters=[]), _say("b")]}
    actual = {"hooks": [_say("a"), _say("c", filters=[])]}
    assert merge_for_state(VAPI, recorded, actual) == {"hooks": [_say("a", filters=[]), _say("c")]}
    longer = {"hooks": [_say("a"), _say("b"), _say("c")]}
    assert merge_for_state(VAPI, recorded, longer) == longer
    assert merge_for_state(VAPI, longer, {"hooks": [_say("a")]}) == {"hooks": [_say("a")]}


def test_another_member_of_a_union_starts_afresh() -> None:
    """A destination of another type takes nothing over from the recorded one."""
    number = {"type": "number", "number": "+14155550100", "message": "a"}
    sip = {"type": "sip", "sip_uri": "sip:a@b"}
    assert merge_for_state(
        VAPI, {"fallback_destination": number}, {"fallback_destination": sip}
    ) == {"fallback_destination": sip}


def test_settling_leaves_its_arguments_alone() -> None:
    """Neither the recorded nor the actual values are changed in place."""
    recorded, actual = copy.deepcopy(FULL), copy.deepcopy(FULL)
    actual["server"]["url"] = "https://other"
    before = copy.deepcopy((recorded, actual))
    merge_for_state(VAPI, recorded, actual)
    assert (recorded, actual) == before


REALM = ("us", "sip.eu.vapi.ai"), ("eu", "sip.vapi.ai"), (None, "sip.vapi.ai")


@pytest.mark.parametrize(("region", "realm"), REALM)
def test_a_regions_default_is_that_regions_alone(region: str | None, realm: str) -> None:
    """The other region's SIP host, or either where the region is unknown, is a realm of its own."""
    spec = kinds_in(region)["vapi"].fields["authentication"]
    login = {"username": "user-of-20-characters", "password": "a-password-of-20-chars"}
    assert not equivalent(spec, login, {**login, "realm": realm})
    assert not equivalent(
        spec, {**login, "realm": "sip.vapi.ai"}, {**login, "realm": "sip.eu.vapi.ai"}
    )


@pytest.mark.parametrize(
    ("left", "right", "are_equal"),
    [
        (1, True, False),
        (0, False, False),
        (1.0, True, False),
        ([1], [True], False),
        ({"a": [{"b": 0}]}, {"a": [{"b": False}]}, False),
        (1, 1.0, True),
        (1e300, int(1e300), True),
        (2**53 + 1, float(2**53), True),
        (10**400, 10**400, True),
        ("1", 1, False),
        (None, False, False),
        ({"a": None}, {}, False),
        ([1, 2], [1], False),
    ],
)
def test_values_are_compared_by_type(left: Any, right: Any, are_equal: bool) -> None:
    """A number is never a truth value, and two numbers are equal where their doubles are."""
    assert equal(left, right) is are_equal
    assert equal(right, left) is are_equal
    spec = KINDS["vapi"].fields["fallback_destination"]
    sip = {"type": "sip", "sip_uri": "sip:a@b"}
    before, after = ({**sip, "sip_headers": {"X": value}} for value in (left, right))
    if left is not None:
        assert equivalent(spec, before, after) is are_equal
