"""The resource classes: what they send, what they keep secret, what they refuse and warn of."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from tests.support.builders import FULL, MINIMAL, UUID
from vapi_provider import (
    ByoPhoneNumber,
    ServerArgs,
    SipAuthenticationArgs,
    TelnyxPhoneNumber,
    TwilioPhoneNumber,
    VapiPhoneNumber,
    VonagePhoneNumber,
)
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import READ_ONLY

CLASSES: list[Any] = [
    VapiPhoneNumber,
    TwilioPhoneNumber,
    VonagePhoneNumber,
    TelnyxPhoneNumber,
    ByoPhoneNumber,
]


def program(made: Any, **fields: Any) -> Callable[[], None]:
    """A program of one resource."""

    def declares() -> None:
        made("support", **fields)

    return declares


@pytest.mark.parametrize("made", CLASSES)
def test_a_resource_sends_its_fields_and_its_declaration(made: Any, run: Any) -> None:
    """The engine gets the kind, the fields in snake_case and the declaration, nothing more."""
    fields = MINIMAL[made.provider_value]
    only = run(program(made, **fields)).only
    assert only.token == f"pulumi-python:dynamic/vapi:{made.__name__}"
    assert only.inputs == {
        "provider": made.provider_value,
        "declaration": f"acme/shop/dev/{made.__name__}/support",
        **fields,
    }


def test_everything_can_be_declared(run: Any) -> None:
    """A declaration of every field arrives as it was written."""
    inputs = run(program(VapiPhoneNumber, **FULL)).only.inputs
    assert {name: inputs[name] for name in FULL} == FULL


SECRETS = [
    (
        VapiPhoneNumber,
        FULL,
        {"authentication.password", "server.headers", "fallback_destination.sip_headers"},
    ),
    (
        VapiPhoneNumber,
        {
            "server": {"url": "https://user:pass@a"},
            "fallback_destination": {
                "type": "sip",
                "sip_uri": "sip:a:pass@b",
                "transfer_plan": {"mode": "blind-transfer", "hold_audio_url": "https://a/?token=b"},
            },
        },
        {
            "server.url",
            "fallback_destination.sip_uri",
            "fallback_destination.transfer_plan.hold_audio_url",
        },
    ),
    (
        TwilioPhoneNumber,
        {**MINIMAL["twilio"], "twilio_api_key": "k", "twilio_api_secret": "s"},
        {"twilio_auth_token", "twilio_api_key", "twilio_api_secret"},
    ),
    (VonagePhoneNumber, MINIMAL["vonage"], set()),
]


@pytest.mark.parametrize(("made", "fields", "paths"), SECRETS)
def test_secrets_are_marked_before_they_are_sent(
    made: Any, fields: dict[str, Any], paths: set[str], run: Any
) -> None:
    """Exactly the secret values are secret in what the engine gets."""
    assert run(program(made, **fields)).only.secrets == paths


def test_outputs_of_secrets_are_secret(run: Any) -> None:
    """A program that uses a secret output hands its secrecy on; other outputs stay plain."""

    def declares() -> dict[str, Any]:
        number = VapiPhoneNumber("a", **FULL)
        twilio = TwilioPhoneNumber("b", **MINIMAL["twilio"])
        return {
            "password": number.authentication["password"],
            "headers": number.server["headers"],
            "token": twilio.twilio_auth_token,
            "name": number.name,
            "number": number.number,
        }

    result = run(declares).result
    assert {name: secret for name, (_, secret) in result.items()} == {
        "password": True,
        "headers": True,
        "token": True,
        "name": False,
        "number": False,
    }
    assert result["password"][0] == FULL["authentication"]["password"]


def _later(value: Any) -> Any:
    future = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


@pytest.mark.parametrize("wrap", [pulumi.Output.from_input, _later], ids=["Output", "future"])
@pytest.mark.parametrize("name", FULL)
def test_every_argument_may_come_later(name: str, wrap: Any, run: Any) -> None:
    """An `Output` or something to be awaited arrives as its value; what may hold secrets is one."""

    def declares() -> None:
        VapiPhoneNumber("support", **{**FULL, name: wrap(copy.deepcopy(FULL[name]))})

    only = run(declares).only
    assert only.inputs[name] == FULL[name]
    if name in ("authentication", "server"):
        assert name in only.secrets
    own = {"authentication", "server", "fallback_destination"} - {name}
    # What is inside of a later destination is marked where it arrives.
    own |= {name} & {"authentication", "server"}
    assert {path.split(".")[0] for path in only.secrets} == own


def test_values_inside_may_come_later(run: Any) -> None:
    """At any depth an `Output` arrives as its value, a secret one as a secret."""

    def declares() -> None:
        VapiPhoneNumber(
            "support",
            sip_uri=pulumi.Output.concat("sip:a@", "sip.vapi.ai"),
            authentication=SipAuthenticationArgs(
                username="u" * 20, password=pulumi.Output.secret("p" * 20)
            ),
            server=ServerArgs(
                url=pulumi.Output.from_input("https://a"),
                headers={"X": pulumi.Output.from_input("b")},
            ),
            hooks=[
                {
                    "on": "call.ringing",
                    "do": [{"type": "say", "exact": pulumi.Output.from_input("a")}],
                },
            ],
        )

    only = run(declares).only
    assert only.secrets == {"authentication.password", "server.headers"}
    assert only.inputs["hooks"][0]["do"] == [{"type": "say", "exact": "a"}]
    assert only.inputs["server"] == {"url": "https://a", "headers": {"X": "b"}}
    assert only.inputs["sip_uri"] == "sip:a@sip.vapi.ai"


def test_hooks_and_actions_may_come_later(run: Any) -> None:
    """A whole hook or action inside a list may be an `Output`."""
    ending = pulumi.Output.from_input({"on": "call.ending"})
    says = pulumi.Output.from_input({"type": "say", "exact": "a"})
    hooks = [{"on": "call.ringing", "do": [says]}, ending]
    inputs = run(program(VapiPhoneNumber, **MINIMAL["vapi"], hooks=hooks)).only.inputs
    assert inputs["hooks"][0]["do"] == [{"type": "say", "exact": "a"}]
    assert inputs["hooks"][1] == {"on": "call.ending"}


def test_none_is_not_given(run: Any) -> None:
    """`None` for any argument is the same as leaving it out."""
    fields = dict.fromkeys(KINDS["vapi"].fields) | MINIMAL["vapi"]
    only = run(program(VapiPhoneNumber, **fields, adopt_id=None, opts=None)).only
    assert set(only.inputs) == {"provider", "declaration", "number_desired_area_code"}


@pytest.mark.parametrize("made", CLASSES)
def test_every_field_is_an_attribute(made: Any, run: Any) -> None:
    """What is not declared is an output of nothing; what is no field is no attribute."""
    seen: dict[str, Any] = {}
    kind = KINDS[made.provider_value]

    def declares() -> None:
        resource = made("support", **MINIMAL[made.provider_value])
        for name in (*kind.fields, *READ_ONLY):
            output = getattr(resource, name)
            assert isinstance(output, pulumi.Output)
            output.apply(lambda value, name=name: seen.__setitem__(name, value))
        assert not hasattr(resource, "asistant_id")

    run(declares)
    undeclared = set(kind.fields) - set(MINIMAL[made.provider_value]) - {*READ_ONLY, "name"}
    assert undeclared
    assert {seen[name] for name in undeclared if name != "provider"} == {None}


def test_adopt_id_is_sent(run: Any) -> None:
    """The id to adopt reaches the plugin."""
    only = run(program(VapiPhoneNumber, adopt_id=UUID, **MINIMAL["vapi"])).only
    assert only.inputs["adopt_id"] == UUID


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sipUri": "sip:a@b"}, "sipUri: is spelled sip_uri here"),
        ({"asistant_id": "a"}, "asistant_id: is not a field of"),
        ({"asistant_id": "a"}, "did you mean assistant_id?"),
        ({"server": {"timeoutSeconds": 3}}, "server.timeoutSeconds: is spelled timeout_seconds"),
        (
            {"server": {"backoff_plan": {"maxRetries": 3}}},
            "server.backoff_plan.maxRetries: is spelled max_retries",
        ),
        (
            {"hooks": [{"on": "call.ending"}, {"on": "call.ringing", "do": [{"type": "say",
             "text": "a"}]}]},
            "hooks[1].do[0].text: is not a field of SayPhoneNumberHookAction",
        ),
        (
            {"hooks": ({"on": "call.ending", "do": {"type": "transfer", "destination":
             {"type": "sip", "sipUri": "sip:a@b"}}},)},
            "hooks[0].do.destination.sipUri: is spelled sip_uri here",
        ),
        ({"declaration": "a/b/c/d/e"}, "declaration: is not a field of"),
        ({"provider": "twilio"}, "provider"),
        ({"id": UUID}, "id: is not a field of"),
    ],
)  # fmt: skip
def test_a_wrong_key_ends_the_program(fields: dict[str, Any], words: str, run: Any) -> None:
    """A camelCase or misspelt key at any depth is refused with the resource and the way out."""
    with pytest.raises(pulumi.RunError) as refused:
        run(program(VapiPhoneNumber, **{**MINIMAL["vapi"], **fields}))
    assert "VapiPhoneNumber 'support': " in str(refused.value)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"squad_id": ""}, "squad_id: is empty"),
        ({"server": {"url": "https://a.example\n"}}, "server.url: ends in a line break"),
        ({"server": {"headers": {"a b": "1"}}}, "server.headers: the name of header 1"),
    ],
)
def test_values_nobody_means_are_warned_of_under_mocks(
    fields: dict[str, Any], words: str, run: Any
) -> None:
    """Mocks do not know what is recorded, so that a value from an unset variable is a warning."""
    declared = {"number_desired_area_code": "415", **fields}
    warnings = run(lambda: VapiPhoneNumber("support", **declared)).warnings
    assert len([line for line in warnings if line.startswith(words)]) == 1


def test_wrong_values_end_a_mocked_program(run: Any) -> None:
    """Under mocks the program refuses what no record can have."""
    with pytest.raises(pulumi.RunError, match=r"VapiPhoneNumber 'a': sip_uri: has no user before"):
        run(lambda: VapiPhoneNumber("a", sip_uri="sip:@sip.vapi.ai"))


def test_free_form_keys_are_anybodys(run: Any) -> None:
    """Keys inside headers are not judged."""
    headers = {"camelCase": "a", "snake_case": "b", "X-Kebab": "c"}
    only = run(program(VapiPhoneNumber, **MINIMAL["vapi"], server={"headers": headers})).only
    assert only.inputs["server"] == {"headers": headers}


def test_get_only_reads(run: Any) -> None:
    """`get` sends the id and the kind: no declaration, nothing to make or change."""
    ran = run(lambda: {"number": VapiPhoneNumber.get("theirs", UUID).number})
    assert ran.only.id == UUID
    assert ran.only.inputs == {"provider": "vapi"}
    assert ran.result["number"] == ("+14155550123", False)
    assert ran.warnings == []


@pytest.mark.parametrize("made", CLASSES)
def test_get_keeps_its_options(made: Any, run: Any) -> None:
    """Options beside the id are honoured, and the class is the one that was asked."""

    def declares() -> None:
        theirs = made.get("theirs", pulumi.Output.from_input(UUID), pulumi.ResourceOptions())
        assert type(theirs) is made

    assert run(declares).only.token.endswith(made.__name__)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (MINIMAL["vapi"], ["nobody answers"]),
        ({"sip_uri": "sip:a@sip.vapi.ai", "assistant_id": UUID}, ["without authentication"]),
        ({"assistant_id": UUID, **MINIMAL["vapi"]}, []),
        (
            {"server": {"url": "https://a"}, **MINIMAL["vapi"]},
            ["server: has neither credential_id"],
        ),
    ],
)
def test_what_would_go_wrong_is_warned_of(
    fields: dict[str, Any], words: list[str], run: Any
) -> None:
    """Each piece of advice is one warning on the resource."""
    warnings = run(program(VapiPhoneNumber, **fields), preview=True).warnings
    assert len(warnings) == len(words)
    assert all(word in text for word, text in zip(words, warnings, strict=True))


def test_an_output_as_answer_is_an_answer(run: Any) -> None:
    """A value that is not known yet is not warned of."""
    later = pulumi.Output.from_input(UUID)
    fields = {"assistant_id": later, "sip_uri": later, "authentication": later, "server": later}
    assert run(program(VapiPhoneNumber, **fields)).warnings == []


def test_the_provider_is_sent_in_clear(run: Any) -> None:
    """The pickled provider holds no secret, so states stay readable."""
    raw = run(program(VapiPhoneNumber, **MINIMAL["vapi"])).only.raw
    assert isinstance(raw["__provider"], str)


def test_settings_that_cannot_work_end_the_program(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad setting is said once, by the program, rather than by each number."""
    monkeypatch.setenv("VAPI_BASE_URL", "https://evil.com")
    with pytest.raises(pulumi.RunError, match=r"evil\.com"):
        run(program(VapiPhoneNumber, **MINIMAL["vapi"]))


