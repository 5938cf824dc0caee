"""A number of a Telnyx account, with an explicit label."""

from vapi_provider import TelnyxPhoneNumber

reception = TelnyxPhoneNumber(
    "reception",
    name="Reception, 2nd floor",
    number="+14155550123",
    credential_id="9d1b6d5e-0d0d-4d55-9a3b-5f8e8f0a4c32",
    assistant_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",
)
