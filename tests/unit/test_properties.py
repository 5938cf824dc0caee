"""The engine's properties: plain values, problems in a person's words, what is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown

from tests.support.builders import (
    DECLARATION,
    FULL,
    MINIMAL,
    ORG,
    UUID,
    program_inputs,
    wire_record,
)
from tests.support.nested_values import EVERYWHERE, with_value
from vapi_provider.catalogue.message import split
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE
from vapi_provider.reconcile.properties import (
    READ_ONLY,
    Desired,
    bought_number,
    inputs_of,
    normalize,
    outputs,
    outputs_as_read,
)
from vapi_provider.reconcile.validation import problems


def found(inputs: dict[str, Any], exists: bool = False) -> list[str]:
    """What is wrong with the properties."""
    return problems(Desired.of(inputs), inputs, exists=exists)


def test_a_bag_becomes_plain() -> None:
    """The engine's key and None go, at any depth; whole floats are integers, others stay."""
    raw = {
        "__provider": "gASV",
        "a": None,
        "b": 20.0,
        "c": {"d": None, "e": [1.0, 1.5, {"f": None, "g": -3.0}], "h": True},
        "i": "1.0",
    }
    kept = normalize(raw)
    assert repr(kept) == repr({"b": 20, "c": {"e": [1, 1.5, {"g": -3}], "h": True}, "i": "1.0"})
    assert raw["__provider"] == "gASV"


def test_only_a_number_that_was_bought_is_shown() -> None:
    """A number or SIP URI that a program declares may be a secret, of which marks are gone."""
    number = {"number": "+14155550100", "sip_uri": "sip:a@b.example"}
    shown = {kind: bought_number({"provider": kind, **number}) for kind in KINDS}
    assert {kind for kind, one in shown.items() if one} == {"vapi"}
    assert bought_number({"provider": "vapi", "sip_uri": "sip:a@b.example"}) is None


def test_what_is_unknown_survives_becoming_plain() -> None:
    """Placeholders are handed on as they are."""
    unknown = Unknown()
    kept = normalize({"a": unknown, "b": [unknown]})
    assert kept["a"] is unknown
    assert kept["b"][0] is unknown


