"""Reading an answer: everything known in snake_case, everything else survived."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.builders import FULL, ORG, UUID, wire_record
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord


def test_every_field_comes_back_in_snake_case() -> None:
    """A full body, answered as it was sent, reads as what was declared."""
    kind = KINDS["vapi"]
    sent = kind.create.model.model_validate({"provider": "vapi", **FULL}, by_name=True).to_wire()
    record = PhoneNumberRecord.read({**wire_record(), **sent})
    assert record.fields == FULL
    assert (record.id, record.org_id, record.provider) == (UUID, ORG, "vapi")
    assert (record.number, record.name, record.status) == ("+14155550123", "support", "active")
    assert record.kind is kind


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read(kind: str) -> None:
    """A record of each kind is known, with a field that can be declared and no read-only one."""
    record = PhoneNumberRecord.read(wire_record(kind, name="a"))
    assert record.kind is KINDS[kind]
    assert record.fields["name"] == "a"
    assert not {"id", "org_id", "status", "provider"} & set(record.fields)


def test_what_people_call_shows_no_password() -> None:
    """A SIP URI is shown with its user, without the password that it may hold."""
    uri = "sip:desk:a-password@sip.vapi.ai?X-Token=t"
    assert PhoneNumberRecord.read(wire_record(number=None, sipUri=uri)).reached_at == (
        "sip:desk@sip.vapi.ai"
    )
    assert PhoneNumberRecord.read(wire_record(sipUri=uri)).reached_at == "+14155550123"
    assert PhoneNumberRecord.read(wire_record(number=None)).reached_at is None


def test_what_we_do_not_know_is_left_out() -> None:
    """Unknown keys are no error and no field, at any depth."""
    server = {"url": "https://a", "isServerUrlSecretSet": True}
    record = PhoneNumberRecord.read(wire_record(providerResourceId="PN1", server=server))
    assert record.fields == {"server": {"url": "https://a"}}


def test_nulls_are_absent() -> None:
    """A cleared field may come back as null, at any depth: it is absent."""
    plan = {"mode": "blind-transfer", "timeout": None}
    destination = {"type": "sip", "sipUri": "sip:a@b", "transferPlan": plan, "message": None}
    record = PhoneNumberRecord.read(
        wire_record(assistantId=None, server=None, status=None, fallbackDestination=destination)
    )
    assert record.status is None
    assert record.fields == {
        "fallback_destination": {
            "type": "sip",
            "sip_uri": "sip:a@b",
            "transfer_plan": {"mode": "blind-transfer"},
        }
    }


def test_an_unknown_kind_is_a_record_all_the_same() -> None:
    """A kind that came after us is seen with its number, and nothing is made of its fields."""
    record = PhoneNumberRecord.read(wire_record("plivo", number="+14155550123", name="a"))
    assert (record.provider, record.kind, record.fields) == ("plivo", None, {})
    assert (record.number, record.name) == ("+14155550123", None)


def test_an_unknown_status_is_told_as_it_is() -> None:
    """A status that came after us is no error."""
    assert PhoneNumberRecord.read(wire_record(status="porting")).status == "porting"


def test_values_beyond_our_limits_are_facts() -> None:
    """What the API holds is read, also where we would not take it from a program."""
    record = PhoneNumberRecord.read(
        wire_record(name="n" * 200, server={"url": "http://a", "timeoutSeconds": 9000})
    )
    assert record.fields["name"] == "n" * 200
    assert record.fields["server"] == {"url": "http://a", "timeout_seconds": 9000}


def test_free_form_objects_are_untouched() -> None:
    """Keys and nulls inside headers and prompt messages belong to people, not to the API."""
    headers = {"xToken": "a", "snake_key": None}
    messages = [{"roleName": "system", "content": None}]
    record = PhoneNumberRecord.read(
        wire_record(
            server={"headers": headers},
            fallbackDestination={
                "type": "sip",
                "sipHeaders": headers,
                "transferPlan": {"summaryPlan": {"messages": messages}},
            },
        )
    )
    destination = record.fields["fallback_destination"]
    assert record.fields["server"] == {"headers": headers}
    assert destination["sip_headers"] == headers
    assert destination["transfer_plan"]["summary_plan"] == {"messages": messages}


@pytest.mark.parametrize(
    "part", [{"hooks": [{"on": "call.new", "doIt": 1}]}, {"hooks": []}, {"hooks": [{}]}], ids=str
)
def test_an_object_of_a_kind_that_we_do_not_know_is_kept(part: dict[str, Any]) -> None:
    """An object that fits no schema is kept as it is instead of breaking the refresh."""
    assert PhoneNumberRecord.read(wire_record(**part)).fields == part


DIAL = {"type": "sip", "sipUri": "sip:a@b"}


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"name": {}}, "name must be text"),
        ({"number": 5}, "number must be text"),
        ({"sipUri": [1]}, "sipUri must be text"),
        ({"status": True}, "status must be text"),
        ({"server": "https://a"}, "server must be an object"),
        ({"server": {"timeoutSeconds": "20"}}, "server.timeoutSeconds must be a number"),
        ({"server": {"timeoutSeconds": True}}, "server.timeoutSeconds must be a number"),
        ({"server": {"encryptedPaths": ["a", 1]}}, "server.encryptedPaths must be a list of texts"),
        ({"server": {"staticIpAddressesEnabled": 1}}, "Enabled must be true or false"),
        ({"hooks": "none"}, "hooks must be a list of objects"),
        ({"hooks": [None]}, "hooks must be a list of objects"),
        ({"hooks": [{"on": "call.ringing", "do": [{"type": "say", "exact": 1}]}]}, "exact must be"),
        ({"fallbackDestination": []}, "fallbackDestination must be an object"),
        ({"fallbackDestination": {**DIAL, "message": 1}}, "message must be an object or text"),
    ],
    ids=str,
)
def test_a_field_of_another_type_is_no_answer(part: dict[str, Any], path: str) -> None:
    """A known field whose JSON type is not the API's is refused by its path, at any depth."""
    with pytest.raises(ValueError, match=re.escape(path)):
        PhoneNumberRecord.read(wire_record(**part))


