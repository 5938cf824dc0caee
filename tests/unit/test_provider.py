"""What the engine calls, against an account in memory: results, and how many requests they cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulumi.dynamic import Config, ConfigureRequest

from tests.support.builders import (
    AUTOMATIC_NAME,
    DECLARATION,
    MINIMAL,
    ORG,
    RECORDED,
    THERE,
    UUID,
    FlakyApi,
    failure,
    program_inputs,
    provider,
    settings,
    wire_record,
)
from vapi_provider.api.client import VapiClient
from vapi_provider.api.transport import Transport
from vapi_provider.embedded import Switches, create_app
from vapi_provider.lifecycle.session import Session
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.pulumi_sdk.plugin import Failure
from vapi_provider.reconcile.placeholders import NOT_SHOWN
from vapi_provider.reconcile.properties import normalize


def checked(
    news: dict[str, Any], olds: dict[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """What `check` returns: inputs, and failures, none of them under a property."""
    result = provider(FlakyApi()).check(olds or {}, news)
    assert all(item.property == "" for item in result.failures)
    return result.inputs, [item.reason for item in result.failures]


# check


def test_check_fills_in_the_automatic_name() -> None:
    """Without a name the declaration gives one; with one it stays as it is."""
    assert checked(program_inputs())[0]["name"] == AUTOMATIC_NAME
    assert checked(program_inputs(name="mine", squad_id="s"), {"a": 1})[0]["name"] == "mine"
    assert checked(program_inputs(name="", **MINIMAL["vapi"]))[0]["name"] == ""
    assert "name" not in checked(program_inputs(declaration=None))[0]


def test_check_is_the_same_twice() -> None:
    """What was checked once passes again, unchanged."""
    inputs, _ = checked(
        {**program_inputs(name="a", server={"timeout_seconds": 20.0}), "squad_id": None}
    )
    assert checked(inputs) == checked(inputs, inputs) or checked(inputs)[0] == inputs
    assert repr(inputs["server"]) == "{'timeout_seconds': 20}"
    assert "squad_id" not in inputs


@pytest.mark.parametrize(
    ("olds", "more", "failures"),
    [
        ({}, {}, 1),
        ({"provider": "vapi"}, {}, 0),
        ({}, {"adopt_id": UUID}, 0),
    ],
)
def test_check_asks_for_something_to_make_only_where_something_is_made(
    olds: dict[str, Any], more: dict[str, Any], failures: int
) -> None:
    """A number that exists, or is adopted, needs neither area code nor SIP URI."""
    assert len(checked(program_inputs(name="a", **more), olds)[1]) == failures


@pytest.mark.parametrize(
    "adopt_id",
    ["", " ", f"{UUID}\n", f"{UUID} {UUID}", 7, 1.0, 1.5, True, [UUID], {"id": UUID}],
)
def test_check_refuses_what_is_no_id(adopt_id: Any) -> None:
    """Something other than text to adopt is refused rather than ignored: ignoring it buys."""
    _, failures = checked(program_inputs(adopt_id=adopt_id, **MINIMAL["vapi"]))
    assert failures == ["adopt_id: must be the id of a phone number [VAPI-NOT-A-RECORD-ID]"]


def test_check_sends_nothing() -> None:
    """A preview's check costs no request, right or wrong."""
    api = FlakyApi()
    provider(api).check({}, program_inputs(name=7))
    assert api.sent == []


# diff


@pytest.mark.parametrize(
    ("change", "changes", "replaces", "delete_first"),
    [
        ({}, False, [], None),
        ({"name": "b"}, True, [], None),
        ({"number_desired_area_code": "212"}, True, ["number_desired_area_code"], False),
        ({"number_desired_area_code": None}, False, [], None),
    ],
)
def test_diff_says_what_will_happen(
    change: dict[str, Any], changes: bool, replaces: list[str], delete_first: bool | None
) -> None:
    """Nothing, an update, or a replacement with its reason, without a request."""
    api = FlakyApi()
    result = provider(api).diff(UUID, RECORDED, {**RECORDED, **change})
    assert (result.changes, result.replaces) == (changes, replaces)
    assert (result.delete_before_replace or None) == (delete_first or None)
    assert api.sent == []


def test_diff_frees_a_sip_uri_before_it_is_made_again() -> None:
    """A replacement with the same SIP URI deletes first: it must be unique."""
    news = program_inputs(sip_uri="sip:A@b", number_desired_area_code="415")
    result = provider(FlakyApi()).diff(UUID, program_inputs(sip_uri="sip:a@b"), news)
    assert (result.changes, result.delete_before_replace) == (True, True)


