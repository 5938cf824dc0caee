"""Whole declarations: what each kind requires, and its serialized form."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from tests.support.builders import FULL, MINIMAL
from vapi_provider.models.base import VapiModel
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.phone_number import CreateVapiPhoneNumberDTO


def declared(kind: str, **fields: Any) -> VapiModel:
    """The create schema of `kind`, from what a program writes."""
    return KINDS[kind].create.model.model_validate(
        {"provider": kind, **fields}, by_name=True, by_alias=False
    )


def test_an_area_code_or_a_sip_uri_is_needed_to_make_a_number() -> None:
    """A `vapi` number needs an area code or a SIP URI, unless it exists already."""
    with pytest.raises(ValidationError, match="number_desired_area_code, sip_uri"):
        declared("vapi", name="a")
    assert declared("vapi", sip_uri="sip:a@b")
    existing = {"provider": "vapi", "name": "a"}
    assert CreateVapiPhoneNumberDTO.model_validate(existing, context={"exists": True})


@pytest.mark.parametrize(
    ("credentials", "good"),
    [
        (["auth_token"], True),
        (["api_key", "api_secret"], True),
        (["auth_token", "api_key"], True),
        (["api_key"], False),
        (["api_secret"], False),
        ([], False),
    ],
)
def test_twilio_needs_a_token_or_a_key_and_its_secret(credentials: list[str], good: bool) -> None:
    """A Twilio number has its auth token, or an API key with its secret."""
    fields = {"number": "+14155552671", "twilio_account_sid": "AC1"}
    fields |= {f"twilio_{name}": "x" for name in credentials}
    if good:
        assert declared("twilio", **fields)
    else:
        with pytest.raises(ValidationError, match="must be given"):
            declared("twilio", **fields)


@pytest.mark.parametrize(
    ("kind", "required"),
    [
        ("twilio", {"number", "twilio_account_sid"}),
        ("vonage", {"number", "credential_id"}),
        ("telnyx", {"number", "credential_id"}),
        ("byo-phone-number", {"credential_id"}),
    ],
)
def test_carriers_have_required_fields(kind: str, required: set[str]) -> None:
    """Exactly the fields that the create schema requires are missed when nothing is given."""
    with pytest.raises(ValidationError) as refused:
        declared(kind)
    missing = {error["loc"][0] for error in refused.value.errors() if error["type"] == "missing"}
    assert missing == required


def keys(value: Any, path: str = "") -> Iterator[str]:
    """Every key below a plain value, with its path."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"{path}.{name}"
            yield from keys(item, f"{path}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from keys(item, path)


def test_the_wire_is_camel_case_and_complete() -> None:
    """What is declared leaves in camelCase, reads back the same, and only free-form keys stay."""
    wire = declared("vapi", **FULL).to_wire()
    again = CreateVapiPhoneNumberDTO.model_validate(wire, by_alias=True, by_name=False)
    assert again == declared("vapi", **FULL)
    assert [key for key in keys(wire) if "_" in key] == [".server.headers.camelCase_key"]
    assert wire["fallbackDestination"]["sipHeaders"] == FULL["fallback_destination"]["sip_headers"]


def test_whole_floats_leave_as_integers() -> None:
    """The engine's 20.0 is 20 on the wire; 1.5 stays 1.5."""
    fields = copy.deepcopy(FULL)
    fields["server"]["backoff_plan"]["max_retries"] = 3.0
    fields["server"]["timeout_seconds"] = 20.0
    fields["server"]["backoff_plan"]["excluded_status_codes"] = [400.0]
    server = declared("vapi", **fields).to_wire()["server"]
    assert json.dumps([server["timeoutSeconds"], server["backoffPlan"]]) == json.dumps(
        [
            20,
            {
                "type": "exponential",
                "maxRetries": 3,
                "baseDelaySeconds": 1.5,
                "excludedStatusCodes": [400],
            },
        ]
    )


def test_only_what_was_given_is_sent() -> None:
    """Fields that were not declared are absent from the body."""
    assert declared("vapi", **MINIMAL["vapi"]).to_wire() == {
        "provider": "vapi",
        "numberDesiredAreaCode": "415",
    }


def test_errors_hold_no_values() -> None:
    """A refused secret is not in the error's text."""
    with pytest.raises(ValidationError) as refused:
        declared("vapi", **FULL | {"authentication": {"password": "too-short-secret"}})
    assert "too-short-secret" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_what_it_is(kind: str) -> None:
    """Each field that can be declared has a description of its own for the reference."""
    described = KINDS[kind].create.model.model_fields
    assert [name for name in KINDS[kind].create.fields if name != "provider"
            and not described[name].description] == []  # fmt: skip
