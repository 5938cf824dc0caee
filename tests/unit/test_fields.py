"""A model's fields as data: both spellings, corrections, which model describes a value."""

from __future__ import annotations

from typing import Any

import pytest

from vapi_provider.catalogue.message import split
from vapi_provider.models.base import VapiModel
from vapi_provider.models.custom_message import CustomMessage
from vapi_provider.models.destination import TransferDestinationNumber, TransferDestinationSip
from vapi_provider.models.field_traits import ANY_CASE, SECRET
from vapi_provider.models.fields import carries, correction, schema_named
from vapi_provider.models.hook import (
    PhoneNumberHookCallEnding,
    PhoneNumberHookCallRinging,
    SayPhoneNumberHookAction,
    TransferPhoneNumberHookAction,
)
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.phone_number import CreateVapiPhoneNumberDTO
from vapi_provider.models.server import Server
from vapi_provider.models.transfer import (
    ContextEngineeringPlanLastNMessages,
    ContextEngineeringPlanNone,
    TransferPlan,
)


@pytest.mark.parametrize(
    ("model", "key", "text"),
    [
        (CreateVapiPhoneNumberDTO, "sipUri", "is spelled sip_uri here"),
        (CreateVapiPhoneNumberDTO, "fallbackDestination", "is spelled fallback_destination here"),
        (
            CreateVapiPhoneNumberDTO,
            "asistant_id",
            "is not a field of CreateVapiPhoneNumberDTO: did you mean assistant_id?",
        ),
        (CreateVapiPhoneNumberDTO, "asistantId", "did you mean assistant_id?"),
        (Server, "timeout", "did you mean timeout_seconds?"),
        (
            SayPhoneNumberHookAction,
            "zzz",
            "is not a field of SayPhoneNumberHookAction: it has type, exact",
        ),
    ],
)
def test_a_wrong_key_gets_the_right_spelling(model: type[VapiModel], key: str, text: str) -> None:
    """CamelCase is named as such, a slip gets the nearest field, nonsense gets the list."""
    assert split(correction(schema_named(model.__name__), key)).text.endswith(text)


@pytest.mark.parametrize(
    ("holder", "field", "value", "model"),
    [
        (CreateVapiPhoneNumberDTO, "server", {"url": "https://a"}, Server),
        (CreateVapiPhoneNumberDTO, "hooks", {"on": "call.ringing"}, PhoneNumberHookCallRinging),
        (CreateVapiPhoneNumberDTO, "hooks", {"on": "call.ending"}, PhoneNumberHookCallEnding),
        (CreateVapiPhoneNumberDTO, "hooks", {"on": "call.new"}, None),
        (CreateVapiPhoneNumberDTO, "hooks", {}, None),
        (CreateVapiPhoneNumberDTO, "fallback_destination", {"type": "sip"}, TransferDestinationSip),
        (
            CreateVapiPhoneNumberDTO,
            "fallback_destination",
            {"type": "number", "sip_uri": "sip:a@b"},
            TransferDestinationNumber,
        ),
        (PhoneNumberHookCallRinging, "do", {"type": "say"}, SayPhoneNumberHookAction),
        (PhoneNumberHookCallEnding, "do", {"type": "transfer"}, TransferPhoneNumberHookAction),
        (TransferPlan, "message", "text", None),
        (TransferPlan, "message", {"type": "custom-message"}, CustomMessage),
        (
            TransferPlan,
            "context_engineering_plan",
            {"type": "lastNMessages"},
            ContextEngineeringPlanLastNMessages,
        ),
        (TransferPlan, "context_engineering_plan", {"type": "none"}, ContextEngineeringPlanNone),
        (Server, "headers", {"type": "sip"}, None),
        (Server, "url", "https://a", None),
        (Server, "backoff_plan", None, None),
    ],
)
def test_a_value_is_described_by_its_own_model(
    holder: type[VapiModel], field: str, value: Any, model: type[VapiModel] | None
) -> None:
    """The key that tells a union's members apart decides; plain and free-form values have none."""
    found = schema_named(holder.__name__).fields[field].schema_of(value)
    assert (found and found.model) is model


def test_both_spellings_lead_to_the_same_field() -> None:
    """A field is found by its snake_case and by its camelCase name."""
    for kind in KINDS.values():
        by_name, by_wire = kind.read.fields, kind.read.fields_by_wire_name
        assert list(by_name.values()) == list(by_wire.values())
    assert schema_named(Server.__name__).fields_by_wire_name["staticIpAddressesEnabled"].name == (
        "static_ip_addresses_enabled"
    )


def test_marks_are_found_at_any_depth() -> None:
    """A field carries the traits of the fields below it."""
    specs = KINDS["vapi"].fields
    assert {name for name, spec in specs.items() if carries(spec, SECRET)} == {
        "authentication",
        "fallback_destination",
        "hooks",
        "server",
    }
    assert not carries(specs["sip_uri"], SECRET)
    assert carries(specs["hooks"], ANY_CASE)
    assert not carries(specs["name"], ANY_CASE)


def test_only_the_area_code_cannot_be_changed() -> None:
    """Every field of every kind but one is taken by its update schema."""
    assert {kind.provider: set(kind.create_only) for kind in KINDS.values()} == {
        "vapi": {"number_desired_area_code"},
        "twilio": set(),
        "vonage": set(),
        "telnyx": set(),
        "byo-phone-number": set(),
    }
