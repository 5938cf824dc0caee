"""The request and the messages of an update: current values, the right record, no secret."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.answers import refused
from tests.support.builders import UUID, FlakyApi, failure, program_inputs, provider, wire_record
from vapi_provider.deployment.preview_outputs import read_preview_outputs, write_preview_outputs
from vapi_provider.reconcile.resource_key import resource_key

SECOND = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
URI = "sip:line@sip.vapi.ai"


def sip(headers: dict[str, Any] | None, caller_id: str, spelling: str) -> dict[str, Any]:
    """A SIP destination in snake_case or camelCase, with or without headers."""
    names = ("sip_uri", "caller_id", "sip_headers")
    if spelling == "camel":
        names = ("sipUri", "callerId", "sipHeaders")
    found: dict[str, Any] = dict(zip(names, ("sip:a@b.example", caller_id), strict=False))
    return {"type": "sip", **found, **({names[2]: headers} if headers else {})}


def fields(place: str, headers: dict[str, Any] | None, caller_id: str, spelling: str) -> Any:
    """The field named by `place` with headers in it, and a value beside them."""
    camel = spelling == "camel"
    if place == "server":
        url = f"https://{caller_id[1:]}.example"
        return {"server": {"url": url, **({"headers": headers} if headers else {})}}
    destination = sip(headers, caller_id, spelling)
    if place == "fallback_destination":
        return {"fallbackDestination" if camel else place: destination}
    do = [{"type": "transfer", "destination": destination}]
    return {"hooks": [{"on": "call.ringing", "do": do}]}


@pytest.mark.parametrize("is_echoed", [True, False])
@pytest.mark.parametrize("place", ["server", "fallback_destination", "hooks"])
def test_headers_that_were_removed_outside_do_not_come_back(place: str, is_echoed: bool) -> None:
    """A change beside them sends them only to an API that shows no headers, in every field."""
    headers = {"X-Token": "a-token-for-tests"}
    other = wire_record(id_=SECOND, **fields(place, headers if is_echoed else None, "+1", "camel"))
    api = FlakyApi(wire_record(name="a", **fields(place, None, "+2", "camel")), other)
    olds = program_inputs(name="a", **fields(place, headers, "+2", "snake"))
    provider(api).update(
        UUID, olds, program_inputs(name="a", **fields(place, headers, "+3", "snake"))
    )
    sent = fields(place, None if is_echoed else headers, "+3", "camel")
    assert api.body() == {"provider": "vapi", **sent}


NAMESAKES = (
    "acme/shop/dev/VapiPhoneNumber~11111111/line",
    "acme/shop/dev/VapiPhoneNumber~2222222f/line",
)
OLD = "acme/shop/dev/VapiPhoneNumber/line"


def test_namesakes_under_an_old_key_ignore_their_own_fields_only() -> None:
    """Children of two components that a state knows by one key have options of their own."""
    api = FlakyApi(wire_record(name="a"), wire_record(id_=SECOND, name="b"))
    working = provider(api)
    news: dict[str, Any] = {}
    for id_, key, ignored in ((UUID, NAMESAKES[0], ["squad_id"]), (SECOND, NAMESAKES[1], [])):
        olds = program_inputs(
            declaration=OLD, name="a", squad_id="old", sip_uri=f"sip:{id_}@sip.vapi.ai"
        )
        wanted = {**olds, "declaration": key, "name": "c", "squad_id": "new"}
        result = working.check(olds, {**wanted, "ignored_changes": ignored})
        assert result.failures == []
        assert working.diff(id_, olds, result.inputs).changes is True
        news[id_] = (olds, result.inputs)
    for id_, (olds, inputs) in news.items():
        working.update(id_, olds, inputs)
    assert api.body(0) == {"provider": "vapi", "name": "c"}
    assert api.body(1) == {"provider": "vapi", "name": "c", "squadId": "new"}


def test_namesakes_under_an_old_key_are_two_declarations() -> None:
    """A SIP URI that both declare is refused, and the first keeps its own when it is checked."""
    working = provider(FlakyApi())
    olds = program_inputs(declaration=OLD, name="a", sip_uri=URI)
    first, second = ({**olds, "declaration": key} for key in NAMESAKES)
    assert working.check(olds, first).failures == []
    (failed,) = working.check(olds, second).failures
    assert "sip_uri: is declared twice" in failed.reason


def test_the_engine_compares_no_namesake_for_another() -> None:
    """What of one is secret is no reason to have the engine compare the other."""
    working = provider(FlakyApi())
    olds = program_inputs(declaration=OLD, name="a", sip_uri=URI)
    own = {"declared_with": {"secrets": [["name"]], "transforms": False}}
    first, second = ({**olds, "declaration": key} for key in NAMESAKES)
    inputs = working.check(olds, {**first, **own}).inputs
    assert working.diff(UUID, olds, inputs).changes is None
    other = {**olds, "sip_uri": "sip:other@sip.vapi.ai"}
    inputs = working.check(other, {**second, "sip_uri": other["sip_uri"]}).inputs
    assert working.diff(SECOND, other, inputs).changes is False


OLD_TOKEN, NEW_TOKEN, KEPT, PIN = "old-token-1", "new-token-2", "kept-token-3", "7x7x"


@pytest.mark.parametrize("status", [400, 503])
def test_no_error_of_an_update_shows_a_secret_of_before_after_or_the_account(status: int) -> None:
    """Declared secrets, recorded ones and those that a merge brought are taken out, short too."""
    shown = {"X-Token": OLD_TOKEN, "X-Kept": KEPT, "X-Pin": PIN}
    server = {"url": "https://a.example", "headers": shown}
    api = FlakyApi(wire_record(name="a", server=server))
    olds = program_inputs(
        name="a", server={"url": "https://a.example", "headers": {"X-Token": OLD_TOKEN}}
    )
    news = program_inputs(
        name="a", server={"url": "https://a.example", "headers": {"X-Token": NEW_TOKEN}}
    )
    echo = refused(status, f"no: {OLD_TOKEN} {NEW_TOKEN} {KEPT} {PIN}")
    api.instead = [httpx.Response(200, json=api.records[UUID]), *[echo] * 9]
    said = failure(provider(api).update, UUID, olds, news)
    assert not [one for one in (OLD_TOKEN, NEW_TOKEN, KEPT, PIN) if one in said]


@pytest.mark.parametrize("method", ["update", "delete"])
def test_no_error_of_a_flat_request_shows_a_recorded_secret(method: str) -> None:
    """An answer that echoes the whole record shows none of its secrets."""
    api = FlakyApi(wire_record(name="a"))
    api.instead = [refused(400, f"no: {OLD_TOKEN}")] * 2
    headers = {"X-Token": OLD_TOKEN}
    olds = program_inputs(name="a", server={"url": "https://a.example", "headers": headers})
    working = provider(api)
    if method == "update":
        news = {name: value for name, value in olds.items() if name != "server"}
        said = failure(working.update, UUID, olds, news)
    else:
        said = failure(working.delete, UUID, olds)
    assert OLD_TOKEN not in said
    assert "[secret]" in said


def say(word: str) -> dict[str, Any]:
    """A hook that says something to whoever calls."""
    return {"on": "call.ringing", "do": [{"type": "say", "exact": word}]}


END = {"on": "call.ending", "do": {"type": "say", "exact": "Bye"}}
SERVER = {"url": "https://theirs.example", "encrypted_paths": ["a", "b"]}


@pytest.mark.parametrize(
    ("ignored", "wanted", "sent"),
    [
        ("hooks[0].do", [say("Mine"), END], None),
        ("hooks[*].do", [say("Mine"), END], None),
        ("hooks[0].do[0].exact", [say("Mine"), END], None),
        ("hooks[0]", [say("Mine"), END], None),
        ("hooks[*]", [say("Mine"), {**END, "do": {"type": "say", "exact": "Mine"}}], None),
        ("hooks[1]", [say("Mine"), END], [say("Mine"), END]),
        ("hooks[0]", [say("Mine"), END, say("New")], [say("Theirs"), END, say("New")]),
    ],
)
def test_adopting_leaves_ignored_parts_of_lists_alone(
    ignored: str, wanted: list[Any], sent: list[Any] | None
) -> None:
    """An item of a list, or a part of one, under `ignore_changes` is not PATCHed."""
    api = FlakyApi(wire_record(name="a", hooks=[say("Theirs"), END]))
    working = provider(api)
    news = program_inputs(adopt_id=UUID, name="a", hooks=wanted, ignored_changes=[ignored])
    made = working.create(working.check({}, news).inputs)
    assert [one.method for one in api.requests] == ["GET", *(["PATCH"] if sent else [])]
    expected = sent or [say("Theirs"), END]
    assert api.records[UUID]["hooks"] == made.outs["hooks"] == expected


@pytest.mark.parametrize("ignored", ["server.encrypted_paths[0]", "server.encrypted_paths[*]"])
def test_adopting_leaves_ignored_items_of_plain_lists_alone(ignored: str) -> None:
    """Also where the API spells the list otherwise, and beside a change of the same object."""
    camel = {"url": "https://theirs.example", "encryptedPaths": ["a", "b"]}
    api = FlakyApi(wire_record(name="a", server=camel))
    working = provider(api)
    server = {"url": "https://mine.example", "encrypted_paths": ["x", "b"]}
    news = program_inputs(adopt_id=UUID, name="a", server=server, ignored_changes=[ignored])
    made = working.create(working.check({}, news).inputs)
    assert api.body() == {"provider": "vapi", "server": {**camel, "url": "https://mine.example"}}
    assert made.outs["server"] == {**SERVER, "url": "https://mine.example"}


def test_outputs_are_foreseen_for_each_namesake_under_an_old_key() -> None:
    """Each child has its own number, by its parent, where the state knows two by one key."""
    types = ("shop:desk:Desk", "shop:office:Office")
    parents = [f"urn:pulumi:dev::shop::{one}::{one[-4:]}" for one in types]
    resources = [
        {
            "urn": f"{parent}$pulumi-python:dynamic/vapi:VapiPhoneNumber::line",
            "type": "pulumi-python:dynamic/vapi:VapiPhoneNumber",
            "parent": parent,
            "outputs": {"declaration": OLD, "number": f"+1415555010{at}"},
        }
        for at, parent in enumerate(parents)
    ]
    keys = [resource_key("acme/shop/dev", "VapiPhoneNumber", "line", one) for one in parents]
    with write_preview_outputs({"resources": resources}) as variables:
        outputs = read_preview_outputs(variables)
    assert [outputs[key]["number"] for key in keys] == ["+14155550100", "+14155550101"]
    assert OLD not in outputs
