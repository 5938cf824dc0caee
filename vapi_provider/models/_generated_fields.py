"""Every schema's fields as data, written from the models by `make docs`: change those, not this.

A field: its name, the JSON types of its values, whether it is required, the schemas of its values,
documented defaults, and traits. A schema: the module of its model, its fields, and the literals
that tell it from its neighbours. The fields of a shared base have the name of its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FieldRow = tuple[str, tuple[str, ...], bool, tuple[str, ...], tuple[Any, ...], tuple[str, ...]]
SchemaRow = tuple[str, tuple[FieldRow, ...], Mapping[str, str]]


def _field(
    name: str,
    types: tuple[str, ...],
    required: bool = False,
    schemas: tuple[str, ...] = (),
    defaults: tuple[Any, ...] = (),
    traits: tuple[str, ...] = (),
) -> FieldRow:
    return name, types, required, schemas, defaults, traits


def _schema(module: str, fields: tuple[FieldRow, ...], **literals: str) -> SchemaRow:
    return module, fields, literals


_TYPE = _field("type", ("text",), required=True, traits=("repaired",))
_MAX_RETRIES = _field("max_retries", ("number",), required=True)
_BASE_DELAY_SECONDS = _field("base_delay_seconds", ("number",), required=True)
_EXCLUDED_STATUS_CODES = _field(
    "excluded_status_codes",
    ("list of number",),
    traits=("empty is absent", "unordered", "repaired"),
)
_ID = _field("id", ("text",), required=True)
_ORG_ID = _field("org_id", ("text",), required=True)
_CREATED_AT = _field("created_at", ("text",), required=True)
_UPDATED_AT = _field("updated_at", ("text",), required=True)
_STATUS = _field("status", ("text",))
_NAME = _field("name", ("text",), traits=("empty is absent",))
_ASSISTANT_ID = _field("assistant_id", ("text",))
_SQUAD_ID = _field("squad_id", ("text",))
_WORKFLOW_ID = _field("workflow_id", ("text",))
_SERVER = _field("server", ("object",), schemas=("Server",))
_FALLBACK_DESTINATION = _field(
    "fallback_destination",
    ("object",),
    schemas=("TransferDestinationNumber", "TransferDestinationSip"),
)
_HOOKS = _field(
    "hooks",
    ("list of object",),
    schemas=("PhoneNumberHookCallRinging", "PhoneNumberHookCallEnding"),
    traits=("empty is absent",),
)
_NUMBER_E164_CHECK_ENABLED = _field("number_e164_check_enabled", ("flag",), defaults=(True,))
_NUMBER = _field("number", ("text",), traits=("phone number",))
_PROVIDER = _field("provider", ("text",), required=True)
_CREDENTIAL_ID = _field("credential_id", ("text",), required=True)
_TYPE_2 = _field("type", ("text",), required=True)
_MAX_MESSAGES = _field("max_messages", ("number",), required=True)
_NUMBER_2 = _field("number", ("text",), required=True, traits=("phone number",))
_SMS_ENABLED = _field("sms_enabled", ("flag",), defaults=(True,))
_TWILIO_AUTH_TOKEN = _field("twilio_auth_token", ("text",), traits=("secret",))
_TWILIO_API_KEY = _field("twilio_api_key", ("text",), traits=("secret",))
_TWILIO_API_SECRET = _field("twilio_api_secret", ("text",), traits=("secret",))
_TWILIO_ACCOUNT_SID = _field("twilio_account_sid", ("text",), required=True)
_SIP_URI = _field("sip_uri", ("text",), traits=("any case", "url"))
_AUTHENTICATION = _field("authentication", ("object",), schemas=("SipAuthentication",))
_NUMBER_DESIRED_AREA_CODE = _field("number_desired_area_code", ("text",))
_CONTENT = _field("content", ("text",))
_CONTENTS = _field(
    "contents", ("list of object",), schemas=("TextContent",), traits=("empty is absent",)
)
_KEY = _field("key", ("text",), required=True)
_ONE_OF = _field("one_of", ("list of text",), required=True, traits=("unordered", "repaired"))
_STARTS_WITH = _field("starts_with", ("list of text",), required=True, traits=("unordered",))
_ON = _field("on", ("text",), required=True)
_DO = _field(
    "do", ("object",), schemas=("SayPhoneNumberHookAction", "TransferPhoneNumberHookAction")
)
_FILTERS = _field(
    "filters",
    ("list of object",),
    schemas=("PhoneNumberCallEndingHookFilter",),
    traits=("empty is absent",),
)
_DO_2 = _field(
    "do",
    ("list of object",),
    required=True,
    schemas=("SayPhoneNumberHookAction", "TransferPhoneNumberHookAction"),
)
_FILTERS_2 = _field(
    "filters",
    ("list of object",),
    schemas=("PhoneNumberCallRingingHookFilter",),
    traits=("empty is absent",),
)
_EXACT = _field("exact", ("text",), required=True)
_URL = _field("url", ("text",), traits=("url",))
_TIMEOUT_SECONDS = _field("timeout_seconds", ("number",), defaults=(20,))
_CREDENTIAL_ID_2 = _field("credential_id", ("text",))
_HEADERS = _field("headers", ("object",), traits=("empty is absent", "secret"))
_STATIC_IP_ADDRESSES_ENABLED = _field("static_ip_addresses_enabled", ("flag",), defaults=(False,))
_ENCRYPTED_PATHS = _field(
    "encrypted_paths", ("list of text",), traits=("empty is absent", "unordered")
)
_BACKOFF_PLAN = _field("backoff_plan", ("object",), schemas=("BackoffPlan",))
_REALM = _field("realm", ("text",), defaults=("sip.vapi.ai", "sip.eu.vapi.ai"))
_USERNAME = _field("username", ("text",), required=True)
_PASSWORD = _field("password", ("text",), required=True, traits=("secret",))
_MESSAGES = _field("messages", ("list of object",))
_ENABLED = _field("enabled", ("flag",), defaults=(True,))
_TIMEOUT_SECONDS_2 = _field("timeout_seconds", ("number",), defaults=(5,))
_TEXT = _field("text", ("text",), required=True)
_LANGUAGE = _field("language", ("text",), required=True)
_MESSAGE = _field(
    "message",
    ("object", "text"),
    schemas=("CustomMessage",),
    defaults=("Transferring the call now",),
)
_TRANSFER_PLAN = _field(
    "transfer_plan", ("object",), schemas=("TransferPlan",), defaults=({"mode": "blind-transfer"},)
)
_DESCRIPTION = _field("description", ("text",))
_EXTENSION = _field("extension", ("text",))
_CALLER_ID = _field("caller_id", ("text",))
_SIP_URI_2 = _field("sip_uri", ("text",), required=True, traits=("any case", "url"))
_SIP_HEADERS = _field("sip_headers", ("object",), traits=("empty is absent", "secret"))
_MESSAGE_2 = _field("message", ("object", "text"), required=True, schemas=("CustomMessage",))
_END_CALL_ENABLED = _field("end_call_enabled", ("flag",), defaults=(True,))
_DESTINATION = _field(
    "destination", ("object",), schemas=("TransferDestinationNumber", "TransferDestinationSip")
)
_MODE = _field("mode", ("text",), required=True)
_MESSAGE_3 = _field("message", ("object", "text"), schemas=("CustomMessage",))
_TIMEOUT = _field("timeout", ("number",), defaults=(60,))
_SIP_VERB = _field("sip_verb", ("text",), defaults=("refer",), traits=("repaired",))
_DIAL_TIMEOUT = _field("dial_timeout", ("number",), defaults=(60,))
_HOLD_AUDIO_URL = _field("hold_audio_url", ("text",), traits=("url",))
_TRANSFER_COMPLETE_AUDIO_URL = _field("transfer_complete_audio_url", ("text",), traits=("url",))
_CONTEXT_ENGINEERING_PLAN = _field(
    "context_engineering_plan",
    ("object",),
    schemas=(
        "ContextEngineeringPlanLastNMessages",
        "ContextEngineeringPlanNone",
        "ContextEngineeringPlanAll",
    ),
    defaults=({"type": "all"},),
)
_TWIML = _field("twiml", ("text",))
_SUMMARY_PLAN = _field("summary_plan", ("object",), schemas=("SummaryPlan",))
_SIP_HEADERS_IN_REFER_TO_ENABLED = _field(
    "sip_headers_in_refer_to_enabled", ("flag",), defaults=(False,)
)
_FALLBACK_PLAN = _field("fallback_plan", ("object",), schemas=("TransferFallbackPlan",))
_PROVIDER_2 = _field("provider", ("text",))
_NUMBER_3 = _field("number", ("text",))
_TWILIO_ACCOUNT_SID_2 = _field("twilio_account_sid", ("text",))
_Read = (_ID, _ORG_ID, _CREATED_AT, _UPDATED_AT, _STATUS)
_Common = (_NAME, _ASSISTANT_ID, _SQUAD_ID, _WORKFLOW_ID, _SERVER, _FALLBACK_DESTINATION, _HOOKS)
_Byo = (_NUMBER_E164_CHECK_ENABLED, _NUMBER)
_CreateWithCredential = (_NUMBER_2, _CREDENTIAL_ID)
_Twilio = (_SMS_ENABLED, _TWILIO_AUTH_TOKEN, _TWILIO_API_KEY, _TWILIO_API_SECRET)
_Vapi = (_SIP_URI, _AUTHENTICATION)
_Destination = (_MESSAGE, _TRANSFER_PLAN, _NAME, _DESCRIPTION)
_UpdateWithCredential = (_NUMBER_3, _CREDENTIAL_ID_2)
SCHEMAS: Mapping[str, SchemaRow] = {
    "BackoffPlan": _schema(
        "server", (_TYPE, _MAX_RETRIES, _BASE_DELAY_SECONDS, _EXCLUDED_STATUS_CODES)
    ),
    "ByoPhoneNumber": _schema("phone_number", (*_Read, *_Common, *_Byo, _PROVIDER, _CREDENTIAL_ID)),
    "ContextEngineeringPlanAll": _schema("transfer", (_TYPE_2,), type="all"),
    "ContextEngineeringPlanLastNMessages": _schema(
        "transfer", (_TYPE_2, _MAX_MESSAGES), type="lastNMessages"
    ),
    "ContextEngineeringPlanNone": _schema("transfer", (_TYPE_2,), type="none"),
    "CreateByoPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_Byo, _PROVIDER, _CREDENTIAL_ID)
    ),
    "CreateTelnyxPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_CreateWithCredential, _PROVIDER)
    ),
    "CreateTwilioPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_Twilio, _PROVIDER, _NUMBER_2, _TWILIO_ACCOUNT_SID)
    ),
    "CreateVapiPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_Vapi, _PROVIDER, _NUMBER_DESIRED_AREA_CODE)
    ),
    "CreateVonagePhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_CreateWithCredential, _PROVIDER)
    ),
    "CustomMessage": _schema(
        "custom_message", (_TYPE_2, _CONTENT, _CONTENTS), type="custom-message"
    ),
    "PhoneNumberCallEndingHookFilter": _schema(
        "hook", (_TYPE_2, _KEY, _ONE_OF), type="oneOf", key="call.endedReason"
    ),
    "PhoneNumberCallRingingHookFilter": _schema(
        "hook", (_TYPE_2, _KEY, _STARTS_WITH), type="startsWith", key="number"
    ),
    "PhoneNumberHookCallEnding": _schema("hook", (_ON, _DO, _FILTERS), on="call.ending"),
    "PhoneNumberHookCallRinging": _schema("hook", (_ON, _DO_2, _FILTERS_2), on="call.ringing"),
    "SayPhoneNumberHookAction": _schema("hook", (_TYPE_2, _EXACT), type="say"),
    "Server": _schema(
        "server",
        (
            _URL,
            _TIMEOUT_SECONDS,
            _CREDENTIAL_ID_2,
            _HEADERS,
            _STATIC_IP_ADDRESSES_ENABLED,
            _ENCRYPTED_PATHS,
            _BACKOFF_PLAN,
        ),
    ),
    "SipAuthentication": _schema("sip", (_REALM, _USERNAME, _PASSWORD)),
    "SummaryPlan": _schema("transfer", (_MESSAGES, _ENABLED, _TIMEOUT_SECONDS_2)),
    "TelnyxPhoneNumber": _schema(
        "phone_number", (*_Read, *_Common, *_CreateWithCredential, _PROVIDER)
    ),
    "TextContent": _schema("custom_message", (_TYPE_2, _TEXT, _LANGUAGE), type="text"),
    "TransferDestinationNumber": _schema(
        "destination",
        (*_Destination, _TYPE_2, _NUMBER_E164_CHECK_ENABLED, _NUMBER_2, _EXTENSION, _CALLER_ID),
        type="number",
    ),
    "TransferDestinationSip": _schema(
        "destination", (*_Destination, _TYPE_2, _SIP_URI_2, _CALLER_ID, _SIP_HEADERS), type="sip"
    ),
    "TransferFallbackPlan": _schema("transfer", (_MESSAGE_2, _END_CALL_ENABLED)),
    "TransferPhoneNumberHookAction": _schema("hook", (_TYPE_2, _DESTINATION), type="transfer"),
    "TransferPlan": _schema(
        "transfer",
        (
            _MODE,
            _MESSAGE_3,
            _TIMEOUT,
            _SIP_VERB,
            _DIAL_TIMEOUT,
            _HOLD_AUDIO_URL,
            _TRANSFER_COMPLETE_AUDIO_URL,
            _CONTEXT_ENGINEERING_PLAN,
            _TWIML,
            _SUMMARY_PLAN,
            _SIP_HEADERS_IN_REFER_TO_ENABLED,
            _FALLBACK_PLAN,
        ),
    ),
    "TwilioPhoneNumber": _schema(
        "phone_number", (*_Read, *_Common, *_Twilio, _PROVIDER, _NUMBER_2, _TWILIO_ACCOUNT_SID)
    ),
    "UpdateByoPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_Byo, _PROVIDER_2, _CREDENTIAL_ID_2)
    ),
    "UpdateTelnyxPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_UpdateWithCredential, _PROVIDER_2)
    ),
    "UpdateTwilioPhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_Twilio, _PROVIDER_2, _NUMBER_3, _TWILIO_ACCOUNT_SID_2)
    ),
    "UpdateVapiPhoneNumberDTO": _schema("phone_number", (*_Common, *_Vapi, _PROVIDER_2)),
    "UpdateVonagePhoneNumberDTO": _schema(
        "phone_number", (*_Common, *_UpdateWithCredential, _PROVIDER_2)
    ),
    "VapiPhoneNumber": _schema(
        "phone_number", (*_Read, *_Common, *_Vapi, _PROVIDER, _NUMBER_3, _NUMBER_DESIRED_AREA_CODE)
    ),
    "VonagePhoneNumber": _schema(
        "phone_number", (*_Read, *_Common, *_CreateWithCredential, _PROVIDER)
    ),
}
