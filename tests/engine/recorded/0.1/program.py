from vapi_provider import (
    ByoPhoneNumber,
    TelnyxPhoneNumber,
    TwilioPhoneNumber,
    VapiPhoneNumber,
    VonagePhoneNumber,
)

VapiPhoneNumber(
    "support",
    number_desired_area_code="415",
    hooks=[
        {
            "on": "call.ringing",
            "filters": [{"type": "startsWith", "key": "number", "starts_with": ["91"]}],
            "do": [{"type": "say", "exact": "Not open to you."}],
        }
    ],
    fallback_destination={
        "type": "number",
        "number": "+14155550100",
        "transfer_plan": {"mode": "blind-transfer", "timeout": 30},
    },
)
VapiPhoneNumber(
    "entry",
    sip_uri="sip:recorded-entry@sip.vapi.ai",
    authentication={"username": "user-for-tests-only-1", "password": "password-for-tests-only"},
    server={
        "url": "https://voice.example.com",
        "timeout_seconds": 12.5,
        "headers": {"X-Token": "token-for-tests-only"},
        "backoff_plan": {"type": "fixed", "max_retries": 2, "base_delay_seconds": 1},
    },
    fallback_destination={
        "type": "sip",
        "sip_uri": "sip:desk@pbx.example.com",
        "sip_headers": {"X-Reason": "fallback"},
    },
)
TwilioPhoneNumber(
    "twilio",
    name="a twilio line",
    number="+14155550111",
    twilio_account_sid="AC-for-tests-only",
    twilio_auth_token="twilio-token-for-tests-only",
    sms_enabled=False,
)
VonagePhoneNumber(
    "vonage", number="+14155550112", credential_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a12"
)
TelnyxPhoneNumber(
    "telnyx", number="+14155550113", credential_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a13"
)
ByoPhoneNumber(
    "byo",
    number="1234",
    number_e164_check_enabled=False,
    credential_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a14",
)
