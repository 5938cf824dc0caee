"""Models of transfer destinations: `TransferDestinationNumber` and `TransferDestinationSip`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag, ValidationInfo, field_validator

from vapi_provider.catalogue import declarations
from vapi_provider.models.base import (
    DocumentedDefault,
    VapiModel,
    discriminated_by,
    refusal,
)
from vapi_provider.models.custom_message import Message
from vapi_provider.models.e164 import e164_problem, is_alphanumeric
from vapi_provider.models.field_traits import ANY_CASE, EMPTY_IS_ABSENT, PHONE, SECRET, URL
from vapi_provider.models.sip import has_sip_scheme
from vapi_provider.models.transfer import TransferPlan

_CHECK_OFF = "set number_e164_check_enabled=False"


class _Destination(VapiModel):
    """Fields that both destinations share."""

    message: Annotated[
        Message | None,
        Field(description='What the caller hears first; "" is silence.'),
        DocumentedDefault("Transferring the call now"),
    ] = None
    transfer_plan: Annotated[
        TransferPlan | None,
        Field(description="How the call is handed over."),
        DocumentedDefault({"mode": "blind-transfer"}),
    ] = None
    name: Annotated[
        str | None,
        Field(description="Label in the dashboard's call log; the assistant never sees it."),
        EMPTY_IS_ABSENT,
    ] = None
    description: Annotated[
        str | None, Field(description="When to choose this destination, for the assistant.")
    ] = None


class TransferDestinationNumber(_Destination):
    """A phone number to send a call to. Source: API schema."""

    type: Annotated[Literal["number"], Field(description="Always number.")]
    number_e164_check_enabled: Annotated[
        bool | None,
        Field(description="Whether number must be E.164; off: letters and digits."),
        DocumentedDefault(True),
    ] = None
    number: Annotated[
        str, Field(min_length=3, max_length=40, description="The number to call, E.164."), PHONE
    ]
    extension: Annotated[
        str | None,
        Field(min_length=1, max_length=10, description="Dialled once the number has answered."),
    ] = None
    caller_id: Annotated[
        str | None,
        Field(
            max_length=40,
            description="What the other side sees: an E.164 number of yours, "
            "{{customer.number}} or {{phoneNumber.number}}; absent: the caller's number.",
        ),
    ] = None

    @field_validator("number")
    @classmethod
    def _e164(cls, number: str, info: ValidationInfo) -> str:
        """Is E.164 unless `number_e164_check_enabled` is false; then letters and digits.

        Source: API schema's description; observed answer.
        """
        return check_number_when_known(number, info)


class TransferDestinationSip(_Destination):
    """A SIP URI to send a call to. Source: API schema."""

    type: Annotated[Literal["sip"], Field(description="Always sip.")]
    sip_uri: Annotated[str, Field(description="The SIP URI to call."), ANY_CASE, URL]
    caller_id: Annotated[
        str | None,
        Field(max_length=40, description="What the other side sees; only with sip_verb dial."),
    ] = None
    sip_headers: Annotated[
        dict[str, Any] | None,
        Field(description="SIP headers added to the transfer."),
        EMPTY_IS_ABSENT,
        SECRET,
    ] = None

    @field_validator("sip_uri")
    @classmethod
    def _scheme(cls, uri: str) -> str:
        """Has its scheme, sip: or sips:. Source: API's documented form."""
        return has_sip_scheme(uri)


Destination = Annotated[
    Annotated[TransferDestinationNumber, Tag("<number>")]
    | Annotated[TransferDestinationSip, Tag("<sip>")],
    discriminated_by("type", "number", "sip"),
]


def check_number_when_known(number: str, info: ValidationInfo) -> str:
    """Return `number`, validated by the model's `number_e164_check_enabled`.

    If that field is invalid or unknown, the number is not validated. Raises PydanticCustomError as
    `check_number` does.
    """
    if "number_e164_check_enabled" not in info.data:
        return number
    enabled = info.data["number_e164_check_enabled"]
    return check_number(number, e164_check_enabled=enabled is not False, can_be_off=True)


def check_number(number: str, e164_check_enabled: bool, can_be_off: bool = False) -> str:
    """Return `number`, or raise PydanticCustomError where it is invalid.

    With the check it must be exactly E.164 and a possible number (observed answer), without it
    letters and digits after an optional ``+`` (API schema's description). With `can_be_off` the
    error names the field that disables the check, if the number is valid without it.
    """
    if e164_check_enabled:
        problem = e164_problem(number)
        if problem:
            if can_be_off and is_alphanumeric(number):
                problem = f"{problem}; for another number, {_CHECK_OFF}"
            raise refusal(declarations.NOT_E164, problem=problem)
    elif not is_alphanumeric(number):
        raise refusal(declarations.NOT_ALPHANUMERIC)
    return number
