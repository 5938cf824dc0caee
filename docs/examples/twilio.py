"""A number of a Twilio account, with an API key; Vapi does not take over its text messages."""

import pulumi

from vapi_provider import TwilioPhoneNumber

config = pulumi.Config()

sales = TwilioPhoneNumber(
    "sales",
    number="+14155550121",
    twilio_account_sid=config.require("twilioAccountSid"),
    twilio_api_key=config.require_secret("twilioApiKey"),
    twilio_api_secret=config.require_secret("twilioApiSecret"),
    sms_enabled=False,
    assistant_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",
)
