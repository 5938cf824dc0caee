"""Models of the hooks that run when a call rings or ends, their filters and actions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from vapi_provider.models.base import VapiModel, discriminated_by
from vapi_provider.models.constants import EndedReason
from vapi_provider.models.destination import Destination
from vapi_provider.models.field_traits import EMPTY_IS_ABSENT, REPAIRED, UNORDERED


class SayPhoneNumberHookAction(VapiModel):
    """Says a text to the caller. Source: API schema."""

    type: Annotated[Literal["say"], Field(description="Always say.")]
    exact: Annotated[str, Field(max_length=4000, description="What is said, word for word.")]


class TransferPhoneNumberHookAction(VapiModel):
    """Sends the call elsewhere. Source: API schema."""

    type: Annotated[Literal["transfer"], Field(description="Always transfer.")]
    destination: Annotated[Destination | None, Field(description="Where the call is sent.")] = None


HookAction = Annotated[
    Annotated[SayPhoneNumberHookAction, Tag("<say>")]
    | Annotated[TransferPhoneNumberHookAction, Tag("<transfer>")],
    discriminated_by("type", "say", "transfer"),
]


class PhoneNumberCallRingingHookFilter(VapiModel):
    """Lets a ringing hook run for some callers only. Source: API schema."""

    type: Annotated[Literal["startsWith"], Field(description="Always startsWith.")]
    key: Annotated[Literal["number"], Field(description="Always number: the caller's.")]
    starts_with: Annotated[
        list[Annotated[str, Field(max_length=20)]],
        Field(max_length=20, description="Beginnings of the caller's number, without the +."),
        UNORDERED,
    ]


class PhoneNumberCallEndingHookFilter(VapiModel):
    """Lets an ending hook run for some endings only. Source: API schema, list repaired."""

    type: Annotated[Literal["oneOf"], Field(description="Always oneOf.")]
    key: Annotated[Literal["call.endedReason"], Field(description="Always call.endedReason.")]
    one_of: Annotated[
        list[EndedReason],
        Field(description="Reasons for which the hook runs."),
        UNORDERED,
        REPAIRED,
    ]


class PhoneNumberHookCallRinging(VapiModel):
    """What happens when a call comes in. Source: API schema."""

    on: Annotated[Literal["call.ringing"], Field(description="Always call.ringing.")]
    do: Annotated[list[HookAction], Field(description="What is done; only the first action runs.")]
    filters: Annotated[
        list[PhoneNumberCallRingingHookFilter] | None,
        Field(description="For which callers; absent: for all."),
        EMPTY_IS_ABSENT,
    ] = None


class PhoneNumberHookCallEnding(VapiModel):
    """What happens when a call that nobody could answer ends. Source: API schema."""

    on: Annotated[Literal["call.ending"], Field(description="Always call.ending.")]
    do: Annotated[HookAction | None, Field(description="What is done: one action.")] = None
    filters: Annotated[
        list[PhoneNumberCallEndingHookFilter] | None,
        Field(description="For which endings; absent: for all."),
        EMPTY_IS_ABSENT,
    ] = None


Hook = Annotated[
    Annotated[PhoneNumberHookCallRinging, Tag("<call.ringing>")]
    | Annotated[PhoneNumberHookCallEnding, Tag("<call.ending>")],
    discriminated_by("on", "call.ringing", "call.ending"),
]
