"""A fallback to a phone number with an extension, for calls that your server names nobody for.

A fallback needs a number without assistant_id and squad_id: with one of them, that one answers.
"""

from vapi_provider import TransferDestinationNumberArgs, VapiPhoneNumber

desk = TransferDestinationNumberArgs(
    type="number",
    number="+14155550131",
    extension="12",
    caller_id="{{phoneNumber.number}}",
    message="Connecting you to our support desk.",
)

VapiPhoneNumber(
    "after-hours",
    number_desired_area_code="415",
    server={
        "url": "https://voice.example.com/vapi",
        "credential_id": "e8b7c6d5-a4f3-4e2d-9c1b-0a9f8e7d6c5b",
    },
    fallback_destination=desk,
)
