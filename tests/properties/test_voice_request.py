"""The server message `voice-request`: any JSON."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.voice_requests import COMPLETE, MINIMAL, NUMBERS
from vapi_provider.messages import InvalidMessage, ServerMessageVoiceRequest

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