def test_diff_is_blind_to_the_engines_floats_and_nulls() -> None:
    """20.0, null and the engine's key are no change."""
    olds = {**program_inputs(server={"timeout_seconds": 30}), "__provider": "x"}
    news = {
        **program_inputs(server={"timeout_seconds": 30.0, "url": None}),
        "name": None,
        "__provider": "y",
    }
    assert provider(FlakyApi()).diff(UUID, olds, news).changes is False


def test_diff_refuses_to_replace_what_is_adopted() -> None:
    """With `adopt_id` still written, a replacement would give up the very number it names."""
    news = {**RECORDED, "number_desired_area_code": "212", "adopt_id": UUID}
    assert "remove adopt_id" in failure(provider(FlakyApi()).diff, UUID, RECORDED, news)
    same = {**RECORDED, "adopt_id": UUID}
    assert provider(FlakyApi()).diff(UUID, RECORDED, same).changes is False


def test_diff_refuses_another_id_to_adopt() -> None:
    """A resource that has its number cannot take over another one."""
    text = failure(provider(FlakyApi()).diff, UUID, RECORDED, {**RECORDED, "adopt_id": "b"})
    assert "adopt_id is b" in text
    assert UUID in text


# read


def test_read_of_what_is_unchanged() -> None:
    """Refresh of an unchanged number costs one GET, changes nothing and leaves inputs alone."""
    api = FlakyApi(THERE)
    result = provider(api).read(UUID, RECORDED)
    assert (result.id, result.outs, result.inputs) == (UUID, RECORDED, None)
    assert api.sent == [f"GET /phone-number/{UUID}"]


def test_read_of_another_status_leaves_the_inputs_alone() -> None:
    """What nobody declares may change without the declaration's changing."""
    result = provider(FlakyApi({**THERE, "status": "blocked"})).read(UUID, RECORDED)
    assert (result.outs, result.inputs) == ({**RECORDED, "status": "blocked"}, None)


def test_read_shows_drift() -> None:
    """What was changed, added and cleared in the dashboard is read, and later runs see it."""
    api = FlakyApi({**THERE, "name": "other", "squadId": None, "assistantId": UUID})
    working = provider(api)
    result = working.read(UUID, RECORDED)
    assert result.outs == {
        **{name: value for name, value in RECORDED.items() if name != "squad_id"},
        "name": "other",
        "assistant_id": UUID,
    }
    assert result.inputs == {
        **{name: RECORDED[name] for name in ("provider", "declaration")},
        "number_desired_area_code": RECORDED["number_desired_area_code"],
        "name": "other",
        "assistant_id": UUID,
    }
    assert working.diff(UUID, result.outs, RECORDED).changes
    assert not working.diff(UUID, result.outs, result.inputs).changes


def test_a_get_returns_inputs_too() -> None:
    """Somebody else's record has no inputs of a program's that could stay."""
    got = {name: value for name, value in RECORDED.items() if name != "declaration"}
    result = provider(FlakyApi(THERE)).read(UUID, got)
    assert result.inputs is not None
    assert result.inputs["name"] == "support"


def test_read_of_a_deleted_number_is_gone() -> None:
    """Deleted outside, with another record of the account in view: gone."""
    api = FlakyApi(wire_record(id_="other"))
    result = provider(api).read(UUID, RECORDED)
    assert (result.id, result.outs) == (None, {})
    assert api.sent == [f"GET /phone-number/{UUID}", "GET /phone-number"]


@pytest.mark.parametrize(
    "others", [[], [wire_record(id_="b", orgId="another")]], ids=["empty", "foreign"]
)
def test_read_does_not_forget_a_fleet(others: list[dict[str, Any]]) -> None:
    """404 from an account that is not known to be the recorded one is an error, not gone."""
    assert "Nothing was forgotten" in failure(provider(FlakyApi(*others)).read, UUID, RECORDED)


def test_read_believes_a_person_about_an_empty_account() -> None:
    """Confirmed in the environment, an empty account is the recorded one."""
    result = provider(FlakyApi(), confirmed_empty_account=ORG).read(UUID, RECORDED)
    assert result.id is None


def test_get_of_a_missing_number_is_an_error() -> None:
    """Reading somebody else's number that is not there fails instead of giving nothing."""
    api = FlakyApi(wire_record(id_="other"))
    assert UUID in failure(provider(api).read, UUID, {"provider": "vapi"})
    assert api.sent == [f"GET /phone-number/{UUID}"]