class _Forwarding:
    """A monitor that, like an engine's, is none of the SDK's mocks."""

    def __init__(self, monitor: Any) -> None:
        self._monitor = monitor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._monitor, name)


def test_settings_are_read_once_a_run(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an engine all resources of a run go by one reading; the next run reads anew."""
    at_us = {"sip_uri": "sip:a@sip.vapi.ai", "authentication": FULL["authentication"]}

    def declares(*names: str) -> None:
        known: Any = pulumi.runtime.settings.SETTINGS
        known.monitor = _Forwarding(known.monitor)
        for name in names:
            VapiPhoneNumber(name, **at_us, squad_id=UUID)
            monkeypatch.setenv("VAPI_REGION", "eu")

    assert run(lambda: declares("a", "b")).warnings == []
    (warning,) = run(lambda: declares("c")).warnings
    assert "region eu" in warning


@pytest.mark.parametrize("value", [2**53, -(2**53) - 1, 10**400])
@pytest.mark.parametrize("wrapped", ["plain", "listed", "nested"])
def test_integers_that_pulumi_would_round_end_the_program(value: int, wrapped: str) -> None:
    """Each number becomes a double on its way: a larger one is refused with its path."""
    forms: dict[str, tuple[Any, str]] = {
        "plain": (value, ""),
        "listed": ([0, value], "[1]"),
        "nested": ({"deep": value}, ".deep"),
    }
    given, below = forms[wrapped]
    destination: Any = {"type": "sip", "sip_uri": "sip:a@b.example", "sip_headers": {"X": given}}
    with pytest.raises(pulumi.RunError) as refused:
        VapiPhoneNumber("line", sip_uri="sip:a@sip.vapi.ai", fallback_destination=destination)
    assert f"fallback_destination.sip_headers.X{below}: is a whole number" in str(refused.value)
