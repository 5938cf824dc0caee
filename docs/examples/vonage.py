"""A number of a Vonage account; its credential was created in Vapi's dashboard."""

from vapi_provider import VonagePhoneNumber

bookings = VonagePhoneNumber(
    "bookings",
    number="+14155550122",
    credential_id="6f3d1f0a-52b1-4f0b-8f63-0c9c9f1c7d21",
    squad_id="a3c1d7e4-2b5f-4e6a-9c8d-7e6f5a4b3c2d",
)
