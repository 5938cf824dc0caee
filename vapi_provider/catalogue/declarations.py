"""Refused declarations: one code a rule, whichever field breaks it; its path precedes the text."""

from vapi_provider.catalogue.message import Template

REQUIRED = Template("VAPI-REQUIRED", "is required")
WRONG_TYPE = Template("VAPI-WRONG-TYPE", "must be {type}")
TOO_SHORT = Template("VAPI-TOO-SHORT", "must have at least {min_length} characters")
TOO_LONG = Template("VAPI-TOO-LONG", "must have at most {max_length} characters")
TOO_MANY_ITEMS = Template("VAPI-TOO-MANY-ITEMS", "must have at most {max_length} items")
TOO_SMALL = Template("VAPI-TOO-SMALL", "must be {ge:g} or more")
TOO_LARGE = Template("VAPI-TOO-LARGE", "must be {le:g} or less")
NOT_FINITE = Template("VAPI-NOT-FINITE", "must be a finite number")
NOT_ALLOWED = Template("VAPI-NOT-ALLOWED", "must be {expected}")
INVALID_VALUE = Template("VAPI-INVALID-VALUE", "{reason}")

MISSPELLED_FIELD = Template("VAPI-MISSPELLED-FIELD", "is spelled {name} here")
UNKNOWN_FIELD = Template("VAPI-UNKNOWN-FIELD", "is not a field of {schema}: {hint}")
IGNORED_PATH = Template("VAPI-IGNORED-PATH", "ignore_changes: {path!r}: {problem}")

GIVEN_BY_CLASS = Template("VAPI-GIVEN-BY-CLASS", "is given by the class: leave it out")
NOT_A_RECORD_ID = Template("VAPI-NOT-A-RECORD-ID", "must be the id of a phone number")
NOT_A_UUID = Template("VAPI-NOT-A-UUID", "must be a UUID")
NOT_E164 = Template("VAPI-NOT-E164", "must be E.164, such as +14155550123: {problem}")
NOT_ALPHANUMERIC = Template(
    "VAPI-NOT-ALPHANUMERIC", "must be letters and digits only, after an optional +"
)
NOT_HTTPS = Template("VAPI-NOT-HTTPS", "must be an https:// URL")
NOT_A_SIP_URI = Template("VAPI-NOT-A-SIP-URI", "must be a SIP URI such as sip:support@sip.vapi.ai")
INCOMPLETE_SIP_URI = Template(
    "VAPI-INCOMPLETE-SIP-URI", "has no user before the @, or no host: is a variable unset?"
)
INCOMPLETE_CREDENTIAL = Template(
    "VAPI-INCOMPLETE-CREDENTIAL", "is a scheme without a credential: is a variable unset?"
)
NEITHER_AREA_CODE_NOR_SIP_URI = Template(
    "VAPI-NEITHER-AREA-CODE-NOR-SIP-URI",
    "at least one of number_desired_area_code, sip_uri must be given",
)
NO_TWILIO_CREDENTIALS = Template(
    "VAPI-NO-TWILIO-CREDENTIALS",
    "twilio_auth_token, or twilio_api_key and twilio_api_secret, must be given",
)

EMPTY_TEXT = Template(
    "VAPI-EMPTY-TEXT", "is empty: is a variable unset? Leave the field out to have none"
)
UNSET_VARIABLE = Template(
    "VAPI-UNSET-VARIABLE", "has {word} in place of a value: is a variable unset?"
)
TRAILING_LINE_BREAK = Template(
    "VAPI-TRAILING-LINE-BREAK", "ends in a line break, as the content of a file does: strip it"
)
CONTROL_CHARACTER = Template(
    "VAPI-CONTROL-CHARACTER", "has a control character (a line break, a tab) in it"
)
HEADER_NAME = Template(
    "VAPI-HEADER-NAME", "the name of header {number} is empty or has a character that HTTP forbids"
)
ROUNDED_NUMBER = Template(
    "VAPI-ROUNDED-NUMBER",
    "is a whole number beyond 2^53, which the engine rounds: write it as text",
)
NO_LONGER_ACCEPTED = Template(
    "VAPI-NO-LONGER-ACCEPTED",
    "{problems}: the API no longer accepts what is recorded, declare another value",
)
