"""What a strict checker finds: each marked line is one mistake, and no other line is any."""

from typing import Any

import pulumi

from vapi_provider import (
    BackoffPlanArgs,
    ByoPhoneNumber,
    ServerArgs,
    SipAuthenticationArgs,
    TransferDestinationNumberArgs,
    TransferDestinationSipArgs,
    TransferPlanArgs,
    TwilioPhoneNumber,
    VapiPhoneNumber,
    VonagePhoneNumber,
)

known: Any = None
number: pulumi.Output[float] = known

# A wrong key, in its own spelling and in camelCase.
ServerArgs(url="https://a.example", timeout=5)  # expect: error
TransferDestinationSipArgs(type="sip", sipUri="sip:a@b.example")  # expect: error
VapiPhoneNumber("a", numberDesiredAreaCode="415")  # expect: error
VapiPhoneNumber("b", server={"timeoutSeconds": 5})  # expect: error
VapiPhoneNumber("c", hooks=[{"on": "call.ending", "filter": []}])  # expect: error

# A wrong literal.
TransferPlanArgs(mode="warm")  # expect: error
TransferPlanArgs(mode="blind-transfer", sip_verb="invite")  # expect: error
TransferDestinationNumberArgs(type="sip", number="+14155550100")  # expect: error
VapiPhoneNumber("d", hooks=[{"on": "call.started"}])  # expect: error

# A missing required key.
SipAuthenticationArgs(username="switchboard-of-the-team")  # expect: error
VapiPhoneNumber("e", fallback_destination={"type": "number"})  # expect: error
VonagePhoneNumber("f", number="+14155550100")  # expect: error
TwilioPhoneNumber("g", number="+14155550100", twilio_auth_token="t")  # expect: error

# A wrong type, also at depth and in an Output.
VapiPhoneNumber("h", number_desired_area_code=415)  # expect: error
ServerArgs(timeout_seconds="20")  # expect: error
ServerArgs(url=number)  # expect: error
BackoffPlanArgs(type="fixed", max_retries="3", base_delay_seconds=1)  # expect: error
VapiPhoneNumber("i", server={"encrypted_paths": [1]})  # expect: error
ByoPhoneNumber("j", credential_id=None)  # expect: error

# An argument that the constructor does not have: a positional one, another kind's, the read-only.
VapiPhoneNumber("k", {"number_desired_area_code": "415"})  # expect: error
VapiPhoneNumber("l", credential_id="c")  # expect: error
VapiPhoneNumber("m", provider="vapi")  # expect: error
VapiPhoneNumber("n", number="+14155550100")  # expect: error
