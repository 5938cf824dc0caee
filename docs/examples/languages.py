"""A message to the caller before the transfer, in the language of the call."""

from vapi_provider import CustomMessageArgs, VapiPhoneNumber

one_moment = CustomMessageArgs(
    type="custom-message",
    contents=[
        {"type": "text", "language": "en", "text": "One moment, please."},
        {"type": "text", "language": "de", "text": "Einen Moment, bitte."},
    ],
)

VapiPhoneNumber(
    "bilingual",
    number_desired_area_code="415",
    server={
        "url": "https://voice.example.com/vapi",
        "credential_id": "e8b7c6d5-a4f3-4e2d-9c1b-0a9f8e7d6c5b",
    },
    fallback_destination={"type": "number", "number": "+14155550134", "message": one_moment},
)
