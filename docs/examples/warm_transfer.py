"""Two warm transfers: the operator hears about the call before the caller is connected."""

import pulumi

from vapi_provider import ServerArgs, TransferPlanArgs, TwilioPhoneNumber, VapiPhoneNumber

our_server = ServerArgs(
    url="https://voice.example.com/vapi", credential_id="e8b7c6d5-a4f3-4e2d-9c1b-0a9f8e7d6c5b"
)

# All warm modes except the last one work for calls on Twilio numbers only.
briefed = TransferPlanArgs(
    mode="warm-transfer-wait-for-operator-to-speak-first-and-then-say-summary",
    timeout=30,
    summary_plan={
        "timeout_seconds": 10,
        "messages": [
            {"role": "system", "content": "Sum up the call in one sentence."},
            {"role": "user", "content": "{{transcript}}"},
        ],
    },
    fallback_plan={"message": "Nobody is free right now.", "end_call_enabled": False},
)

TwilioPhoneNumber(
    "claims",
    number="+14155550124",
    twilio_account_sid=pulumi.Config().require("twilioAccountSid"),
    twilio_auth_token=pulumi.Config().require_secret("twilioAuthToken"),
    server=our_server,
    fallback_destination={"type": "number", "number": "+14155550132", "transfer_plan": briefed},
)

VapiPhoneNumber(
    "concierge",
    number_desired_area_code="646",
    server=our_server,
    fallback_destination={
        "type": "number",
        "number": "+14155550133",
        "transfer_plan": {
            "mode": "warm-transfer-experimental",
            "message": "A guest is on the line.",
            "hold_audio_url": "https://media.example.com/hold.mp3",
            "transfer_complete_audio_url": "https://media.example.com/connected.wav",
            "context_engineering_plan": {"type": "lastNMessages", "max_messages": 6},
        },
    },
)
