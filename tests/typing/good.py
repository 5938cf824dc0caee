"""What a strict checker accepts: dicts and Args, plain values and Outputs, at every depth."""

import pulumi

from vapi_provider import (
    ByoPhoneNumber,
    PhoneNumberHookCallEndingArgs,
    SummaryPlanArgs,
    TelnyxPhoneNumber,
    TransferDestinationNumberArgs,
    TransferDestinationSipArgs,
    TransferPlanArgs,
    TwilioPhoneNumber,
    VapiPhoneNumber,
    VapiPhoneNumberArgs,
    VonagePhoneNumber,
)

config = pulumi.Config()
later = config.require_secret("text")
seconds = later.apply(float)

all_of_them = VapiPhoneNumber(
    "all",
    opts=pulumi.ResourceOptions(protect=True),
    adopt_id=None,
    name=None,
    number_desired_area_code=later,
    sip_uri=pulumi.Output.concat("sip:", later, "@sip.vapi.ai"),
    authentication={"username": later, "password": config.require_secret("password")},
    assistant_id=later,
    server={
        "url": later,
        "timeout_seconds": 20,
        "headers": {"X-Token": later, "X-Plain": "a"},
        "encrypted_paths": ["a", later],
        "backoff_plan": {"type": "fixed", "max_retries": seconds, "base_delay_seconds": 0.5},
    },
    fallback_destination=TransferDestinationSipArgs(
        type="sip",
        sip_uri=later,
        message={
            "type": "custom-message",
            "contents": [{"type": "text", "text": later, "language": "yue"}],
        },
        sip_headers={"X-Number": 7, "X-Later": later},
        transfer_plan={
            "mode": "warm-transfer-experimental",
            "context_engineering_plan": {"type": "lastNMessages", "max_messages": 3},
            "summary_plan": SummaryPlanArgs(messages=[{"role": "system", "content": later}]),
            "fallback_plan": {"message": later, "end_call_enabled": False},
        },
    ),
    hooks=[
        {
            "on": "call.ringing",
            "do": [
                {"type": "say", "exact": later},
                {
                    "type": "transfer",
                    "destination": {"type": "number", "number": later, "extension": "1"},
                },
            ],
            "filters": [{"type": "startsWith", "key": "number", "starts_with": ["1", later]}],
        },
        PhoneNumberHookCallEndingArgs(
            on="call.ending",
            do={"type": "say", "exact": "Goodbye"},
            filters=[
                {
                    "type": "oneOf",
                    "key": "call.endedReason",
                    "one_of": ["assistant-request-failed"],
                }
            ],
        ),
    ],
)

shared = VapiPhoneNumberArgs(number_desired_area_code="415", assistant_id=later)
VapiPhoneNumber("shared", **shared)
desk = TransferDestinationNumberArgs(
    type="number", number="+14155550100", transfer_plan=TransferPlanArgs(mode="blind-transfer")
)
VapiPhoneNumber("desk", number_desired_area_code="415", fallback_destination=desk)
known_later = later.apply(lambda _: desk)
VapiPhoneNumber("later", number_desired_area_code="415", fallback_destination=known_later)
TwilioPhoneNumber("t", number=later, twilio_account_sid="AC1", twilio_auth_token=later)
VonagePhoneNumber("v", number="+14155550101", credential_id=later)
TelnyxPhoneNumber("x", number="+14155550102", credential_id="c", opts=None)
ByoPhoneNumber("b", credential_id="c", number="desk12", number_e164_check_enabled=False)

theirs = VapiPhoneNumber.get("theirs", "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11")
pulumi.export("number", theirs.number)
pulumi.export("uri", pulumi.Output.format("{0}", all_of_them.sip_uri))
pulumi.export("status", all_of_them.status.apply(lambda status: status or "unknown"))
