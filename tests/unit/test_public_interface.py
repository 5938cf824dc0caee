"""The public interface of programs, pipelines and states: names, tokens, the provider's path."""

from __future__ import annotations

import base64
import inspect
import pickletools
from pathlib import Path

import pytest
from pulumi.dynamic.dynamic import serialize_provider

import vapi_provider
from tests.support.deployments import RECORDED_PROVIDER
from vapi_provider import resources
from vapi_provider.models.kinds import KINDS
from vapi_provider.provider import PhoneNumberProvider

ROOT = Path(__file__).parents[2]
CLASSES = {
    "VapiPhoneNumber": "vapi",
    "TwilioPhoneNumber": "twilio",
    "VonagePhoneNumber": "vonage",
    "TelnyxPhoneNumber": "telnyx",
    "ByoPhoneNumber": "byo-phone-number",
}


def test_the_exported_names_are_frozen() -> None:
    """The five classes, and one `Args` for each of their and their schemas' inputs."""
    schemas = {
        *("BackoffPlan", "ContextEngineeringPlanAll", "ContextEngineeringPlanLastNMessages"),
        *("ContextEngineeringPlanNone", "CustomMessage", "PhoneNumberCallEndingHookFilter"),
        *("PhoneNumberCallRingingHookFilter", "PhoneNumberHookCallEnding", "SummaryPlan"),
        *("PhoneNumberHookCallRinging", "SayPhoneNumberHookAction", "Server", "TextContent"),
        *("SipAuthentication", "TransferDestinationNumber", "TransferDestinationSip"),
        *("TransferFallbackPlan", "TransferPhoneNumberHookAction", "TransferPlan"),
    }
    expected = {*CLASSES, *(f"{name}Args" for name in (*CLASSES, *schemas))}
    assert set(vapi_provider.__all__) == expected
    assert vapi_provider.__all__ == sorted(vapi_provider.__all__)
    assert all(hasattr(vapi_provider, name) for name in expected)


@pytest.mark.parametrize(("name", "kind"), CLASSES.items())
def test_a_class_has_its_token_and_its_kind(name: str, kind: str) -> None:
    """Type tokens stand in every state and policy: `pulumi-python:dynamic/vapi:<Class>`."""
    made = getattr(resources, name)
    assert f"pulumi-python:{made._resource_type_name}" == f"pulumi-python:dynamic/vapi:{name}"
    assert made.provider_value == kind
    assert KINDS[kind].class_name == name


@pytest.mark.parametrize("name", CLASSES)
def test_a_constructor_takes_keywords_after_its_name(name: str) -> None:
    """The name comes first, all the rest by keyword; `get` takes a name, an id and options."""
    made = getattr(vapi_provider, name)
    parameters = inspect.signature(made).parameters
    assert list(parameters) == ["resource_name", "adopt_id", "opts", "fields"]
    assert parameters["adopt_id"].kind is inspect.Parameter.KEYWORD_ONLY
    assert list(inspect.signature(made.get).parameters) == ["resource_name", "id", "opts"]


@pytest.mark.parametrize(("name", "kind"), CLASSES.items())
def test_every_field_can_be_written(name: str, kind: str) -> None:
    """Each field of the create schema is in the `Args`."""
    fields = set(KINDS[kind].create.fields) - {"provider"}
    assert set(getattr(vapi_provider, f"{name}Args").__annotations__) == fields


def test_the_provider_is_recorded_by_its_path_alone() -> None:
    """The pickled provider is a reference: no code, no session, nothing secret, always the same."""
    blob = serialize_provider(PhoneNumberProvider())
    assert len(blob) < 120
    texts = [
        arg for _, arg, _ in pickletools.genops(base64.b64decode(blob)) if isinstance(arg, str)
    ]
    assert texts == ["vapi_provider.provider", "PhoneNumberProvider"]
    assert blob == serialize_provider(PhoneNumberProvider())
    assert PhoneNumberProvider.serialize_as_secret_always is False


def test_providers_of_existing_states_load() -> None:
    """What a state recorded on the first day is our provider today."""
    import dill

    loaded = dill.loads(base64.b64decode(RECORDED_PROVIDER))  # noqa: S301 - written above
    assert type(loaded) is PhoneNumberProvider
