"""Models of Vapi's server messages, for the author of a server that Vapi calls.

    request = ServerMessageVoiceRequest.parse(body)     # bytes, text or a dict
    pcm = synthesize(request.text, request.sample_rate)
    # answer 200, Content-Type: application/octet-stream, and `pcm`: see PcmFormat

Importing this folder must load neither Pulumi nor an HTTP client.
"""

from vapi_provider.messages.envelope import InvalidMessage
from vapi_provider.messages.pcm import PcmFormat
from vapi_provider.messages.phone_number import MessagePhoneNumber
from vapi_provider.messages.voice_request import ServerMessageVoiceRequest

__all__ = ["InvalidMessage", "MessagePhoneNumber", "PcmFormat", "ServerMessageVoiceRequest"]
