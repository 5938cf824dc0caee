"""Code that a state brings with it: found wherever it is, and refused unless it is allowed."""

from __future__ import annotations

import base64
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployments import PLUGIN, SECRET, creating, deployment, resource, urn
from vapi_provider.deployment.exported import SIGNATURE, secret_of
from vapi_provider.deployment.foreign_code import (
    allowed_providers,
    foreign_code,
    has_encrypted,
    refuse_foreign_code,
    unique_keys,
)
from vapi_provider.errors import ConfigurationError
from vapi_provider.importing.state_resources import PROVIDER

ROOT = Path(__file__).parents[2]
FOREIGN = base64.b64encode(pickle.dumps(print)).decode()
TYPE = "pulumi-python:dynamic/cert:Certificate"
URN = f"urn:pulumi:dev::shop::{TYPE}::site"


def ours(name: str = "a", **more: Any) -> dict[str, Any]:
    """A number of ours as a state holds it."""
    found = resource(name, "an-id")
    for part in ("inputs", "outputs"):
        found[part] = {**found[part], "__provider": PROVIDER}
    return {**found, "propertyDependencies": {"__provider": [], "name": None}, **more}


def foreign(**more: Any) -> dict[str, Any]:
    """A dynamic resource of somebody else."""
    return {"urn": URN, "type": TYPE, "custom": True, "inputs": {"__provider": FOREIGN}, **more}


def put(part: str, value: Any) -> dict[str, Any]:
    """A number of ours with this `__provider` in its inputs or outputs."""
    found = ours()
    return {**found, part: {**found[part], "__provider": value}}


def test_our_own_numbers_pass() -> None:
    """A state with our provider alone is not refused, whichever Python recorded it."""
    older = (
        "gAWVNQAAAAAAAACMFnZhcGlfcHJvdmlkZXIucHJvdmlkZXKUjBNQaG9uZU51bWJlclByb3ZpZGVylJOUKYGULg=="
    )
    state = deployment(
        ours(),
        put("inputs", older),
        put("outputs", secret_of(json.dumps(PROVIDER))),
        put("outputs", None),
        {"urn": "urn:pulumi:dev::shop::a:b:C::x", "type": "a:b:C", "outputs": {"x": FOREIGN}},
        pending=[{"type": "updating", "resource": ours("b")}],
    )
    assert foreign_code(state) == []
    refuse_foreign_code(state, {})


def test_recorded_states_pass() -> None:
    """The states of earlier commits, as they are committed, are not refused."""
    file = ROOT / "tests" / "engine" / "recorded" / "0.1" / "state.json"
    refuse_foreign_code(json.loads(file.read_text(encoding="utf-8")), {})


@pytest.mark.parametrize("part", ["inputs", "outputs"])
@pytest.mark.parametrize(
    "value",
    [
        FOREIGN,
        "",
        f" {PROVIDER}",
        secret_of(json.dumps(FOREIGN)),
        secret_of(json.dumps(secret_of(json.dumps(PROVIDER)))),
        secret_of("no JSON"),
        {**secret_of(json.dumps(PROVIDER)), "ciphertext": "v1:x"},
        {SIGNATURE: "of an asset", "plaintext": json.dumps(PROVIDER)},
        {"value": PROVIDER},
        {},
    ],
)
@pytest.mark.parametrize(
    "placed",
    [
        lambda one: deployment(ours("z"), one, pending=[]),
        lambda one: deployment(pending=[{"type": "creating", "resource": one}]),
        lambda one: deployment({**one, "delete": True}, pending=[]),
        lambda one: {"Resources": [one]},
        lambda one: {"Pending_Operations": [{"Resource": one}]},
        lambda one: deployment({**one, "Inputs": one["inputs"], "inputs": {}}, pending=[]),
        lambda one: {"version": 3, "checkpoint": {"latest": {"resources": [one]}}},
    ],
)
def test_another_pickle_is_found_wherever_it_is(
    part: str, value: Any, placed: Callable[[Any], Any]
) -> None:
    """Resources and pending operations, inputs and outputs, any spelling of the state's fields."""
    with pytest.raises(ConfigurationError) as raised:
        refuse_foreign_code(placed(put(part, value)), {})
    text = str(raised.value)
    assert "\n" not in text
    assert urn("a") in text
    assert "VAPI_ALLOW_PROVIDERS=" in text


def test_an_encrypted_provider_is_refused_and_told() -> None:
    """What is encrypted cannot be judged: the caller learns that secrets must be shown."""
    state = deployment(put("outputs", SECRET), pending=[])
    assert has_encrypted(state)
    with pytest.raises(ConfigurationError, match="its __provider is encrypted"):
        refuse_foreign_code(state, {})
    plain = deployment(put("outputs", secret_of(json.dumps(PROVIDER))), pending=[creating("b")])
    assert not has_encrypted(plain)


