"""The request bodies that Vapi would post, with invented values except the phone number."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from vapi_provider.messages import ServerMessageVoiceRequest

TEXTS = (
    "Hello, how can I help you today?",
    "Your table for 4 is booked for May 21st at 7:30 pm.",
)
"""Default texts: a greeting, and one with numbers, which take long to speak."""

PHONE_NUMBER: Mapping[str, Any] = {
    "provider": "vapi",
    "name": "probe",
    "sipUri": "sip:probe@sip.vapi.ai",
}
CALLER = "+14155550199"
"""A number that nobody owns: 555-01XX is reserved for fiction."""

_CALL_ID = "00000000-0000-4000-8000-000000000000"


def now_in_milliseconds() -> int:
    """Return the Unix time in the unit of Vapi's messages."""
    return round(time.time() * 1000)


def build_voice_request(text: str, rate: int, phone_number: Mapping[str, Any] | None) -> bytes:
    """Return the body of a voice request. Source: ServerMessageVoiceRequest.

    `phone_number` is in the wire's spelling and may lack fields that the schema requires.
    """
    message = {
        "type": "voice-request",
        "text": text,
        "sampleRate": rate,
        "timestamp": now_in_milliseconds(),
        "phoneNumber": dict(PHONE_NUMBER),
        "customer": {"number": CALLER},
        "call": {"id": _CALL_ID, "type": "inboundPhoneCall"},
    }
    body = ServerMessageVoiceRequest.parse({"message": message}).to_wire()
    if phone_number is not None:
        # Past the model: a voice server of somebody else gets less than the schema requires.
        body["message"]["phoneNumber"] = dict(phone_number)
    return _bytes(body)


def build_assistant_request(phone_number: Mapping[str, Any] | None) -> bytes:
    """Return the body that a number's own server gets when a call comes in."""
    message = {
        "type": "assistant-request",
        "timestamp": now_in_milliseconds(),
        "phoneNumber": dict(phone_number or PHONE_NUMBER),
        "customer": {"number": CALLER},
        "call": {"id": _CALL_ID, "type": "inboundPhoneCall", "status": "ringing"},
    }
    return _bytes({"message": message})


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
