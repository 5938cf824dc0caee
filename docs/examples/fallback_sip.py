"""A silent fallback to a SIP URI with headers, for calls that your server names nobody for."""

import pulumi

from vapi_provider import VapiPhoneNumber

VapiPhoneNumber(
    "front-door",
    number_desired_area_code="212",
    server={
        "url": "https://voice.example.com/vapi",
        "credential_id": "e8b7c6d5-a4f3-4e2d-9c1b-0a9f8e7d6c5b",
    },
    fallback_destination={
        "type": "sip",
        "sip_uri": "sip:desk@pbx.example.com",
        "message": "",
        "sip_headers": {"X-Reason": "fallback", "X-Stack": pulumi.get_stack()},
        # caller_id applies only with sip_verb dial.
        "caller_id": "{{customer.number}}",
        "transfer_plan": {"mode": "blind-transfer", "sip_verb": "dial", "dial_timeout": 25},
    },
)