@pytest.mark.parametrize(
    ("setting", "passes"),
    [
        (URN, True),
        (TYPE, True),
        (f" {TYPE} , {URN}", True),
        (f"a:b:C,,{URN},", True),
        ("", False),
        (URN[:-1], False),
        (f"{URN}s", False),
        (TYPE.lower(), False),
        (f"{TYPE}s", False),
        ("a:b:C", False),
    ],
)
def test_people_allow_a_whole_urn_or_type(setting: str, passes: bool) -> None:
    """An entry is one whole URN or one whole type; a beginning of one allows nothing."""
    state = deployment(ours(), foreign(), pending=[])
    environment = {"VAPI_ALLOW_PROVIDERS": setting}
    if passes:
        refuse_foreign_code(state, environment)
        return
    with pytest.raises(ConfigurationError, match="brings code"):
        refuse_foreign_code(state, environment)


def test_what_is_allowed_allows_nothing_else() -> None:
    """One resource that is allowed lets no other pass, and no number of ours with other code."""
    allowed = {"VAPI_ALLOW_PROVIDERS": URN}
    other = {**foreign(), "urn": f"{URN}2"}
    for bad in (other, put("inputs", FOREIGN)):
        with pytest.raises(ConfigurationError, match="brings code"):
            refuse_foreign_code(deployment(foreign(), bad, pending=[]), allowed)


def test_a_name_inside_a_bag_is_nobodys() -> None:
    """A `urn` among a resource's own values does not stand for the resource."""
    disguised = ours(inputs={"urn": URN, "type": TYPE, "__provider": FOREIGN})
    with pytest.raises(ConfigurationError, match=urn("a")):
        refuse_foreign_code(deployment(disguised, pending=[]), {"VAPI_ALLOW_PROVIDERS": URN})


@pytest.mark.parametrize(
    "entry",
    ["*", "pulumi-python:*", "pulumi-python:dynamic/*:X", "site", "urn:pulumi:dev", "a:b", "a::b"],
)
def test_a_pattern_is_refused(entry: str) -> None:
    """What is no whole URN or type is refused, even where nothing would have to be allowed."""
    with pytest.raises(ConfigurationError, match="no pattern"):
        allowed_providers({"VAPI_ALLOW_PROVIDERS": f"{TYPE},{entry}"})
    with pytest.raises(ConfigurationError, match="no pattern"):
        refuse_foreign_code(deployment(ours(), pending=[]), {"VAPI_ALLOW_PROVIDERS": entry})


def test_a_plugin_from_elsewhere_is_refused() -> None:
    """The engine installs a plugin from the URL that a state names: people must allow it."""
    plugin = {
        "urn": PLUGIN.replace("pulumi-python", "evil"),
        "type": "pulumi:providers:evil",
        "inputs": {"pluginDownloadURL": "https://evil.example/\x1b[2J"},
    }
    state = deployment(ours(), plugin, pending=[])
    with pytest.raises(
        ConfigurationError, match=r"a plugin from https://evil\.example/\\u001b\[2J"
    ):
        refuse_foreign_code(state, {})
    refuse_foreign_code(state, {"VAPI_ALLOW_PROVIDERS": "pulumi:providers:evil"})
    named_so = ours(inputs={"pluginDownloadURL": "https://example.com", "__provider": PROVIDER})
    refuse_foreign_code(deployment(named_so, pending=[]), {})


def test_many_are_one_line() -> None:
    """A refusal names the first three resources and counts the rest; names are shown as text."""
    many = [{**foreign(), "urn": f"{URN}-{at}\n\x1b[31m"} for at in range(9)]
    with pytest.raises(ConfigurationError) as raised:
        refuse_foreign_code(deployment(*many, pending=[]), {})
    text = str(raised.value)
    assert text.isprintable()
    assert "and 6 more" in text


def test_a_deep_state_is_read() -> None:
    """How deeply values are nested does not matter."""
    nested: Any = foreign()
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ConfigurationError, match="brings code"):
        refuse_foreign_code({"resources": nested}, {})


def test_a_key_that_comes_twice_is_refused() -> None:
    """Go merges two objects of one name and Python takes one: such a state is read by nobody."""
    text = '{"inputs": {"__provider": "x"}, "inputs": {}}'
    with pytest.raises(ConfigurationError, match="twice"):
        json.loads(text, object_pairs_hook=unique_keys)
    assert json.loads('{"a": {"b": 1}}', object_pairs_hook=unique_keys) == {"a": {"b": 1}}
