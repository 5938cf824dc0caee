"""Models of the transfer plan (`TransferPlan`) and its parts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from vapi_provider.models.base import DocumentedDefault, Number, VapiModel, discriminated_by
from vapi_provider.models.constants import TransferMode
from vapi_provider.models.custom_message import Message
from vapi_provider.models.field_traits import REPAIRED, URL


class TransferFallbackPlan(VapiModel):
    """What happens when the transfer fails. Source: API schema."""

    message: Annotated[Message, Field(description="What the caller hears when it fails.")]
    end_call_enabled: Annotated[
        bool | None,
        Field(description="Whether the call ends after the message."),
        DocumentedDefault(True),
    ] = None


class SummaryPlan(VapiModel):
    """How the summary for the other side is made. Source: API schema."""

    messages: Annotated[
        list[dict[str, Any]] | None,
        Field(description="Prompt messages; absent: Vapi's own prompt. Templates are allowed."),
    ] = None
    enabled: Annotated[
        bool | None, Field(description="Whether a summary is made."), DocumentedDefault(True)
    ] = None
    timeout_seconds: Annotated[
        Number | None,
        Field(ge=1, le=60, description="Seconds to wait for the summary."),
        DocumentedDefault(5),
    ] = None


class ContextEngineeringPlanLastNMessages(VapiModel):
    """Context of a transfer: the last messages. Source: API schema."""

    type: Annotated[Literal["lastNMessages"], Field(description="Always lastNMessages.")]
    max_messages: Annotated[Number, Field(ge=0, description="Maximum number of messages.")]


class ContextEngineeringPlanNone(VapiModel):
    """Context of a transfer: no messages. Source: API schema."""

    type: Annotated[Literal["none"], Field(description="Always none.")]


class ContextEngineeringPlanAll(VapiModel):
    """Context of a transfer: all messages. Source: API schema."""

    type: Annotated[Literal["all"], Field(description="Always all.")]


ContextEngineeringPlan = Annotated[
    Annotated[ContextEngineeringPlanLastNMessages, Tag("<lastNMessages>")]
    | Annotated[ContextEngineeringPlanNone, Tag("<none>")]
    | Annotated[ContextEngineeringPlanAll, Tag("<all>")],
    discriminated_by("type", "lastNMessages", "none", "all"),
]


class TransferPlan(VapiModel):
    """How the call is handed over. Source: API schema, `sip_verb` repaired to text."""

    mode: Annotated[
        TransferMode, Field(description="Blind, or warm: the other side is spoken to first.")
    ]
    message: Annotated[
        Message | None, Field(description="What the other side hears, in the modes that say it.")
    ] = None
    timeout: Annotated[
        Number | None,
        Field(ge=1, le=600, description="Seconds to wait for the operator to speak."),
        DocumentedDefault(60),
    ] = None
    sip_verb: Annotated[
        Literal["refer", "bye", "dial"] | None,
        Field(description="How a SIP call is moved; ignored elsewhere."),
        DocumentedDefault("refer"),
        REPAIRED,
    ] = None
    dial_timeout: Annotated[
        Number | None,
        Field(ge=1, le=600, description="Seconds to ring, with sip_verb dial."),
        DocumentedDefault(60),
    ] = None
    hold_audio_url: Annotated[
        str | None,
        Field(description="MP3 or WAV heard on hold (warm-transfer-experimental)."),
        URL,
    ] = None
    transfer_complete_audio_url: Annotated[
        str | None,
        Field(description="MP3 or WAV heard when the call is joined (warm-transfer-experimental)."),
        URL,
    ] = None
    context_engineering_plan: Annotated[
        ContextEngineeringPlan | None,
        Field(description="Messages passed as context (warm-transfer-experimental)."),
        DocumentedDefault({"type": "all"}),
    ] = None
    twiml: Annotated[
        str | None,
        Field(
            max_length=4096,
            description="TwiML run on the other leg (warm-transfer-twiml): "
            "Play, Say, Gather, Hangup, Pause.",
        ),
    ] = None
    summary_plan: Annotated[
        SummaryPlan | None, Field(description="How the summary is made, in the modes that use one.")
    ] = None
    sip_headers_in_refer_to_enabled: Annotated[
        bool | None,
        Field(description="Whether sip_headers also go into the Refer-To URI."),
        DocumentedDefault(False),
    ] = None
    fallback_plan: Annotated[
        TransferFallbackPlan | None, Field(description="What happens when the transfer fails.")
    ] = None