def test_get_shows_no_secret() -> None:
    """Reading somebody else's number records that its secrets exist, not what they are."""
    api = FlakyApi({**THERE, "server": {"url": "https://a", "headers": {"X": "a-secret"}}})
    outs = normalize(provider(api).read(UUID, {"provider": "vapi"}).outs)
    assert outs["server"] == {"url": "https://a", "headers": {"X": NOT_SHOWN}}
    assert outs["number"] == "+14155550123"
    assert "declaration" not in outs


@pytest.mark.parametrize("echoes", [True, False])
def test_headers_that_are_gone_are_drift_where_the_api_shows_headers(echoes: bool) -> None:
    """A server without its headers has lost them where another record shows some."""
    server = {"url": "https://a", "headers": {"X": "a-secret"}}
    recorded = {**RECORDED, "server": server}
    there = {**THERE, "server": {"url": "https://a"}}
    other = wire_record(id_="other", server=server) if echoes else wire_record(id_="other")
    working = provider(FlakyApi(there, other))
    outs = normalize(working.read(UUID, recorded).outs)
    assert outs["server"] == ({"url": "https://a"} if echoes else server)
    assert working.diff(UUID, outs, recorded).changes is echoes


def test_read_of_another_kind_is_an_error() -> None:
    """An id that is a number of another kind is never recorded as this one."""
    text = failure(provider(FlakyApi(wire_record("twilio"))).read, UUID, RECORDED)
    assert "is TwilioPhoneNumber, not VapiPhoneNumber" in text


# update


def test_update_patches_exactly_what_differs() -> None:
    """One PATCH with the changed fields, null for the removed one."""
    api = FlakyApi(THERE)
    news = program_inputs(name="b", number_desired_area_code="415")
    result = provider(api).update(UUID, RECORDED, news)
    assert api.sent == [f"PATCH /phone-number/{UUID}"]
    assert api.body() == {"provider": "vapi", "name": "b", "squadId": None}
    assert result.outs == {
        **{name: value for name, value in RECORDED.items() if name != "squad_id"},
        "name": "b",
    }


def test_after_an_update_there_is_nothing_to_do() -> None:
    """What update records and what is declared are the same to diff, before and after a read."""
    api = FlakyApi(THERE)
    working = provider(api)
    news = program_inputs(name="b", server={"url": "https://a", "timeout_seconds": 20.0}, hooks=[])
    outs = working.update(UUID, RECORDED, news).outs
    assert working.diff(UUID, outs, news).changes is False
    assert working.diff(UUID, working.read(UUID, outs).outs, news).changes is False


def test_what_was_recorded_and_is_not_taken_any_more_is_told_when_it_is_sent() -> None:
    """Declared as recorded it passes `check`; sending it fails in one line with its path."""
    name = "x" * 41
    inputs, failures = checked(
        {**program_inputs(), "name": name}, {**program_inputs(), "name": name}
    )
    assert failures == []
    told = (
        "name: must have at most 40 characters: the API no longer accepts what is recorded, "
        "declare another value [VAPI-NO-LONGER-ACCEPTED]"
    )
    assert failure(provider(FlakyApi()).create, inputs) == told
    olds = {**RECORDED, "name": "another"}
    assert failure(provider(FlakyApi(THERE)).update, UUID, olds, inputs) == told


def test_update_without_a_difference_sends_nothing() -> None:
    """A forced update of equal values costs no request and keeps what is recorded."""
    api = FlakyApi()
    news = {**program_inputs(name="support", squad_id="s", number_desired_area_code="415")}
    assert provider(api).update(UUID, RECORDED, news).outs == RECORDED
    assert api.sent == []


def test_update_of_a_missing_number_says_what_to_do() -> None:
    """Deleted outside between refresh and up: the line says to refresh."""
    api = FlakyApi()
    assert "pulumi refresh" in failure(
        provider(api).update, UUID, RECORDED, program_inputs(name="b")
    )
    assert api.sent == [f"PATCH /phone-number/{UUID}"]


# delete


def test_delete_releases_once() -> None:
    """One DELETE, and the SIP URI is free for another resource of the same run."""
    api = FlakyApi(wire_record(sipUri="sip:a@b"), wire_record(id_="other"))
    working = provider(api)
    assert "the SIP URI" in failure(working.create, program_inputs(sip_uri="sip:a@b"))
    working.delete(UUID, RECORDED)
    working.create(program_inputs(sip_uri="sip:a@b"))
    assert api.sent == [
        "GET /phone-number",
        f"DELETE /phone-number/{UUID}",
        "POST /phone-number",
    ]


def test_delete_of_what_is_gone_is_done() -> None:
    """404 in the recorded account is success."""
    api = FlakyApi(wire_record(id_="other"))
    provider(api).delete(UUID, RECORDED)
    assert api.sent == [f"DELETE /phone-number/{UUID}", "GET /phone-number"]


