"""A SIP URI that only callers with the user name and password may call."""

import pulumi

from vapi_provider import VapiPhoneNumber

switchboard = VapiPhoneNumber(
    "switchboard",
    sip_uri="sip:our-switchboard@sip.vapi.ai",
    authentication={
        "username": "switchboard-of-the-team",
        "password": pulumi.Config().require_secret("sipPassword"),
    },
    squad_id="0b8a4d2e-7f2c-4c89-9d0c-2f1f6a4f9a77",
)

pulumi.export("switchboard", switchboard.sip_uri)
