"""`ServerMessageVoiceRequest`: what Vapi posts to a custom voice server, read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from vapi_provider.messages.envelope import InvalidMessage, opened, told
from vapi_provider.messages.pcm import PcmFormat
from vapi_provider.messages.phone_number import (
    MessagePhoneNumber,
    read_phone_number,
    without_nulls,
)
from vapi_provider.models.base import Number


def _milliseconds(value: Any) -> Any:
    """A number, also one in quotes: what is published about it has changed several times."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, float):
        raise PydanticCustomError("whole", "must be a whole number")
    return value


_Any = dict[str, Any]
_Left = Field(default=None, repr=False)
_OptionalNumber = Annotated[
    MessagePhoneNumber | None,
    BeforeValidator(lambda value: None if value is None else read_phone_number(value)),  # pyright: ignore[reportUnknownLambdaType]
]


class ServerMessageVoiceRequest(BaseModel):
    """Text to be spoken, and at which rate. Source: API schema of that name.

    `assistant`, `artifact`, `customer`, `call` and `chat` are kept as they came, in the wire's
    spelling. Properties that we do not know are left out; null is absent.
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
        int, BeforeValidator(_whole), Field(ge=1, description="Samples a second of the answer.")
    ]
    phone_number: _OptionalNumber = _Left
    assistant_version: Annotated[
        str | None, Field(description="Version label of the assistant; null where it has none.")
    ] = None
    timestamp: Annotated[
        Number | None,
        BeforeValidator(_milliseconds),
        Field(description="When it was sent, milliseconds since 1970."),
    ] = None
    artifact: _Any | None = _Left
    assistant: _Any | None = _Left
    customer: _Any | None = _Left
    call: _Any | None = _Left
    chat: _Any | None = _Left

    @classmethod
    def parse(cls, body: bytes | bytearray | str | Mapping[str, Any]) -> ServerMessageVoiceRequest:
        """The message in a request's body, ``{"message": {…}}``; raises `InvalidMessage`."""
        message = opened(body)
        # The class has a default, so that a message is built in one line; a body must say it.
        if "type" not in message:
            raise InvalidMessage("message.type: is missing")
        try:
            return cls.model_validate(dict(message), by_alias=True, by_name=False)
        except ValidationError as error:
            raise told(error) from None

    @property
    def answer(self) -> PcmFormat:
        """The format that the answer must have."""
        return PcmFormat(self.sample_rate)

    def to_wire(self) -> dict[str, Any]:
        """The body to post: camelCase, only what was given; `assistantVersion` may be null."""
        given = self.model_dump(
            mode="json", by_alias=True, exclude_unset=True, exclude={"phone_number"}
        )
        kept = {
            key: value
            for key, value in given.items()
            if value is not None or key == "assistantVersion"
        }
        if self.phone_number is not None:
            # Values may be beyond our models' rules: they are what the account holds.
            number = self.phone_number.model_dump(
                mode="json", by_alias=True, exclude_unset=True, warnings=False
            )
            kept["phoneNumber"] = without_nulls(number)
        return {"message": {"type": self.type, **kept}}
