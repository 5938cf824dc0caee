"""Every body that a declaration makes our client send is what Vapi's published schema takes."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support import official
from tests.support.builders import (
    FULL,
    MINIMAL,
    UUID,
    FlakyApi,
    program_inputs,
    provider,
    wire_record,
)
from tests.support.constraints import Place, cases, least, places, spelled
from tests.support.official import refusals
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.request_body import wire_body

pytestmark = [pytest.mark.contract, official.needed]

OF_VAPI = ("number_desired_area_code", "sip_uri", "authentication")
OWN: dict[str, dict[str, Any]] = {
    "vapi": {name: FULL[name] for name in OF_VAPI},
    "twilio": {
        "number": "+14155550100",
        "twilio_account_sid": "AC2",
        "twilio_auth_token": "another-token",
        "twilio_api_key": "a-key",
        "twilio_api_secret": "its-secret",
        "sms_enabled": False,
    },
    "vonage": {"number": "+14155550100", "credential_id": UUID},
    "telnyx": {"number": "+14155550100", "credential_id": UUID},
    "byo-phone-number": {
        "number": "+14155550100",
        "number_e164_check_enabled": False,
        "credential_id": UUID,
    },
}
SHARED = {name: value for name, value in FULL.items() if name not in OWN["vapi"]}


def full(kind: str) -> dict[str, Any]:
    """A declaration of a kind with every field set."""
    return {**SHARED, **OWN[kind]}


def created(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the POST that a declaration leads to."""
    api = FlakyApi()
    provider(api).create(checked(kind, fields))
    (body,) = [api.body(at) for at, line in enumerate(api.sent) if line == "POST /phone-number"]
    return body


def checked(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as the engine hands them on after a check that found nothing."""
    result = provider(FlakyApi()).check({}, program_inputs(kind, **fields))
    assert [failure.reason for failure in result.failures] == []
    return result.inputs


def patched(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the PATCH between two declarations."""
    valid = {name: OWN[kind][name] for name in ("number",) if name in before}
    recorded = wire_body(Desired.of(program_inputs(kind, **{**before, **valid})))
    api = FlakyApi({**wire_record(kind), **recorded})
    provider(api).update(UUID, program_inputs(kind, **before), checked(kind, after))
    *reads, sent = api.sent
    assert sent == f"PATCH /phone-number/{UUID}"
    assert set(reads) <= {f"GET /phone-number/{UUID}", "GET /phone-number"}
    return api.body()


def everything_singly() -> Iterator[tuple[Place, dict[str, Any]]]:
    """One declaration for each place and each constraint's last value that is taken."""
    for kind in KINDS if official.SPEC.exists() else ():
        for place in places(kind):
            taken = {case.constraint: case.fields for case in cases(place) if not case.refused_at}
            for fields in taken.values():
                yield place, fields


@pytest.mark.parametrize("kind", KINDS)
def test_a_create_with_every_field_is_documented(kind: str) -> None:
    """The fullest and the smallest declaration of each kind are what POST takes, `provider` too."""
    body = created(kind, full(kind))
    specs = KINDS[kind].create.fields
    assert set(body) == {spec.wire for spec in specs.values()}
    assert refusals("create", body) == []
    assert refusals("create", created(kind, MINIMAL[kind])) == []


def test_every_value_that_is_taken_is_documented_on_the_wire() -> None:
    """Each allowed value of each constraint, at each place, is in its body as the schema has it."""
    wrong: list[tuple[str, str, list[str]]] = []
    count = 0
    for place, fields in everything_singly():
        model = KINDS[place.kind].create.model.model_validate(fields, by_name=True, by_alias=False)
        count += 1
        if found := refusals("create", model.to_wire()):
            wrong.append((place.kind, spelled(place.steps), found))
    assert wrong == []
    assert count > 1000


FIELDS = [
    (kind.provider, name)
    for kind in KINDS.values()
    for name in kind.update.fields
    if name != "provider"  # Is given by the class and goes with every body.
]


def without(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The fields but one."""
    return {key: value for key, value in fields.items() if key != name}


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_patch_of_each_field_is_documented(kind: str, name: str) -> None:
    """A field that is added or changed is sent as PATCH takes it, with `provider`."""
    after = full(kind)
    before = {**after, name: "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"}
    body = patched(kind, before if name in MINIMAL[kind] else without(after, name), after)
    assert body["provider"] == kind
    assert KINDS[kind].update.fields[name].wire in body
    assert refusals("update", body) == []


OPTIONAL = [(kind, name) for kind, name in FIELDS if name not in MINIMAL[kind]]


@pytest.mark.parametrize(("kind", "name"), OPTIONAL)
def test_clearing_a_field_is_the_one_exception(kind: str, name: str) -> None:
    """A removed field is null, as the API's guide clears it; its schema has nothing nullable.

    A name is never cleared: the automatic one takes its place.
    """
    body = patched(kind, full(kind), without(full(kind), name))
    wire = KINDS[kind].update.fields[name].wire
    assert body[wire] == ("shop/dev/support" if name == "name" else None)
    sent = {key: value for key, value in body.items() if value is not None}
    assert refusals("update", sent) == []


def test_nested_objects_are_sent_whole() -> None:
    """A change deep inside sends the whole top-level field, which is what PATCH takes."""
    before, after = full("vapi"), copy.deepcopy(full("vapi"))
    after["fallback_destination"]["transfer_plan"]["fallback_plan"]["end_call_enabled"] = True
    body = patched("vapi", before, after)
    assert set(body) == {"provider", "fallbackDestination"}
    assert refusals("update", body) == []


def test_the_check_itself_can_fail() -> None:
    """A body with an unknown key, a wrong word or a missing field is found by this ring."""
    good = {"provider": "vapi", "server": least("Server")}
    assert refusals("create", good) == []
    assert refusals("create", {**good, "areaCode": "415"}) != []
    assert refusals("create", {**good, "hooks": [{"on": "call.ringing"}]}) != []
    assert refusals("update", {**good, "numberDesiredAreaCode": "415"}) != []
