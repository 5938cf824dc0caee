"""Bodies of `voice-request` messages as Vapi sends them."""

from __future__ import annotations

from typing import Any

UUID = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
NUMBERS: dict[str, dict[str, Any]] = {
    "vapi": {"provider": "vapi", "sipUri": "sip:desk@sip.vapi.ai", "name": "desk"},
    "twilio": {"provider": "twilio", "number": "+14155550100", "twilioAccountSid": "AC1"},
    "vonage": {"provider": "vonage", "number": "+14155550100", "credentialId": UUID},
    "telnyx": {"provider": "telnyx", "number": "+14155550100", "credentialId": UUID},
    "byo-phone-number": {"provider": "byo-phone-number", "credentialId": UUID},
}
MINIMAL: dict[str, Any] = {"type": "voice-request", "text": "Hello.", "sampleRate": 24000}
COMPLETE: dict[str, Any] = {
    **MINIMAL,
    "phoneNumber": {
        **NUMBERS["vapi"],
        "server": {"url": "https://voice.example.com", "timeoutSeconds": 20},
        "fallbackDestination": {"type": "sip", "sipUri": "sip:a@b.example.com"},
        "hooks": [{"on": "call.ringing", "do": [{"type": "say", "exact": "One moment."}]}],
    },
    "assistantVersion": None,
    "timestamp": 1774539796145,
    "artifact": {"messages": []},
    "assistant": {"name": "Ada"},
    "customer": {"number": "+14155550199"},
    "call": {"id": UUID},
    "chat": {"id": UUID},
}