PROBLEMS = [
    ({"nme": "a"}, "nme: is not a field of CreateVapiPhoneNumberDTO: did you mean name?"),
    ({"sipUri": "sip:a@b"}, "sipUri: is spelled sip_uri here"),
    ({"name": 7}, "name: must be text"),
    ({"name": "n" * 41}, "name: must have at most 40 characters"),
    ({"number_desired_area_code": "41"},
     "number_desired_area_code: must have at least 3 characters"),
    ({"assistant_id": "support"}, "assistant_id: must be a UUID"),
    ({"sip_uri": "support"}, "sip_uri: must be a SIP URI such as sip:support@sip.vapi.ai"),
    ({"server": "https://a"}, "server: must be an object"),
    ({"server": {"url": "http://a"}}, "server.url: must be an https:// URL"),
    ({"server": {"timeout_seconds": 0}}, "server.timeout_seconds: must be 1 or more"),
    ({"server": {"timeout_seconds": 301}}, "server.timeout_seconds: must be 300 or less"),
    ({"server": {"timeout_seconds": "20"}}, "server.timeout_seconds: must be a number"),
    ({"server": {"timeout_seconds": float("nan")}},
     "server.timeout_seconds: must be a finite number"),
    ({"server": {"headers": []}}, "server.headers: must be an object"),
    ({"server": {"headers": {"X-A": 1}}}, "server.headers.X-A: must be text"),
    ({"server": {"encrypted_paths": "a"}}, "server.encrypted_paths: must be a list"),
    ({"server": {"static_ip_addresses_enabled": 1}},
     "server.static_ip_addresses_enabled: must be true or false"),
    ({"server": {"backoff_plan": {"type": "fixed", "base_delay_seconds": 1}}},
     "server.backoff_plan.max_retries: is required"),
    ({"server": {"backoffPlan": {}}}, "server.backoffPlan: is spelled backoff_plan here"),
    ({"hooks": {}}, "hooks: must be a list"),
    ({"hooks": ["ring"]}, "hooks[0]: must be an object"),
    ({"hooks": [{}]}, "hooks[0].on: must be one of call.ringing, call.ending"),
    ({"hooks": [{"on": "call.new"}]},
     "hooks[0].on: must be one of call.ringing, call.ending"),
    ({"hooks": [{"on": "call.ringing"}]}, "hooks[0].do: is required"),
    ({"hooks": [{"on": "call.ringing",
                 "do": [{"type": "say", "exact": "a"}, {"type": "say", "exact": 1}]}]},
     "hooks[0].do[1].exact: must be text"),
    ({"hooks": [{"on": "call.ending", "do": {"type": "say"}}]},
     "hooks[0].do.exact: is required"),
    ({"hooks": [{"on": "call.ending", "do": [{"type": "say", "exact": "a"}]}]},
     "hooks[0].do: must be an object"),
    ({"hooks": [{"on": "call.ending", "do": {"type": "say", "text": "a", "exact": "a"}}]},
     "hooks[0].do.text: is not a field of SayPhoneNumberHookAction: did you mean exact?"),
    ({"hooks": [{"on": "call.ringing", "do": [], "filters": [
        {"type": "startsWith", "key": "number", "startsWith": ["1"], "starts_with": ["1"]}]}]},
     "hooks[0].filters[0].startsWith: is spelled starts_with here"),
    ({"hooks": [{"on": "call.ringing", "do": [], "filters": [
        {"type": "startsWith", "key": "number", "starts_with": ["1"] * 21}]}]},
     "hooks[0].filters[0].starts_with: must have at most 20 items"),
    ({"fallback_destination": {"type": "phone"}},
     "fallback_destination.type: must be one of number, sip"),
    ({"fallback_destination": {"type": "number", "number": "4155550100"}},
     "fallback_destination.number: must be E.164, such as +14155550123: it must begin with + and "
     "the country code; for another number, set number_e164_check_enabled=False"),
    ({"fallback_destination": {"type": "sip", "sip_uri": "sip:a@b", "message": 7}},
     "fallback_destination.message: must be text or a custom message"),
    ({"fallback_destination": {"type": "sip", "sip_uri": "sip:a@b",
                               "message": {"type": "custom-message", "content": 7}}},
     "fallback_destination.message.content: must be text"),
    ({"fallback_destination": {"type": "sip", "sip_uri": "sip:a@b",
                               "transfer_plan": {"mode": "blind-transfer", "timeout": 601}}},
     "fallback_destination.transfer_plan.timeout: must be 600 or less"),
    ({"authentication": {"username": "u" * 20, "password": "p" * 19}},
     "authentication.password: must have at least 20 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "text"), PROBLEMS, ids=[text for _, text in PROBLEMS])
def test_a_problem_names_its_place_in_the_persons_spelling(
    fields: dict[str, Any], text: str
) -> None:
    """Each problem is one line: the path as a person wrote it, and what would be right."""
    (only, _code), *_none = map(split, found(program_inputs(**{**MINIMAL["vapi"], **fields})))
    if "did you mean exact" in text:  # The nearest field is a matter of taste.
        text, only = text.split(":")[0], only.split(":")[0]
    assert only == text


def test_a_rule_has_one_code() -> None:
    """The code names the broken rule, whichever field breaks it and whoever has found it."""
    wrong = {"name": 7, "squad_id": 8, "assistant_id": "a", "server": {"url": "a", "Timeout": 1}}
    assert [split(line).code for line in found(program_inputs(**MINIMAL["vapi"], **wrong))] == [
        "VAPI-WRONG-TYPE",
        "VAPI-NOT-A-UUID",
        "VAPI-WRONG-TYPE",
        "VAPI-NOT-HTTPS",
        "VAPI-UNKNOWN-FIELD",
    ]


@pytest.mark.parametrize("key", ["mode", "type"])
def test_a_wrong_word_is_told_all_right_ones(key: str) -> None:
    """A closed choice lists what may be written."""
    plan = {"mode": "blind-transfer", "context_engineering_plan": {"type": "all"}}
    wrong = plan | ({"mode": "x"} if key == "mode" else {"context_engineering_plan": {"type": "x"}})
    destination = {"type": "sip", "sip_uri": "sip:a@b", "transfer_plan": wrong}
    (only,) = found(program_inputs(**MINIMAL["vapi"], fallback_destination=destination))
    path, _, reason = only.partition(": ")
    assert path.endswith(key)
    assert ("warm-transfer-twiml" if key == "mode" else "lastNMessages") in reason


def test_everything_is_told_at_once() -> None:
    """One preview shows all that is wrong with a resource."""
    wrong = {**MINIMAL["vapi"], "name": 7, "server": {"url": "a", "x": 1}, "hooks": [{}]}
    assert [text.split(":")[0] for text in found(program_inputs(**wrong))] == [
        "name",
        "server.url",
        "server.x",
        "hooks[0].on",
    ]


def test_what_makes_no_number_is_told_before_it_is_made() -> None:
    """Neither area code nor SIP URI is a problem for a number still to be made only."""
    assert found(program_inputs(name="a")) == [
        "number_desired_area_code: at least one of number_desired_area_code, sip_uri must be given "
        "[VAPI-NEITHER-AREA-CODE-NOR-SIP-URI]"
    ]
    assert found(program_inputs(name="a"), exists=True) == []


@pytest.mark.parametrize(("kind", "fields", "path"), EVERYWHERE[:: len(EVERYWHERE) // 40])
def test_no_value_is_ever_shown(kind: str, fields: dict[str, Any], path: tuple[Any, ...]) -> None:
    """Whatever is wrong wherever, its value is not in the text: it may be a secret."""
    marker = "s3cr3t-v4lue"
    for wrong in (marker + "x" * 5000, {marker: marker}, [marker], [[marker]]):
        for text in found(program_inputs(kind, **with_value(fields, path, wrong))):
            path_, _, reason = text.partition(": ")
            assert marker not in reason
            assert "\n" not in text
            assert path_


@pytest.mark.parametrize(
    "fields",
    [
        {"fallback_destination": {"type": Unknown(), "sip_uri": "sip:a@b"}},
        {"hooks": [{"on": Unknown(), "do": []}]},
        {"hooks": [{"on": "call.ending", "do": {"type": Unknown(), "exact": "a"}}]},
        {"hooks": [Unknown(), {"on": "call.ending"}]},
        {"fallback_destination": {"type": "sip", "sip_uri": "sip:a@b", "message": Unknown()}},
    ],
)
def test_a_union_whose_member_is_unknown_is_not_wrong(fields: dict[str, Any]) -> None:
    """While the key that tells a union's members apart is unknown, there is no verdict."""
    assert found(program_inputs(**MINIMAL["vapi"], **fields)) == []


def test_problems_beside_something_unknown_are_told() -> None:
    """One unknown value does not hide what is wrong with the others."""
    fields = {**MINIMAL["vapi"], "name": 7, "server": {"url": Unknown(), "timeout_seconds": 0}}
    assert [split(line).text for line in found(program_inputs(**fields))] == [
        "name: must be text",
        "server.timeout_seconds: must be 1 or more",
    ]


RECORD = PhoneNumberRecord.read(wire_record())
OUTSIDE = {"number": "+14155550123", "status": "active", "org_id": ORG,
           "created_at": "2026-03-26T15:43:16.145Z"}  # fmt: skip


def test_recorded_keys_are_frozen() -> None:
    """The keys of people's states: never rename, drop or move one."""
    assert READ_ONLY == ("number", "sip_uri", "status", "org_id", "created_at")
    kept = outputs(Desired.of(program_inputs(**FULL)), RECORD)
    assert set(kept) == {
        *("provider", "declaration", "number", "status", "org_id", "created_at", "sip_uri"),
        *("name", "assistant_id", "squad_id", "workflow_id", "server", "fallback_destination"),
        *("hooks", "number_desired_area_code", "authentication"),
    }
    carriers = {"twilio": ["twilio_account_sid", "twilio_auth_token"],
                "byo-phone-number": ["credential_id"]}  # fmt: skip
    for kind, names in carriers.items():
        kept = outputs(Desired.of(program_inputs(kind)), PhoneNumberRecord.read(wire_record(kind)))
        assert set(names) <= set(kept)


def test_a_write_records_what_was_declared() -> None:
    """After create and update the declared spelling is recorded, with what only the API knows."""
    fields = {**MINIMAL["vapi"], "server": {"url": "https://a", "timeout_seconds": 20}}
    record = PhoneNumberRecord.read(wire_record(server={"url": "https://a"}, name="other"))
    assert (
        outputs(Desired.of(program_inputs(**fields)), record) == program_inputs(**fields) | OUTSIDE
    )


def test_adopt_id_is_not_recorded() -> None:
    """Removing the argument later changes nothing, so it leaves no trace."""
    desired = Desired.of(program_inputs(**MINIMAL["vapi"], adopt_id=UUID))
    assert desired.adopt_id == UUID
    assert "adopt_id" not in outputs(desired, RECORD)


def test_a_read_records_what_the_api_answers() -> None:
    """Drift and secrets changed outside are recorded; equal values keep their spelling."""
    recorded = program_inputs(**{**FULL, "hooks": [], "name": "a"}) | OUTSIDE
    wire = (
        KINDS["vapi"]
        .create.model.model_validate({"provider": "vapi", **FULL}, by_name=True)
        .to_wire()
    )
    wire |= {"name": "b", "hooks": None, "sipUri": "SIP:support@sip.vapi.ai", "status": "blocked"}
    wire["authentication"]["password"] = "another-password-of-20-chars"
    read = outputs_as_read(Desired.of(recorded), PhoneNumberRecord.read({**wire_record(), **wire}))
    authentication = {**FULL["authentication"], "password": CHANGED_OUTSIDE}
    assert read == recorded | {
        "name": "b",
        "status": "blocked",
        "authentication": authentication,
    }


@pytest.mark.parametrize("echoed", [{}, {"numberDesiredAreaCode": "628"}])
@pytest.mark.parametrize("recorded", [{}, {"number_desired_area_code": "415"}])
def test_the_area_code_is_kept_as_recorded(
    echoed: dict[str, Any], recorded: dict[str, Any]
) -> None:
    """Whether the API echoes an area code, and which, says nothing new."""
    read = outputs_as_read(
        Desired.of(program_inputs(name="a", **recorded)),
        PhoneNumberRecord.read(wire_record(**echoed)),
    )
    assert read.get("number_desired_area_code") == recorded.get("number_desired_area_code")


def test_inputs_are_the_declared_part() -> None:
    """What later runs compare with holds no output that nobody declared."""
    outs = outputs(Desired.of(program_inputs(name="a")), RECORD)
    assert inputs_of(outs, KINDS["vapi"]) == program_inputs(name="a")
    carrier = outputs(
        Desired.of(program_inputs("twilio")), PhoneNumberRecord.read(wire_record("twilio"))
    )
    assert inputs_of(carrier, KINDS["twilio"]) == program_inputs("twilio")


def test_declared_takes_only_known_text_for_names() -> None:
    """Unknown at preview, `declaration` and `adopt_id` are none yet."""
    desired = Desired.of({"provider": "vapi", "declaration": Unknown(), "adopt_id": Unknown()})
    assert (desired.key, desired.adopt_id) == (None, None)
    assert Desired.of({"provider": "vapi", "declaration": DECLARATION}).key == DECLARATION