def test_delete_in_another_account_is_an_error() -> None:
    """A key of another account must not make a stack forget what still costs money."""
    api = FlakyApi(wire_record(id_="other", orgId="another"))
    assert "belongs to organization another" in failure(provider(api).delete, UUID, RECORDED)


def test_a_whole_account_can_be_destroyed_twice() -> None:
    """What this run has deleted itself proves the account: a second delete is done too."""
    api = FlakyApi(THERE)
    working = provider(api)
    working.delete(UUID, RECORDED)
    working.delete(UUID, RECORDED)
    assert api.sent == [f"DELETE /phone-number/{UUID}"] * 2 + ["GET /phone-number"]


def test_an_unexpected_error_carries_its_traceback() -> None:
    """A bug of ours reaches the person with what is needed to report it."""
    with pytest.raises(Failure) as raised:
        provider(FlakyApi()).create({"provider": "no such kind", "declaration": DECLARATION})
    assert "please report this" in str(raised.value)
    assert "Traceback" in str(raised.value)
    assert "KeyError" in str(raised.value)


# update of nested fields


def test_keys_that_the_account_shows_and_does_not_take_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A PATCH that is refused for what was carried over is sent again without it, with a line."""
    app = create_app(tmp_path / "a.db", switches=Switches(unknown_fields=True))
    sent: list[str] = []
    account = httpx.Client(
        base_url="http://embedded",
        headers={"Authorization": "Bearer a-key-for-tests-only", "User-Agent": "tests"},
        transport=httpx.WSGITransport(app=app),
        event_hooks={"request": [lambda request: sent.append(request.method)]},
    )
    working = PhoneNumberProvider()
    client = VapiClient(Transport(account, "a-key-for-tests-only"))
    working.attach_session(Session(settings(), client))
    fields = {"name": "a", "server": {"url": "https://a.example"}, "sip_uri": "sip:a@sip.vapi.ai"}
    made = working.create(program_inputs(**fields))
    assert made.outs is not None
    sent.clear()
    news = program_inputs(**{**fields, "server": {"url": "https://b.example"}})
    working.update(made.id, made.outs, news)
    assert sent == ["GET", "PATCH", "PATCH"]
    assert "server.notYetKnown" in capsys.readouterr().err
    assert client.get_phone_number(made.id).fields["server"]["url"] == "https://b.example"


@pytest.mark.parametrize("echoed", [True, False])
def test_headers_that_were_removed_outside_are_not_sent_again(echoed: bool) -> None:
    """Where the API shows headers they stay removed, where it shows none they are sent."""
    before = {"url": "https://a.example", "headers": {"X": "old-for-tests"}}
    other = wire_record(id_="other", server=before if echoed else {"url": "https://a.example"})
    api = FlakyApi({**THERE, "server": {"url": "https://a.example"}}, other)
    news = {**RECORDED, "server": {**before, "url": "https://b.example"}}
    provider(api).update(UUID, {**RECORDED, "server": before}, news)
    headers = {} if echoed else {"headers": {"X": "old-for-tests"}}
    assert api.body()["server"] == {"url": "https://b.example", **headers}


def test_a_region_has_its_own_realm() -> None:
    """In region eu the us host is a realm to be sent, and the eu host is the default."""
    session = Session(replace(settings(), region="eu"), FlakyApi().client())
    working = PhoneNumberProvider()
    working.attach_session(session)
    login = {"username": "u" * 20, "password": "p" * 20}
    for realm, changes in (("sip.vapi.ai", True), ("sip.eu.vapi.ai", False)):
        olds = {**RECORDED, "authentication": {**login, "realm": realm}}
        news = {**RECORDED, "authentication": login}
        assert working.diff(UUID, olds, news).changes is changes


def test_a_plugin_works_with_the_account_that_its_config_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening the account sends no request; two providers of one process share it."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "account.sqlite"
    config = Config({"vapi:baseUrl": "embedded:account.sqlite"}, "shop")
    working, older = PhoneNumberProvider(), PhoneNumberProvider()
    for each in (working, older):
        each.configure(ConfigureRequest(config))
    assert not file.exists()
    created = working.create(program_inputs(name="support", number_desired_area_code="415"))
    assert file.exists()
    assert created.outs is not None
    # A run never releases what it created, whichever provider is asked.
    older.delete(created.id, created.outs)
    assert older.read(created.id, created.outs).id == created.id


def test_a_config_that_cannot_be_used_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine shows it before anything is checked."""
    monkeypatch.chdir(tmp_path)
    request = ConfigureRequest(Config({"vapi:region": "moon"}, "shop"))
    assert "region" in failure(PhoneNumberProvider().configure, request)
