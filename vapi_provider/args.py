"""Argument types of the resource classes, for editors and type checkers.

Each type mirrors the model of the same name without `Args`, in snake_case, and accepts an `Output`
at every depth: `pulumi.Input[T]` is T, an Output of T or an awaitable of T. They are written by
hand, in one file, for the names, unions and descriptions that editors show;
tests/unit/test_argument_types.py compares them with the models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pulumi import Input
from typing_extensions import NotRequired, TypedDict

from vapi_provider.models.constants import EndedReason, Language, TransferMode


class SipAuthenticationArgs(TypedDict):
    """Digest credentials that a caller of the SIP URI must send."""

    realm: NotRequired[Input[str]]
    username: Input[str]
    password: Input[str]


class BackoffPlanArgs(TypedDict):
    """Retry policy for failed webhook requests."""

    type: Input[Literal["fixed", "exponential"]]
    max_retries: Input[float]
    base_delay_seconds: Input[float]
    excluded_status_codes: NotRequired[Input[Sequence[Input[float]]]]


class ServerArgs(TypedDict, total=False):
    """Webhook server that Vapi asks what to do with a call."""

    url: Input[str]
    timeout_seconds: Input[float]
    credential_id: Input[str]
    headers: Input[Mapping[str, Input[str]]]
    static_ip_addresses_enabled: Input[bool]
    encrypted_paths: Input[Sequence[Input[str]]]
    backoff_plan: Input[BackoffPlanArgs]


class TextContentArgs(TypedDict):
    """A message in one language."""

    type: Input[Literal["text"]]
    text: Input[str]
    language: Input[Language]


class CustomMessageArgs(TypedDict):
    """A message, in one text or in several languages."""

    type: Input[Literal["custom-message"]]
    content: NotRequired[Input[str]]
    contents: NotRequired[Input[Sequence[Input[TextContentArgs]]]]


MessageArgs = Input[str] | Input[CustomMessageArgs]


class TransferFallbackPlanArgs(TypedDict):
    """Behavior when the transfer fails."""

    message: MessageArgs
    end_call_enabled: NotRequired[Input[bool]]


class SummaryPlanArgs(TypedDict, total=False):
    """Settings of the summary for the transfer destination."""

    messages: Input[Sequence[Input[Mapping[str, Any]]]]
    enabled: Input[bool]
    timeout_seconds: Input[float]


class ContextEngineeringPlanLastNMessagesArgs(TypedDict):
    """Context plan that passes on the last messages only."""

    type: Input[Literal["lastNMessages"]]
    max_messages: Input[float]


class ContextEngineeringPlanNoneArgs(TypedDict):
    """Context plan that passes on no message."""

    type: Input[Literal["none"]]


class ContextEngineeringPlanAllArgs(TypedDict):
    """Context plan that passes on all messages."""

    type: Input[Literal["all"]]


ContextEngineeringPlanArgs = (
    Input[ContextEngineeringPlanLastNMessagesArgs]
    | Input[ContextEngineeringPlanNoneArgs]
    | Input[ContextEngineeringPlanAllArgs]
)


class TransferPlanArgs(TypedDict):
    """Settings of the transfer: its mode, messages and timeouts."""

    mode: Input[TransferMode]
    message: NotRequired[MessageArgs]
    timeout: NotRequired[Input[float]]
    sip_verb: NotRequired[Input[Literal["refer", "bye", "dial"]]]
    dial_timeout: NotRequired[Input[float]]
    hold_audio_url: NotRequired[Input[str]]
    transfer_complete_audio_url: NotRequired[Input[str]]
    context_engineering_plan: NotRequired[ContextEngineeringPlanArgs]
    twiml: NotRequired[Input[str]]
    summary_plan: NotRequired[Input[SummaryPlanArgs]]
    sip_headers_in_refer_to_enabled: NotRequired[Input[bool]]
    fallback_plan: NotRequired[Input[TransferFallbackPlanArgs]]


class TransferDestinationNumberArgs(TypedDict):
    """Transfer destination that is a phone number."""

    type: Input[Literal["number"]]
    number_e164_check_enabled: NotRequired[Input[bool]]
    number: Input[str]
    extension: NotRequired[Input[str]]
    caller_id: NotRequired[Input[str]]
    message: NotRequired[MessageArgs]
    transfer_plan: NotRequired[Input[TransferPlanArgs]]
    name: NotRequired[Input[str]]
    description: NotRequired[Input[str]]


class TransferDestinationSipArgs(TypedDict):
    """Transfer destination that is a SIP URI."""

    type: Input[Literal["sip"]]
    sip_uri: Input[str]
    caller_id: NotRequired[Input[str]]
    message: NotRequired[MessageArgs]
    transfer_plan: NotRequired[Input[TransferPlanArgs]]
    sip_headers: NotRequired[Input[Mapping[str, Any]]]
    name: NotRequired[Input[str]]
    description: NotRequired[Input[str]]


DestinationArgs = Input[TransferDestinationNumberArgs] | Input[TransferDestinationSipArgs]


class SayPhoneNumberHookActionArgs(TypedDict):
    """Hook action that says a text to the caller."""

    type: Input[Literal["say"]]
    exact: Input[str]


class TransferPhoneNumberHookActionArgs(TypedDict):
    """Hook action that transfers the call."""

    type: Input[Literal["transfer"]]
    destination: NotRequired[DestinationArgs]


HookActionArgs = Input[SayPhoneNumberHookActionArgs] | Input[TransferPhoneNumberHookActionArgs]


class PhoneNumberCallRingingHookFilterArgs(TypedDict):
    """Filter that limits a ringing hook to some callers."""

    type: Input[Literal["startsWith"]]
    key: Input[Literal["number"]]
    starts_with: Input[Sequence[Input[str]]]


class PhoneNumberCallEndingHookFilterArgs(TypedDict):
    """Filter that limits an ending hook to some ended reasons."""

    type: Input[Literal["oneOf"]]
    key: Input[Literal["call.endedReason"]]
    one_of: Input[Sequence[Input[EndedReason]]]


class PhoneNumberHookCallRingingArgs(TypedDict):
    """Hook that runs when a call comes in."""

    on: Input[Literal["call.ringing"]]
    do: Input[Sequence[HookActionArgs]]
    filters: NotRequired[Input[Sequence[Input[PhoneNumberCallRingingHookFilterArgs]]]]


class PhoneNumberHookCallEndingArgs(TypedDict):
    """Hook that runs when a call that nobody could answer ends."""

    on: Input[Literal["call.ending"]]
    do: NotRequired[HookActionArgs]
    filters: NotRequired[Input[Sequence[Input[PhoneNumberCallEndingHookFilterArgs]]]]


HookArgs = Input[PhoneNumberHookCallRingingArgs] | Input[PhoneNumberHookCallEndingArgs]


class _CommonArgs(TypedDict, total=False):
    name: Input[str] | None
    assistant_id: Input[str] | None
    squad_id: Input[str] | None
    workflow_id: Input[str] | None
    server: Input[ServerArgs] | None
    fallback_destination: DestinationArgs | None
    hooks: Input[Sequence[HookArgs]] | None


class VapiPhoneNumberArgs(_CommonArgs, total=False):
    """Arguments of a `VapiPhoneNumber`."""

    number_desired_area_code: Input[str] | None
    sip_uri: Input[str] | None
    authentication: Input[SipAuthenticationArgs] | None


class TwilioPhoneNumberArgs(_CommonArgs):
    """Arguments of a `TwilioPhoneNumber`."""

    number: Input[str]
    twilio_account_sid: Input[str]
    twilio_auth_token: NotRequired[Input[str] | None]
    twilio_api_key: NotRequired[Input[str] | None]
    twilio_api_secret: NotRequired[Input[str] | None]
    sms_enabled: NotRequired[Input[bool] | None]


class VonagePhoneNumberArgs(_CommonArgs):
    """Arguments of a `VonagePhoneNumber`."""

    number: Input[str]
    credential_id: Input[str]


class TelnyxPhoneNumberArgs(_CommonArgs):
    """Arguments of a `TelnyxPhoneNumber`."""

    number: Input[str]
    credential_id: Input[str]


class ByoPhoneNumberArgs(_CommonArgs):
    """Arguments of a `ByoPhoneNumber`."""

    credential_id: Input[str]
    number: NotRequired[Input[str] | None]
    number_e164_check_enabled: NotRequired[Input[bool] | None]
