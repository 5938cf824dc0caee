"""An extension on your own SIP trunk; it is no phone number, so its E.164 check is off."""

from vapi_provider import ByoPhoneNumber

workshop = ByoPhoneNumber(
    "workshop",
    credential_id="c2f7e9a4-3c1d-4f5e-8b6a-1d2c3b4a5f6e",
    number="desk4512",
    number_e164_check_enabled=False,
    assistant_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",
)
