"""The parts of an import without I/O: names, config keys, layout, recorded resources."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from tests.support.builders import FlakyApi, failure, program_inputs, provider, wire_record
from vapi_provider.importing.declaring import GeneratedResource, LeftOut, Scope, generate
from vapi_provider.importing.layout import bracket, exempt_long_lines
from vapi_provider.importing.module_source import is_read_in, names_in, render_module
from vapi_provider.importing.naming import resource_names, slug
from vapi_provider.importing.secrets import Secrets
from vapi_provider.importing.state_resources import PROVIDER, add_resources
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.reconcile.placeholders import UNSEEN
from vapi_provider.reconcile.plan import NoChange, plan
from vapi_provider.reconcile.properties import normalize

SCOPE = Scope("acme", "shop", "dev")
USER = {"username": "a-user-name-of-20-ch"}
PASSWORD, OTHER = "a-password-of-20-chars", "another-password-of-20"


def record(**fields: Any) -> PhoneNumberRecord:
    """Return a record as the API returns it."""
    return PhoneNumberRecord.read(wire_record(fields.pop("kind", "vapi"), **fields))


def test_the_recorded_provider_is_what_the_sdk_pickles() -> None:
    """An import records the same `__provider` as `up`."""
    assert serialize_provider(PhoneNumberProvider()) == PROVIDER


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"name": "Support line"}, "support-line"), ({"name": "class"}, "class-line"),
     ({"name": "L"}, "l-line"),
     ({"name": "\u96fb\u8a71"}, "line-14155550123"), ({"name": "42"}, "line-42"),
     ({"name": "shop/dev/desk"}, "desk"), ({"number": None, "sipUri": "sip:Entry@a"}, "entry"),
     ({"number": None, "id_": "AB-CD"}, "line-ab-cd"),
     ({"number": None, "sipUri": "sip:entry:a-password@a"}, "entry"),
     ({"name": "\u00dcber " * 9}, slug("uber " * 9))],
)  # fmt: skip
def test_a_name_comes_from_what_people_know(fields: dict[str, Any], name: str) -> None:
    """A name comes from the label, else from the number, the SIP URI or the id."""
    made = record(**fields)
    assert resource_names([made]) == {made.id: name}


def test_what_a_person_has_named_is_not_named_again() -> None:
    """Functions, classes, imports and texts of the module count as used names."""
    source = "import a_b.c\nfrom d import e as f_g\ndef h_i(): pass\nclass J: pass\nk = 'l'\n"
    assert names_in(source, "it") == {"a-b", "f-g", "h-i", "J", "k", "l"}


@pytest.mark.parametrize(
    ("fields", "because"),
    [({"kind": "fax"}, "'fax' is not known"),
     ({"server": {"url": "http://a.example"}}, "server.url: must be an https:// URL"),
     ({"hooks": [{"on": "call.moved"}]}, "hooks[0].on: must be one of"),
     ({"kind": "vonage", "number": None}, "number: is required"),
     ({"authentication": {"realm": "a"}}, "authentication.username: is required")],
)  # fmt: skip
def test_what_would_be_refused_is_left_out(fields: dict[str, Any], because: str) -> None:
    """A record that no declaration can describe is left out with the reason."""
    secrets = Secrets({})
    found = generate(record(**fields), "line", SCOPE, secrets)
    assert isinstance(found, LeftOut)
    assert because in found.because
    assert (secrets.to_set, secrets.to_fill) == ({}, [])


@pytest.mark.parametrize(
    ("shown", "asked"),
    [({}, ["twilio_auth_token"]), ({"twilioAuthToken": "t"}, ["twilio_auth_token"]),
     ({"twilioApiKey": "k"}, ["twilio_api_key", "twilio_api_secret"]),
     ({"twilioApiKey": "k", "twilioApiSecret": "s"}, ["twilio_api_key", "twilio_api_secret"])],
)  # fmt: skip
def test_a_twilio_number_is_declared_with_what_it_needs(
    shown: dict[str, str], asked: list[str]
) -> None:
    """A Twilio number declares the token, or key and secret if one of them is shown."""
    secrets = Secrets({})
    found = generate(record(kind="twilio", **shown), "desk", SCOPE, secrets)
    assert isinstance(found, GeneratedResource)
    known = ("name", "number", "twilio_account_sid")
    assert [name for name in found.fields if name not in known] == asked
    assert len(secrets.to_set) == len(shown)
    assert len(secrets.to_fill) == len(asked) - len(shown)


def test_a_fleet_is_written_and_recorded() -> None:
    """2,500 numbers, many with equal labels, are each once in the module and the state."""
    records = [record(id_=f"id-{at}", name=["Desk", "line", "a b"][at % 3]) for at in range(2500)]
    names, secrets = resource_names(records), Secrets({})
    made = [generate(one, names[one.id], SCOPE, secrets) for one in records]
    found = [one for one in made if isinstance(one, GeneratedResource)]
    tree = ast.parse(render_module(found))
    assert len([node for node in tree.body if isinstance(node, ast.Assign)]) == 5000
    resources = add_resources({}, found, SCOPE, "plugin")["resources"]
    assert len({one["urn"] for one in resources}) == 2502


def test_one_argument_stands_on_a_line() -> None:
    """A call is broken after each argument, and a line that stays long is exempt from the limit."""
    inner = bracket("b=[", [bracket("g(", ["1"], ")"), bracket("{", [], "}")], "]")
    text = bracket("x = f(", ['"a"', inner, f'"{"e" * 100}"'], ")")
    assert exempt_long_lines(text).split("\n") == [
        "x = f(",
        '    "a",',
        "    b=[",
        "        g(",
        "            1,",
        "        ),",
        "        {},",
        "    ],",
        f'    "{"e" * 100}",  # noqa: E501',
        ")",
    ]


def unseen() -> tuple[Any, FlakyApi, dict[str, Any], dict[str, Any]]:
    """Return a provider, its API, and an import's inputs and outputs without the password."""
    fields = {"sip_uri": "sip:a@b", "name": "a", "authentication": {**USER, "password": UNSEEN}}
    there = wire_record(id_="it", number=None, sipUri="sip:a@b", name="a", authentication=USER)
    recorded = program_inputs(**fields)
    api = FlakyApi(there)
    return provider(api), api, recorded, {**recorded, "org_id": "o"}