@pytest.mark.parametrize("part", [{"name": {}}, {"number": 5}, {"status": []}], ids=str)
def test_what_is_shown_of_an_unknown_kind_is_text(part: dict[str, Any]) -> None:
    """The fields that are listed of every record are texts, whatever its kind."""
    with pytest.raises(ValueError, match="must be text"):
        PhoneNumberRecord.read(wire_record("plivo", **part))


@pytest.mark.parametrize("id_", [".", "..", "x" * 70_000, "\ud800", "a\n", "\x1b[31m"], ids=ascii)
def test_an_answer_whose_id_is_none_is_no_record(id_: str) -> None:
    """An id that could not be asked for is refused where it is read."""
    with pytest.raises(ValueError, match="an invalid id"):
        PhoneNumberRecord.read(wire_record(id_=id_))


@pytest.mark.parametrize("raw", [None, [], "text", 1, {}], ids=str)
def test_what_is_no_record_is_an_error(raw: Any) -> None:
    """An answer that is no object, or an empty one, is refused."""
    with pytest.raises(ValueError, match="record"):
        PhoneNumberRecord.read(raw)


@pytest.mark.parametrize("key", ["id", "orgId", "createdAt", "provider"])
@pytest.mark.parametrize("value", [None, "", 7], ids=str)
def test_what_identifies_a_record_must_be_there(key: str, value: Any) -> None:
    """A record without its id, owner, time or kind is refused, naming what is missing."""
    with pytest.raises(ValueError, match=f"no {key}"):
        PhoneNumberRecord.read(wire_record(**{key: value}) if key != "provider" else
                               {**wire_record(), key: value})  # fmt: skip


def test_a_record_does_not_show_its_secrets() -> None:
    """A record printed in a log or a traceback shows none of its fields."""
    assert "a-header-secret" not in repr(
        PhoneNumberRecord.read(wire_record(server={"headers": {"X": "a-header-secret"}}))
    )
