"""The server message `voice-request`: any JSON."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vapi_provider.messages import InvalidMessage, ServerMessageVoiceRequest

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
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KEYS = [*COMPLETE, "new"]
INSIDE = ["server", "hooks", "name", "fallbackDestination", "number", "authentication", "provider"]
NUMBER = st.builds(
    lambda of, more: {**of, **more},
    st.sampled_from(list(NUMBERS.values())),
    st.dictionaries(st.sampled_from(INSIDE), JSON, max_size=3),
)


@given(
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4),
    st.none() | NUMBER,
)
def test_any_json_is_read_or_refused(changes: dict[str, Any], number: Any) -> None:
    """Any JSON raises InvalidMessage or can be written and parsed again."""
    try:
        request = ServerMessageVoiceRequest.parse(
            {"message": {**MINIMAL, "phoneNumber": number, **changes}}
        )
    except InvalidMessage:
        return
    assert ServerMessageVoiceRequest.parse(request.to_wire()).to_wire() == request.to_wire()