def news(password: str, **more: Any) -> dict[str, Any]:
    """Return the declared inputs."""
    return program_inputs(
        sip_uri="sip:a@b", authentication={**USER, "password": password}, **{"name": "a", **more}
    )


def test_filling_in_is_no_change_and_another_value_is() -> None:
    """Setting a hidden secret is no change; changing it later is sent."""
    made, api, before, outs = unseen()
    checked = made.check(before, news(PASSWORD)).inputs
    assert not made.diff("it", outs, checked).changes
    # The next run: the engine has recorded the inputs, the outputs are as they were.
    checked = made.check(news(PASSWORD), news(PASSWORD)).inputs
    assert not made.diff("it", outs, checked).changes
    checked = made.check(news(PASSWORD), news(OTHER)).inputs
    assert made.diff("it", outs, checked).changes
    updated = made.update("it", outs, checked)
    assert api.body() == {"provider": "vapi", "authentication": {**USER, "password": OTHER}}
    assert updated.outs["authentication"]["password"] == OTHER


def test_another_change_sends_no_placeholder() -> None:
    """A PATCH of another field does not send the placeholder of a hidden secret."""
    made, api, before, outs = unseen()
    checked = made.check(before, news(PASSWORD, name="b")).inputs
    assert made.diff("it", outs, checked).changes
    made.update("it", outs, checked)
    assert api.body() == {"provider": "vapi", "name": "b"}
    # Under ignore_changes the engine hands back what is recorded.
    kept = {**news(UNSEEN), "authentication": {"username": "b" * 20, "password": UNSEEN}}
    assert "only the account knows" in failure(made.diff, "it", outs, kept)


def test_a_refresh_keeps_the_placeholder_and_the_engines_inputs() -> None:
    """A refresh keeps the placeholder and the recorded inputs."""
    made, _, _, outs = unseen()
    read = made.read("it", outs)
    assert normalize(read.outs)["authentication"]["password"] == UNSEEN
    assert read.inputs is None
    assert not made.diff("it", read.outs, news(PASSWORD)).changes


@pytest.mark.parametrize("kind", ["twilio", "vonage", "telnyx"])
def test_a_number_without_plus_is_declared_with_one(kind: str) -> None:
    """A legacy number without a plus is declared as E.164 and needs no change."""
    made = record(kind=kind, number="14155552671")
    found = generate(made, "line", SCOPE, Secrets({}))
    assert isinstance(found, GeneratedResource)
    assert found.fields["number"] == "+14155552671"
    assert plan(found.kind, made.fields, {**made.fields, "number": "+14155552671"}) == NoChange()


def test_a_record_that_cannot_be_declared_is_read() -> None:
    """A record that cannot be declared becomes a `get` with the reason."""
    made = record(kind="twilio", twilioAccountSid=None, name="Old line")
    found = generate(made, "old-line", SCOPE, Secrets({}))
    assert isinstance(found, LeftOut)
    assert found.resource == "old-line"
    text = render_module([], None, [found])
    ast.parse(text)
    assert f'vapi.TwilioPhoneNumber.get(\n    "old-line",\n    "{made.id}",\n)' in text
    assert "# Missing: twilio_account_sid: is required" in text
    assert is_read_in(text, made.id)
    assert not is_read_in(text, "another")


def test_a_masked_secret_is_asked_for() -> None:
    """A masked secret counts as unknown and has to be set."""
    secrets = Secrets({})
    found = generate(record(kind="twilio", twilioAuthToken="****1234"), "line", SCOPE, secrets)
    assert isinstance(found, GeneratedResource)
    assert secrets.to_set == {}
    assert len(secrets.to_fill) == 1
