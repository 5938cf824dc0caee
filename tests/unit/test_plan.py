"""Desired against recorded: nothing, an update of exactly these fields, or a replacement."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.builders import FULL, MINIMAL, UUID
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.area_code import area_code_of
from vapi_provider.reconcile.plan import NoChange, Plan, Replace, Update, plan

REPLACE = Replace(("number_desired_area_code",), delete_first=False)
NUMBER = "+14155550123"


def step(recorded: dict[str, Any], declared: dict[str, Any], kind: str = "vapi") -> Plan:
    """The plan for one number."""
    return plan(KINDS[kind], recorded, declared)


def code(area_code: str) -> dict[str, Any]:
    """A declared area code."""
    return {"number_desired_area_code": area_code}


def number(digits: str = NUMBER) -> dict[str, Any]:
    """The number that was bought."""
    return {"number": digits}


SIP = {"sip_uri": "sip:a@b"}

SCENARIOS = {
    "nothing at all": ({}, {}, NoChange()),
    "as declared": (FULL, FULL, NoChange()),
    "read-only outputs are not compared": (
        {**SIP, "status": "active", "org_id": "o", "created_at": "t", "declaration": "d"},
        SIP,
        NoChange(),
    ),
    "a default written out": ({"server": {"url": "a"}},
        {"server": {"url": "a", "timeout_seconds": 20}}, NoChange()),
    "one field": ({"name": "a", **SIP}, {"name": "b", **SIP}, Update({"name": "b"})),
    "a new field": (SIP, {**SIP, "squad_id": "s"}, Update({"squad_id": "s"})),
    "a removed field": ({**SIP, "squad_id": "s"}, SIP, Update({"squad_id": None})),
    "a nested object goes whole": (
        {"server": {"url": "a", "timeout_seconds": 30}},
        {"server": {"url": "b", "timeout_seconds": 30}},
        Update({"server": {"url": "b", "timeout_seconds": 30}}),
    ),
    "a list goes whole": (
        {"hooks": [{"on": "call.ending"}, {"on": "call.ringing", "do": []}]},
        {"hooks": [{"on": "call.ending"}]},
        Update({"hooks": [{"on": "call.ending"}]}),
    ),
    "hooks emptied": ({"hooks": [{"on": "call.ending"}]}, {"hooks": []}, Update({"hooks": []})),
    "another SIP URI": (SIP, {"sip_uri": "sip:c@b"}, Update({"sip_uri": "sip:c@b"})),
    "a SIP URI beside a number": ({**code("415"), **number()}, {**code("415"), **SIP},
        Update(SIP)),
    # Area codes.
    "the code of the number": ({**number()}, code("415"), NoChange()),
    "the code that was asked for, another came": (
        {**code("628"), **number()}, code("628"), NoChange()
    ),
    "the code that came, another was asked for": (
        {**code("628"), **number()}, code("415"), NoChange()
    ),
    "another code": ({**code("415"), **number()}, code("212"), REPLACE),
    "another code, number unknown": (code("415"), code("212"), REPLACE),
    "the same code, number unknown": (code("415"), code("415"), NoChange()),
    "the number is masked": ({**code("415"), **number("+165****8621")}, code("415"), NoChange()),
    "the code removed": ({**code("415"), **number()}, {}, NoChange()),
    "the code removed, number unknown": ({**code("415"), **SIP}, SIP, NoChange()),
    "a code for a SIP URI alone": ({"sip_uri": "sip:old@b"}, {**code("415"), **SIP}, REPLACE),
    "a code for the same SIP URI": (SIP, {**code("415"), "sip_uri": "SIP:A@b"},
        Replace(("number_desired_area_code",), delete_first=True)),
    "a replacement says nothing of other fields": (
        {**code("415"), **number(), "name": "a"}, {**code("212"), "name": "b"}, REPLACE
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("recorded", "declared", "expected"), SCENARIOS.values(), ids=SCENARIOS.keys()
)
def test_scenario(recorded: dict[str, Any], declared: dict[str, Any], expected: Plan) -> None:
    """The smallest step from what is recorded to what is declared."""
    assert step(recorded, declared) == expected


@pytest.mark.parametrize("kind", ["twilio", "vonage", "telnyx", "byo-phone-number"])
def test_a_carrier_number_is_changed_in_place(kind: str) -> None:
    """Another number of a carrier is a PATCH, as its update schema says, never a replacement."""
    recorded = {**MINIMAL[kind], "number": "+14155552671"}
    declared = {**recorded, "number": "+14155552672"}
    assert step(recorded, declared, kind) == Update({"number": "+14155552672"})


@pytest.mark.parametrize(
    ("recorded", "declared", "changed"),
    [
        ((False, "ext1"), (False, "ext2"), {"number", "number_e164_check_enabled"}),
        ((False, "ext1"), (False, "ext1"), set()),
        ((None, "+14155552671"), (False, "ext2"), {"number", "number_e164_check_enabled"}),
        ((False, "ext1"), (None, "+14155552671"), {"number", "number_e164_check_enabled"}),
        ((False, "+14155552671"), (True, "+14155552671"), {"number_e164_check_enabled"}),
        ((None, "+14155552671"), (None, "+14155552672"), {"number"}),
    ],
)
def test_a_free_form_number_takes_its_switch_along(
    recorded: tuple[bool | None, str], declared: tuple[bool | None, str], changed: set[str]
) -> None:
    """A PATCH of a number that is not E.164 also says so: the API checks each PATCH by itself."""

    def fields(check: bool | None, digits: str) -> dict[str, Any]:
        switch = {} if check is None else {"number_e164_check_enabled": check}
        return {"credential_id": UUID, "number": digits, **switch}

    found = step(fields(*recorded), fields(*declared), "byo-phone-number")
    assert set(found.fields if isinstance(found, Update) else ()) == changed


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("+14155550123", "415"),
        ("+441632960960", None),
        ("+165****8621", None),
        ("14155550123", None),
        ("+141555501234", None),
        (None, None),
        (7, None),
    ],
)
def test_an_area_code_is_read_from_us_numbers_only(digits: Any, expected: str | None) -> None:
    """Anything but a whole US number has no area code."""
    assert area_code_of(digits) == expected
