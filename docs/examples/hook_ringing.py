"""Hooks that run as a call rings: reject some callers, or transfer every call to a queue."""

from vapi_provider import PhoneNumberHookCallRingingArgs, VapiPhoneNumber

refused = PhoneNumberHookCallRingingArgs(
    on="call.ringing",
    # The beginnings of the caller's number, without its +.
    filters=[{"type": "startsWith", "key": "number", "starts_with": ["91", "7"]}],
    do=[{"type": "say", "exact": "This line is not open to you."}],
)
put_through = PhoneNumberHookCallRingingArgs(
    on="call.ringing",
    # Only the first of several actions runs.
    do=[
        {
            "type": "transfer",
            "destination": {"type": "sip", "sip_uri": "sip:queue@pbx.example.com"},
        }
    ],
)

VapiPhoneNumber(
    "filtered",
    number_desired_area_code="415",
    assistant_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",
    hooks=[refused],
)
VapiPhoneNumber("forwarded", number_desired_area_code="415", hooks=[put_through])
