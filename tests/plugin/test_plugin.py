"""The real plugin process: what crosses to the engine and back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from tests.support.builders import UUID

SOME = provider_pb2.DiffResponse.DIFF_SOME
NONE = provider_pb2.DiffResponse.DIFF_NONE


def inputs(name: str, **fields: Any) -> dict[str, Any]:
    """What a program sends of one number."""
    declaration = f"acme/shop/dev/VapiPhoneNumber/{name}"
    return {"provider": "vapi", "declaration": declaration, "name": name, **fields}


@contextmanager
def error() -> Iterator[list[str]]:
    """What the engine is told: the text of the one error that the block ends with."""
    told: list[str] = []
    with pytest.raises(grpc.RpcError) as raised:
        yield told
    told.append(str(raised.value.details()))


def test_a_number_lives_its_life(start: Any) -> None:
    """Made, unchanged, changed, read back and released, with the numbers as the engine has them.

    Released in a later run: what a run created it never releases.
    """
    account = {"baseUrl": "embedded:account.sqlite"}
    plugin = start(**account)
    server = {"url": "https://voice.example.com", "timeout_seconds": 30}
    news = inputs("life", number_desired_area_code="415", server=server)
    checked = plugin.check(news)
    assert list(checked.failures) == []
    id_, outs = plugin.create(news)
    assert outs["number"].startswith("+1415")
    assert outs["server"] == server
    assert plugin.diff(id_, outs, news).changes == NONE

    changed = inputs(
        "life", number_desired_area_code="415", server={**server, "timeout_seconds": 9}
    )
    assert plugin.diff(id_, outs, changed).changes == SOME
    outs = plugin.update(id_, outs, changed)
    assert outs["server"]["timeout_seconds"] == 9

    read_id, read, kept = plugin.read(id_, outs)
    assert read_id == id_
    assert {**read, "status": ""} == {**outs, "status": ""}
    assert kept == {}
    assert plugin.diff(id_, read, changed).changes == NONE

    plugin.create(inputs("stays", sip_uri="sip:stays@sip.vapi.ai"))
    plugin.delete(id_, outs)
    assert plugin.read(id_, outs)[0] == id_
    later = start(**account)
    later.delete(id_, outs)
    assert later.read(id_, outs) == ("", {}, {})
    later.delete(id_, outs)


def test_a_state_of_another_python_takes_part_in_the_run(start: Any) -> None:
    """A rename by `adopt_id` keeps its number also where the state's pickle is spelled otherwise.

    Python 3.14 raised pickle's protocol, and for each spelling the SDK makes a provider.
    """
    account = {"baseUrl": "embedded:account.sqlite"}
    id_, outs = start(**account).create(inputs("old", sip_uri="sip:old@sip.vapi.ai"))
    running = start(**account)
    news = inputs("new", sip_uri="sip:old@sip.vapi.ai", adopt_id=id_)
    running.check(news)
    _, adopted = running.create(news)
    running.spell_otherwise()
    running.delete(id_, outs)
    assert running.read(id_, adopted)[0] == id_


def test_a_replacement_is_announced(plugin: Any) -> None:
    """Another area code replaces, and names the field."""
    olds = inputs("replaced", number_desired_area_code="415", number="+14155550123")
    said = plugin.diff(UUID, olds, inputs("replaced", number_desired_area_code="212"))
    assert (said.changes, list(said.replaces)) == (SOME, ["number_desired_area_code"])


def test_what_is_unknown_passes_check(plugin: Any) -> None:
    """Values that are not known at preview are no failures and come back as unknown."""
    response = plugin.check(
        inputs(
            "unknown",
            sip_uri=Unknown(),
            server={"url": Unknown(), "headers": {"X": Unknown()}},
            fallback_destination={"type": Unknown(), "number": "+14155550100"},
            hooks=[Unknown()],
        )
    )
    assert list(response.failures) == []
    assert isinstance(response.inputs.fields["sip_uri"].string_value, str)
    assert response.inputs.fields["hooks"].list_value.values[0].string_value


def test_failures_stand_under_no_property(plugin: Any) -> None:
    """Under a property's name the engine would print its value: the path is in the reason."""
    authentication = {"username": "u" * 20, "password": "short-secret"}
    response = plugin.check(inputs("wrong", sip_uri="desk", authentication=authentication))
    assert [(item.property, item.reason.split(":")[0]) for item in response.failures] == [
        ("", "sip_uri"),
        ("", "authentication.password"),
    ]
    assert "short-secret" not in str(response.failures)


def test_numbers_leave_as_they_came(plugin: Any) -> None:
    """Whole and broken floats survive check, create and read; a float is no reason for a change."""
    plan = {"type": "fixed", "max_retries": 3, "base_delay_seconds": 0.5}
    news = inputs("floats", sip_uri="sip:floats@sip.vapi.ai", server={"backoff_plan": plan})
    id_, outs = plugin.create(news)
    assert outs["server"] == {"backoff_plan": plan}
    assert plugin.read(id_, outs)[1]["server"] == {"backoff_plan": plan}
    assert plugin.diff(id_, outs, news).changes == NONE


def test_an_expected_error_is_one_line(plugin: Any) -> None:
    """The engine is told one line: no traceback, no file names."""
    with error() as told:
        plugin.create(inputs("adopts", adopt_id=UUID))
    (text,) = told
    assert text.strip().count("\n") == 0
    assert text.startswith("vapi: ")
    assert "adopt_id names a number that this account does not have" in text
    assert "Traceback" not in text


def test_the_apis_refusal_is_one_line(plugin: Any) -> None:
    """What the account refuses reaches the person in its own words."""
    with error() as told:
        plugin.create(inputs("no-stock", number_desired_area_code="999"))
    assert "400 Bad Request" in told[0]
    assert told[0].strip().count("\n") == 0


def test_an_unexpected_error_carries_its_traceback(plugin: Any) -> None:
    """A bug of ours can be reported: where it happened is in the text."""
    with error() as told:
        plugin.create({**inputs("bug"), "provider": "no such kind"})
    assert "please report this" in told[0]
    assert "Traceback (most recent call last)" in told[0]
    assert "properties.py" in told[0]


def test_a_missing_number_that_is_read_by_get_is_an_error(plugin: Any) -> None:
    """Reading an id that is not there fails in one line."""
    with error() as told:
        plugin.read(UUID, {"provider": "vapi"})
    assert f"there is no phone number {UUID} here" in told[0]


def test_bad_config_is_one_line(start: Any) -> None:
    """A key that cannot work is refused by the first call, without a traceback or the key."""
    with error() as told:
        start(apiKey="two words").check(inputs("a"))
    assert "vapi: the Vapi key" in told[0]
    assert told[0].strip().count("\n") == 0
    assert "two words" not in told[0]


def test_the_account_is_a_file_in_the_projects_folder(start: Any, tmp_path: Any) -> None:
    """Two processes of one project, one after the other, see the same account."""
    news = inputs("kept", sip_uri="sip:kept@sip.vapi.ai")
    first = start(baseUrl="embedded:.pulumi/a.sqlite")
    id_, outs = first.create(news)
    assert "Traceback" not in first.close()
    assert os.listdir(tmp_path) == [".pulumi"]
    assert start(baseUrl="embedded:.pulumi/a.sqlite").read(id_, outs)[0] == id_
