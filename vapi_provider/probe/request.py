"""The bodies that Vapi would post, made up but for the phone number."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from vapi_provider.messages import ServerMessageVoiceRequest

TEXTS = (
    "Hello, how can I help you today?",
    "Your table for 4 is booked for May 21st at 7:30 pm.",
)
"""What is said when nobody names a text: a greeting, and numbers, which take long to say."""

PHONE_NUMBER: Mapping[str, Any] = {
    "provider": "vapi",
    "name": "probe",
    "sipUri": "sip:probe@sip.vapi.ai",
}
CALLER = "+14155550199"
"""A number that belongs to nobody: 555-01XX is kept for fiction."""

_NOBODY = "00000000-0000-4000-8000-000000000000"


def now_in_milliseconds() -> int:
    """Unix time as messages carry it."""
    return round(time.time() * 1000)


def voice_request(
    text: str,
    rate: int,
    phone_number: Mapping[str, Any] | None = None,
    clock: Callable[[], int] = now_in_milliseconds,
) -> bytes:
    """A voice request: `phone_number` in the wire's spelling. Source: ServerMessageVoiceRequest."""
    message = {
        "type": "voice-request",
        "text": text,
        "sampleRate": rate,
        "timestamp": clock(),
        "phoneNumber": dict(PHONE_NUMBER),
        "customer": {"number": CALLER},
        "call": {"id": _NOBODY, "type": "inboundPhoneCall"},
    }
    body = ServerMessageVoiceRequest.parse({"message": message}).to_wire()
    if phone_number is not None:
        # Less than the schema asks for: a voice server is somebody else's.
        body["message"]["phoneNumber"] = dict(phone_number)
    return _bytes(body)


def assistant_request(
    phone_number: Mapping[str, Any] | None = None,
    caller: str = CALLER,
    clock: Callable[[], int] = now_in_milliseconds,
) -> bytes:
    """What a number's own server is asked as a call comes in."""
    message = {
        "type": "assistant-request",
        "timestamp": clock(),
        "phoneNumber": dict(phone_number or PHONE_NUMBER),
        "customer": {"number": caller},
        "call": {"id": _NOBODY, "type": "inboundPhoneCall", "status": "ringing"},
    }
    return _bytes({"message": message})


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
