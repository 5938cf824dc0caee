"""The request that Vapi posts to a custom voice server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from vapi_provider.messages.envelope import InvalidMessage, describe_errors, open_envelope
from vapi_provider.messages.pcm import PcmFormat
from vapi_provider.messages.phone_number import MessagePhoneNumber, parse_phone_number
from vapi_provider.models.base import Number
from vapi_provider.shared.json_values import whole_as_int, without_nulls


def _parse_milliseconds(value: Any) -> Any:
    """Accept a number in quotes, too: the documented type has changed several times."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    return value


def _check_whole(value: Any) -> Any:
    number = whole_as_int(value)
    if isinstance(number, float):
        raise PydanticCustomError("whole", "must be a whole number")
    return number


_Object = dict[str, Any]
_Unshown = Field(default=None, repr=False)
_OptionalPhoneNumber = Annotated[
    MessagePhoneNumber | None,
    BeforeValidator(lambda value: None if value is None else parse_phone_number(value)),  # pyright: ignore[reportUnknownLambdaType]
]


class ServerMessageVoiceRequest(BaseModel):
    """A text to speak and the sample rate to speak it at. Source: API schema of that name.

    `assistant`, `artifact`, `customer`, `call` and `chat` keep the wire's spelling. Unknown
    properties are dropped, and null counts as absent.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="ignore",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_by_name=True,
        revalidate_instances="never",
    )

    type: Annotated[Literal["voice-request"], Field(description="Always voice-request.")] = (
        "voice-request"
    )
    text: Annotated[str, Field(description="What to say.")]
    sample_rate: Annotated[
        int,
        BeforeValidator(_check_whole),
        Field(ge=1, description="Samples a second of the answer."),
    ]
    phone_number: _OptionalPhoneNumber = _Unshown
    assistant_version: Annotated[
        str | None, Field(description="Version label of the assistant; null where it has none.")
    ] = None
    timestamp: Annotated[
        Number | None,
        BeforeValidator(_parse_milliseconds),
        Field(description="When it was sent, milliseconds since 1970."),
    ] = None
    artifact: _Object | None = _Unshown
    assistant: _Object | None = _Unshown
    customer: _Object | None = _Unshown
    call: _Object | None = _Unshown
    chat: _Object | None = _Unshown

    @classmethod
    def parse(cls, body: bytes | bytearray | str | Mapping[str, Any]) -> ServerMessageVoiceRequest:
        """Return the message in a request's body, ``{"message": {…}}``.

        Raises:
            InvalidMessage: The body is not such a message.
        """
        message = open_envelope(body)
        # The class has a default for code that builds a message; a body must state the type.
        if "type" not in message:
            raise InvalidMessage("message.type: is missing")
        try:
            return cls.model_validate(dict(message), by_alias=True, by_name=False)
        except ValidationError as error:
            raise InvalidMessage(describe_errors(error, "message")) from None

    @property
    def answer(self) -> PcmFormat:
        """The audio format that the answer must have."""
        return PcmFormat(self.sample_rate)

    def to_wire(self) -> dict[str, Any]:
        """Return the body to post: camelCase, only fields that are set and not null.

        `assistantVersion` alone may be null: the schema says so.
        """
        given = self.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude={"phone_number"}
        )
        kept = {
            key: value
            for key, value in given.items()
            if value is not None or key == "assistantVersion"
        }
        if self.phone_number is not None:
            # The account may hold values that break our models' rules: no warning about them.
            number = self.phone_number.model_dump(
                mode="json", by_alias=True, exclude_unset=True, warnings=False
            )
            kept["phoneNumber"] = without_nulls(number)
        return {"message": {"type": self.type, **kept}}
