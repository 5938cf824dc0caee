"""A message to the caller before a call ends, if your server named no assistant for it."""

import pulumi

from vapi_provider import VapiPhoneNumber

VapiPhoneNumber(
    "dispatch",
    number_desired_area_code="415",
    server={
        "url": "https://voice.example.com/vapi",
        "headers": {"X-Token": pulumi.Config().require_secret("serverToken")},
    },
    hooks=[
        {
            "on": "call.ending",
            "filters": [
                {
                    "type": "oneOf",
                    "key": "call.endedReason",
                    "one_of": [
                        "assistant-request-failed",
                        "assistant-request-returned-no-assistant",
                    ],
                }
            ],
            "do": {"type": "say", "exact": "We cannot take your call. Please try again later."},
        }
    ],
)
