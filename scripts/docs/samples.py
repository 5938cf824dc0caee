"""Sample declarations that cause each warning, so that the reference shows its text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vapi_provider.models.advice import advice
from vapi_provider.models.kinds import KINDS

Fields = dict[str, Any]

_ID = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
_HOOK = {"on": "call.ending", "do": {"type": "say", "exact": "Goodbye"}}
_ANSWERED = {"hooks": [_HOOK]}
_SAID = {"type": "say", "exact": "a"}
_SIP = {"type": "sip", "sip_uri": "sip:a@b.example"}
_NUMBER = {"type": "number", "number": "+14155550100"}
_TWILIO = {"number": "+14155550100", "twilio_account_sid": "AC1", "twilio_auth_token": "t"}


def _to(destination: Fields, **more: Any) -> Fields:
    return {"fallback_destination": {**destination, **more}}


def _ringing(**more: Any) -> Fields:
    return {"hooks": [{"on": "call.ringing", "do": [_SAID], **more}]}


_SAMPLES: Mapping[str, list[Fields]] = {
    "vapi": [
        {"hooks": None},
        {"workflow_id": _ID},
        {"assistant_id": _ID, "squad_id": _ID},
        {"assistant_id": _ID, **_to(_NUMBER)},
        {"squad_id": "support"},
        {"number_desired_area_code": "911"},
        {"sip_uri": "sip:a@sip.vapi.ai"},
        {"sip_uri": "sip:a@b.example", "authentication": {}},
        {"authentication": {}},
        {"server": {"url": "https://a.example"}},
        {"server": {"headers": {"X-Token": "a"}, "encrypted_paths": ["a"]}},
        {"server": {"credential_id": "mine"}},
        {"server": {"url": "https://user:password@a.example", "credential_id": _ID}},
        _to({**_NUMBER, "number": "+19995550100"}),
        _to(_NUMBER, caller_id="me"),
        _to(_NUMBER, transfer_plan={"mode": "blind-transfer", "sip_verb": "dial"}),
        _to(_NUMBER, transfer_plan={"mode": "warm-transfer-say-message", "message": "a"}),
        _to(_SIP, caller_id="{{customer.number}}"),
        _to(_SIP, transfer_plan={"mode": "blind-transfer", "sip_verb": "bye"}),
        _to(_SIP, transfer_plan={"mode": "blind-transfer", "timeout": 30}),
        _to(_SIP, transfer_plan={"mode": "blind-transfer", "dial_timeout": 30}),
        _to(_SIP, transfer_plan={"mode": "warm-transfer-experimental", "message": "a" * 1001}),
        _to(
            _SIP,
            transfer_plan={"mode": "warm-transfer-experimental", "hold_audio_url": "https:///a"},
        ),
        _to(_SIP, message={"type": "custom-message"}),
        _to(_SIP, message={"type": "custom-message", "content": "a", "contents": [{}]}),
        _ringing(do=[]),
        _ringing(do=[_SAID, _SAID]),
        _ringing(do=[{"type": "transfer"}]),
        _ringing(filters=[{"type": "startsWith", "key": "number", "starts_with": ["+91"]}]),
    ],
    "twilio": [
        {**_TWILIO, "twilio_api_key": "k"},
        {**_TWILIO, "twilio_account_sid": ""},
    ],
}


def warnings() -> Iterator[str]:
    """Yield the warnings of all samples, each with its path."""
    for kind, samples in _SAMPLES.items():
        for fields in samples:
            yield from advice(KINDS[kind], {**_ANSWERED, **fields}, "us")
