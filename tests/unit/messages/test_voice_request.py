"""ServerMessageVoiceRequest: parsing what Vapi posts, and building what it would post."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import official
from tests.support.voice_requests import COMPLETE, MINIMAL, NUMBERS, UUID
from vapi_provider.messages import InvalidMessage, PcmFormat, ServerMessageVoiceRequest
from vapi_provider.models.kinds import KINDS

ROOT = Path(__file__).parents[3]


def parse(**message: Any) -> ServerMessageVoiceRequest:
    """Parse a message as a web handler does."""
    return ServerMessageVoiceRequest.parse(json.dumps({"message": message}).encode())


@pytest.mark.parametrize("as_body", [json.dumps, lambda it: json.dumps(it).encode(), dict])
def test_a_body_may_be_bytes_text_or_an_object(as_body: Any) -> None:
    """A body is parsed from bytes, a text or an object."""
    request = ServerMessageVoiceRequest.parse(as_body({"message": MINIMAL}))
    assert (request.text, request.sample_rate) == ("Hello.", 24000)
    assert request.answer == PcmFormat(24000)


def test_all_eleven_properties_are_kept() -> None:
    """Each of the eleven properties is written as it was read."""
    assert len(COMPLETE) == 11
    assert parse(**COMPLETE).to_wire() == {"message": COMPLETE}


@pytest.mark.parametrize("kind", NUMBERS)
def test_a_number_is_of_its_kind(kind: str) -> None:
    """The five kinds are discriminated by `provider` and become the create schema's classes."""
    request = parse(**MINIMAL, phoneNumber=NUMBERS[kind])
    assert type(request.phone_number) is KINDS[kind].create.model
    assert request.to_wire()["message"]["phoneNumber"] == NUMBERS[kind]


def test_more_than_the_schema_knows_is_tolerated() -> None:
    """Unknown properties, nulls and values beyond today's limits are accepted."""
    number = {
        **NUMBERS["twilio"],
        **{"id": UUID, "orgId": UUID, "status": "active", "assistantId": None, "name": "n" * 60},
        "server": {"url": "http://old.example.com", "secret": "x", "backoffPlan": None},
        "fallbackDestination": {"type": "carrier-pigeon", "loft": 3},
        "hooks": [{"on": "call.answered"}],
    }
    request = parse(**MINIMAL, phoneNumber=number, call=None, newThing={"a": 1})
    wire = request.to_wire()["message"]
    assert wire["phoneNumber"]["server"] == {"url": "http://old.example.com"}
    assert wire["phoneNumber"]["hooks"] == [{"on": "call.answered"}]
    assert set(wire) == {*MINIMAL, "phoneNumber"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"type": None}, "message.type:"),
        ({"type": "hang"}, "message.type:"),
        ({"text": None}, "message.text:"),
        ({"sampleRate": "24000"}, "message.sampleRate:"),
        ({"sampleRate": True}, "message.sampleRate:"),
        ({"sampleRate": 0}, "message.sampleRate:"),
        ({"sampleRate": 8000.5}, "message.sampleRate: must be a whole number"),
        ({"timestamp": "soon"}, "message.timestamp:"),
        ({"call": "x"}, "message.call:"),
        ({"phoneNumber": "+1415"}, "message.phoneNumber: must be an object"),
        ({"phoneNumber": {}}, "message.phoneNumber.provider: must be one of byo-phone-number, "),
        (
            {"phoneNumber": {"provider": "twilio", "number": "+1"}},
            "message.phoneNumber.twilioAccountSid: is missing",
        ),
        (
            {"phoneNumber": {**NUMBERS["vapi"], "name": 5}},
            "message.phoneNumber.name: must be text",
        ),
        (
            {"phoneNumber": {**NUMBERS["vapi"], "hooks": [{"on": "call.ringing"}]}},
            "message.phoneNumber.hooks[0].do: is missing",
        ),
    ],
)
def test_a_wrong_property_is_told_by_its_path(change: dict[str, Any], expected: str) -> None:
    """The error about a wrong property is one line with path and reason."""
    with pytest.raises(InvalidMessage) as caught:
        parse(**{**MINIMAL, **change})
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", MINIMAL)
def test_a_required_property_is_required(missing: str) -> None:
    """Only type, text and rate are required."""
    with pytest.raises(InvalidMessage, match=f"^message.{missing}: is missing "):
        parse(**{key: value for key, value in MINIMAL.items() if key != missing})
    assert parse(**MINIMAL).phone_number is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\xff\xfe", "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ([], "not a JSON object"),
        (None, "not a JSON object"),
        ({"messsage": MINIMAL}, "message: is missing"),
        (MINIMAL, "message: is missing"),
        ({"message": []}, "message: must be an object"),
    ],
)
def test_what_is_no_envelope_is_refused(body: Any, expected: str) -> None:
    """The error about a body without `{"message": {…}}` says what the body is."""
    with pytest.raises(InvalidMessage, match=expected):
        ServerMessageVoiceRequest.parse(body)


def test_a_refusal_shows_no_value() -> None:
    """Errors contain paths and reasons but no posted values, which may be private."""
    with pytest.raises(InvalidMessage) as caught:
        parse(type="voice-request", text=["private"], sampleRate="private", call="private")
    assert "private" not in str(caught.value)


def test_pcm_is_sixteen_bit_little_endian() -> None:
    """PcmFormat converts between samples, bytes and seconds in both directions."""
    pcm = PcmFormat(8000)
    assert pcm.encode([0.0, 1.0, -1.0, 2.0]) == b"\x00\x00\xff\x7f\x01\x80\xff\x7f"
    assert list(pcm.decode(b"\x01\x00\xff\xff\x07")) == [1, -1]
    assert (pcm.duration(pcm.silence(0.5)), pcm.samples(b"abc")) == (0.5, 1)
    assert (pcm.bytes_per_second, pcm.content_type) == (16000, "application/octet-stream")
    with pytest.raises(ValueError, match="rate"):
        PcmFormat(0)


@official.needed
@pytest.mark.contract
def test_the_message_has_the_schemas_properties() -> None:
    """The eleven properties and three required ones are those of the published schema."""
    schema = official.schemas()["ServerMessageVoiceRequest"]
    wires = {info.alias for info in ServerMessageVoiceRequest.model_fields.values()}
    assert wires == set(schema["properties"])
    assert set(MINIMAL) == set(schema["required"])
