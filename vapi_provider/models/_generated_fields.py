"""Every schema's fields as data, written from the models by `make docs`: change those, not this.

A field: its name, whether it is required, the schemas of its values, documented defaults, traits,
and the JSON types of its values. A schema: the module of its model, the literals that tell it from
its neighbours, and its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FieldRow = tuple[str, bool, tuple[str, ...], tuple[Any, ...], tuple[str, ...], tuple[str, ...]]

_TYPE = ("type", True, (), (), ("repaired",), ("text",))
_MAX_RETRIES = ("max_retries", True, (), (), (), ("number",))
_BASE_DELAY_SECONDS = ("base_delay_seconds", True, (), (), (), ("number",))
_EXCLUDED_STATUS_CODES = (
    "excluded_status_codes",
    False,
    (),
    (),
    ("empty is absent", "unordered", "repaired"),
    ("list of number",),
)
_ID = ("id", True, (), (), (), ("text",))
_ORG_ID = ("org_id", True, (), (), (), ("text",))
_CREATED_AT = ("created_at", True, (), (), (), ("text",))
_UPDATED_AT = ("updated_at", True, (), (), (), ("text",))
_STATUS = ("status", False, (), (), (), ("text",))
_NAME = ("name", False, (), (), ("empty is absent",), ("text",))
_ASSISTANT_ID = ("assistant_id", False, (), (), (), ("text",))
_SQUAD_ID = ("squad_id", False, (), (), (), ("text",))
_WORKFLOW_ID = ("workflow_id", False, (), (), (), ("text",))
_SERVER = ("server", False, ("Server",), (), (), ("object",))
_FALLBACK_DESTINATION = (
    "fallback_destination",
    False,
    ("TransferDestinationNumber", "TransferDestinationSip"),
    (),
    (),
    ("object",),
)
_HOOKS = (
    "hooks",
    False,
    ("PhoneNumberHookCallRinging", "PhoneNumberHookCallEnding"),
    (),
    ("empty is absent",),
    ("list of object",),
)
_NUMBER_E164_CHECK_ENABLED = ("number_e164_check_enabled", False, (), (True,), (), ("flag",))
_NUMBER = ("number", False, (), (), ("phone number",), ("text",))
_PROVIDER = ("provider", True, (), (), (), ("text",))
_CREDENTIAL_ID = ("credential_id", True, (), (), (), ("text",))
_TYPE_2 = ("type", True, (), (), (), ("text",))
_MAX_MESSAGES = ("max_messages", True, (), (), (), ("number",))
_NUMBER_2 = ("number", True, (), (), ("phone number",), ("text",))
_SMS_ENABLED = ("sms_enabled", False, (), (True,), (), ("flag",))
_TWILIO_AUTH_TOKEN = ("twilio_auth_token", False, (), (), ("secret",), ("text",))
_TWILIO_API_KEY = ("twilio_api_key", False, (), (), ("secret",), ("text",))
_TWILIO_API_SECRET = ("twilio_api_secret", False, (), (), ("secret",), ("text",))
_TWILIO_ACCOUNT_SID = ("twilio_account_sid", True, (), (), (), ("text",))
_SIP_URI = ("sip_uri", False, (), (), ("any case", "url"), ("text",))
_AUTHENTICATION = ("authentication", False, ("SipAuthentication",), (), (), ("object",))
_NUMBER_DESIRED_AREA_CODE = ("number_desired_area_code", False, (), (), (), ("text",))
_CONTENT = ("content", False, (), (), (), ("text",))
_CONTENTS = ("contents", False, ("TextContent",), (), ("empty is absent",), ("list of object",))
_KEY = ("key", True, (), (), (), ("text",))
_ONE_OF = ("one_of", True, (), (), ("unordered", "repaired"), ("list of text",))
_STARTS_WITH = ("starts_with", True, (), (), ("unordered",), ("list of text",))
_ON = ("on", True, (), (), (), ("text",))
_DO = (
    "do",
    False,
    ("SayPhoneNumberHookAction", "TransferPhoneNumberHookAction"),
    (),
    (),
    ("object",),
)
_FILTERS = (
    "filters",
    False,
    ("PhoneNumberCallEndingHookFilter",),
    (),
    ("empty is absent",),
    ("list of object",),
)
_DO_2 = (
    "do",
    True,
    ("SayPhoneNumberHookAction", "TransferPhoneNumberHookAction"),
    (),
    (),
    ("list of object",),
)
_FILTERS_2 = (
    "filters",
    False,
    ("PhoneNumberCallRingingHookFilter",),
    (),
    ("empty is absent",),
    ("list of object",),
)
_EXACT = ("exact", True, (), (), (), ("text",))
_URL = ("url", False, (), (), ("url",), ("text",))
_TIMEOUT_SECONDS = ("timeout_seconds", False, (), (20,), (), ("number",))
_CREDENTIAL_ID_2 = ("credential_id", False, (), (), (), ("text",))
_HEADERS = ("headers", False, (), (), ("empty is absent", "secret"), ("object",))
_STATIC_IP_ADDRESSES_ENABLED = ("static_ip_addresses_enabled", False, (), (False,), (), ("flag",))
_ENCRYPTED_PATHS = (
    "encrypted_paths",
    False,
    (),
    (),
    ("empty is absent", "unordered"),
    ("list of text",),
)
_BACKOFF_PLAN = ("backoff_plan", False, ("BackoffPlan",), (), (), ("object",))
_REALM = ("realm", False, (), ("sip.vapi.ai", "sip.eu.vapi.ai"), (), ("text",))
_USERNAME = ("username", True, (), (), (), ("text",))
_PASSWORD = ("password", True, (), (), ("secret",), ("text",))
_MESSAGES = ("messages", False, (), (), (), ("list of object",))
_ENABLED = ("enabled", False, (), (True,), (), ("flag",))
_TIMEOUT_SECONDS_2 = ("timeout_seconds", False, (), (5,), (), ("number",))
_TEXT = ("text", True, (), (), (), ("text",))
_LANGUAGE = ("language", True, (), (), (), ("text",))
_MESSAGE = (
    "message",
    False,
    ("CustomMessage",),
    ("Transferring the call now",),
    (),
    ("object", "text"),
)
_TRANSFER_PLAN = (
    "transfer_plan",
    False,
    ("TransferPlan",),
    ({"mode": "blind-transfer"},),
    (),
    ("object",),
)
_DESCRIPTION = ("description", False, (), (), (), ("text",))
_EXTENSION = ("extension", False, (), (), (), ("text",))
_CALLER_ID = ("caller_id", False, (), (), (), ("text",))
_SIP_URI_2 = ("sip_uri", True, (), (), ("any case", "url"), ("text",))
_SIP_HEADERS = ("sip_headers", False, (), (), ("empty is absent", "secret"), ("object",))
_MESSAGE_2 = ("message", True, ("CustomMessage",), (), (), ("object", "text"))
_END_CALL_ENABLED = ("end_call_enabled", False, (), (True,), (), ("flag",))
_DESTINATION = (
    "destination",
    False,
    ("TransferDestinationNumber", "TransferDestinationSip"),
    (),
    (),
    ("object",),
)
_MODE = ("mode", True, (), (), (), ("text",))
_MESSAGE_3 = ("message", False, ("CustomMessage",), (), (), ("object", "text"))
_TIMEOUT = ("timeout", False, (), (60,), (), ("number",))
_SIP_VERB = ("sip_verb", False, (), ("refer",), ("repaired",), ("text",))
_DIAL_TIMEOUT = ("dial_timeout", False, (), (60,), (), ("number",))
_HOLD_AUDIO_URL = ("hold_audio_url", False, (), (), ("url",), ("text",))
_TRANSFER_COMPLETE_AUDIO_URL = ("transfer_complete_audio_url", False, (), (), ("url",), ("text",))
_CONTEXT_ENGINEERING_PLAN = (
    "context_engineering_plan",
    False,
    (
        "ContextEngineeringPlanLastNMessages",
        "ContextEngineeringPlanNone",
        "ContextEngineeringPlanAll",
    ),
    ({"type": "all"},),
    (),
    ("object",),
)
_TWIML = ("twiml", False, (), (), (), ("text",))
_SUMMARY_PLAN = ("summary_plan", False, ("SummaryPlan",), (), (), ("object",))
_SIP_HEADERS_IN_REFER_TO_ENABLED = (
    "sip_headers_in_refer_to_enabled",
    False,
    (),
    (False,),
    (),
    ("flag",),
)
_FALLBACK_PLAN = ("fallback_plan", False, ("TransferFallbackPlan",), (), (), ("object",))
_PROVIDER_2 = ("provider", False, (), (), (), ("text",))
_NUMBER_3 = ("number", False, (), (), (), ("text",))
_TWILIO_ACCOUNT_SID_2 = ("twilio_account_sid", False, (), (), (), ("text",))
SCHEMAS: Mapping[str, tuple[str, Mapping[str, str], tuple[FieldRow, ...]]] = {
    "BackoffPlan": (
        "server",
        {},
        (
            _TYPE,
            _MAX_RETRIES,
            _BASE_DELAY_SECONDS,
            _EXCLUDED_STATUS_CODES,
        ),
    ),
    "ByoPhoneNumber": (
        "phone_number",
        {},
        (
            _ID,
            _ORG_ID,
            _CREATED_AT,
            _UPDATED_AT,
            _STATUS,
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_E164_CHECK_ENABLED,
            _NUMBER,
            _PROVIDER,
            _CREDENTIAL_ID,
        ),
    ),
    "ContextEngineeringPlanAll": ("transfer", {"type": "all"}, (_TYPE_2,)),
    "ContextEngineeringPlanLastNMessages": (
        "transfer",
        {"type": "lastNMessages"},
        (
            _TYPE_2,
            _MAX_MESSAGES,
        ),
    ),
    "ContextEngineeringPlanNone": ("transfer", {"type": "none"}, (_TYPE_2,)),
    "CreateByoPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_E164_CHECK_ENABLED,
            _NUMBER,
            _PROVIDER,
            _CREDENTIAL_ID,
        ),
    ),
    "CreateTelnyxPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_2,
            _CREDENTIAL_ID,
            _PROVIDER,
        ),
    ),
    "CreateTwilioPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _SMS_ENABLED,
            _TWILIO_AUTH_TOKEN,
            _TWILIO_API_KEY,
            _TWILIO_API_SECRET,
            _PROVIDER,
            _NUMBER_2,
            _TWILIO_ACCOUNT_SID,
        ),
    ),
    "CreateVapiPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _SIP_URI,
            _AUTHENTICATION,
            _PROVIDER,
            _NUMBER_DESIRED_AREA_CODE,
        ),
    ),
    "CreateVonagePhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_2,
            _CREDENTIAL_ID,
            _PROVIDER,
        ),
    ),
    "CustomMessage": (
        "custom_message",
        {"type": "custom-message"},
        (
            _TYPE_2,
            _CONTENT,
            _CONTENTS,
        ),
    ),
    "PhoneNumberCallEndingHookFilter": (
        "hook",
        {"type": "oneOf"},
        (
            _TYPE_2,
            _KEY,
            _ONE_OF,
        ),
    ),
    "PhoneNumberCallRingingHookFilter": (
        "hook",
        {"type": "startsWith"},
        (
            _TYPE_2,
            _KEY,
            _STARTS_WITH,
        ),
    ),
    "PhoneNumberHookCallEnding": (
        "hook",
        {"on": "call.ending"},
        (
            _ON,
            _DO,
            _FILTERS,
        ),
    ),
    "PhoneNumberHookCallRinging": (
        "hook",
        {"on": "call.ringing"},
        (
            _ON,
            _DO_2,
            _FILTERS_2,
        ),
    ),
    "SayPhoneNumberHookAction": (
        "hook",
        {"type": "say"},
        (
            _TYPE_2,
            _EXACT,
        ),
    ),
    "Server": (
        "server",
        {},
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
    "SipAuthentication": (
        "sip",
        {},
        (
            _REALM,
            _USERNAME,
            _PASSWORD,
        ),
    ),
    "SummaryPlan": (
        "transfer",
        {},
        (
            _MESSAGES,
            _ENABLED,
            _TIMEOUT_SECONDS_2,
        ),
    ),
    "TelnyxPhoneNumber": (
        "phone_number",
        {},
        (
            _ID,
            _ORG_ID,
            _CREATED_AT,
            _UPDATED_AT,
            _STATUS,
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_2,
            _CREDENTIAL_ID,
            _PROVIDER,
        ),
    ),
    "TextContent": (
        "custom_message",
        {"type": "text"},
        (
            _TYPE_2,
            _TEXT,
            _LANGUAGE,
        ),
    ),
    "TransferDestinationNumber": (
        "destination",
        {"type": "number"},
        (
            _MESSAGE,
            _TRANSFER_PLAN,
            _NAME,
            _DESCRIPTION,
            _TYPE_2,
            _NUMBER_E164_CHECK_ENABLED,
            _NUMBER_2,
            _EXTENSION,
            _CALLER_ID,
        ),
    ),
    "TransferDestinationSip": (
        "destination",
        {"type": "sip"},
        (
            _MESSAGE,
            _TRANSFER_PLAN,
            _NAME,
            _DESCRIPTION,
            _TYPE_2,
            _SIP_URI_2,
            _CALLER_ID,
            _SIP_HEADERS,
        ),
    ),
    "TransferFallbackPlan": (
        "transfer",
        {},
        (
            _MESSAGE_2,
            _END_CALL_ENABLED,
        ),
    ),
    "TransferPhoneNumberHookAction": (
        "hook",
        {"type": "transfer"},
        (
            _TYPE_2,
            _DESTINATION,
        ),
    ),
    "TransferPlan": (
        "transfer",
        {},
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
    "TwilioPhoneNumber": (
        "phone_number",
        {},
        (
            _ID,
            _ORG_ID,
            _CREATED_AT,
            _UPDATED_AT,
            _STATUS,
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _SMS_ENABLED,
            _TWILIO_AUTH_TOKEN,
            _TWILIO_API_KEY,
            _TWILIO_API_SECRET,
            _PROVIDER,
            _NUMBER_2,
            _TWILIO_ACCOUNT_SID,
        ),
    ),
    "UpdateByoPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_E164_CHECK_ENABLED,
            _NUMBER,
            _PROVIDER_2,
            _CREDENTIAL_ID_2,
        ),
    ),
    "UpdateTelnyxPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_3,
            _CREDENTIAL_ID_2,
            _PROVIDER_2,
        ),
    ),
    "UpdateTwilioPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _SMS_ENABLED,
            _TWILIO_AUTH_TOKEN,
            _TWILIO_API_KEY,
            _TWILIO_API_SECRET,
            _PROVIDER_2,
            _NUMBER_3,
            _TWILIO_ACCOUNT_SID_2,
        ),
    ),
    "UpdateVapiPhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _SIP_URI,
            _AUTHENTICATION,
            _PROVIDER_2,
        ),
    ),
    "UpdateVonagePhoneNumberDTO": (
        "phone_number",
        {},
        (
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_3,
            _CREDENTIAL_ID_2,
            _PROVIDER_2,
        ),
    ),
    "VapiPhoneNumber": (
        "phone_number",
        {},
        (
            _ID,
            _ORG_ID,
            _CREATED_AT,
            _UPDATED_AT,
            _STATUS,
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _SIP_URI,
            _AUTHENTICATION,
            _PROVIDER,
            _NUMBER_3,
            _NUMBER_DESIRED_AREA_CODE,
        ),
    ),
    "VonagePhoneNumber": (
        "phone_number",
        {},
        (
            _ID,
            _ORG_ID,
            _CREATED_AT,
            _UPDATED_AT,
            _STATUS,
            _NAME,
            _ASSISTANT_ID,
            _SQUAD_ID,
            _WORKFLOW_ID,
            _SERVER,
            _FALLBACK_DESTINATION,
            _HOOKS,
            _NUMBER_2,
            _CREDENTIAL_ID,
            _PROVIDER,
        ),
    ),
}
