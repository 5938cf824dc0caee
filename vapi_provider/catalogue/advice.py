"""Warnings about declarations that the API accepts. The field's path precedes the text."""

from vapi_provider.catalogue.message import Template

NOBODY_ANSWERS = Template(
    "VAPI-NOBODY-ANSWERS",
    "nobody answers, unless the organization has a server of its own: none of {fields} is set",
)
SEVERAL_ANSWER = Template(
    "VAPI-SEVERAL-ANSWER", "{fields} are set: which one answers is not documented"
)
WORKFLOWS_STOPPED = Template(
    "VAPI-WORKFLOWS-STOPPED",
    "answers nobody: workflows stopped on 2026-08-19; use assistant_id or squad_id",
)
UNUSED_FALLBACK = Template(
    "VAPI-UNUSED-FALLBACK", "is used only where neither assistant_id nor squad_id is set"
)
PROBABLY_NO_UUID = Template("VAPI-PROBABLY-NO-UUID", "is no UUID: the API will probably reject it")
UNAUTHENTICATED_SIP_URI = Template(
    "VAPI-UNAUTHENTICATED-SIP-URI",
    "sip_uri without authentication: anyone who knows the URI may call it",
)
UNUSED_AUTHENTICATION = Template("VAPI-UNUSED-AUTHENTICATION", "does nothing without sip_uri")
OTHER_SIP_HOST = Template(
    "VAPI-OTHER-SIP-HOST", "is not at {host}, the SIP host of region {region}"
)
NO_AREA_CODE = Template("VAPI-NO-AREA-CODE", "{area_code} cannot be a US area code")
UNASSIGNED_NUMBER = Template(
    "VAPI-UNASSIGNED-NUMBER", "{number} is in no range that is known to be assigned: check it"
)
UNUSED_BESIDE_TOKEN = Template("VAPI-UNUSED-BESIDE-TOKEN", "is ignored beside twilio_auth_token")
EMPTY_CREDENTIAL = Template("VAPI-EMPTY-CREDENTIAL", "is empty: is a variable unset?")

SERVER_WITHOUT_CREDENTIAL = Template(
    "VAPI-SERVER-WITHOUT-CREDENTIAL",
    "has neither credential_id nor headers: it cannot tell Vapi's requests from anybody else's",
)
NOTHING_ENCRYPTS = Template(
    "VAPI-NOTHING-ENCRYPTS", "needs credential_id, of a credential with an encryption plan"
)
CREDENTIAL_IN_URL = Template(
    "VAPI-CREDENTIAL-IN-URL",
    "holds a user name or a password, which is shown wherever the URL is",
)
URL_WITHOUT_HOST = Template("VAPI-URL-WITHOUT-HOST", "is no URL with a host: is a variable unset?")

SIP_VERB_WITHOUT_SIP = Template(
    "VAPI-SIP-VERB-WITHOUT-SIP", "is ignored: the destination is no SIP URI"
)
SIP_VERB_BYE = Template(
    "VAPI-SIP-VERB-BYE",
    'is "bye": Vapi hangs up and never calls the destination; use "refer" or "dial"',
)
NEEDS_SIP_VERB_DIAL = Template("VAPI-NEEDS-SIP-VERB-DIAL", 'is used only with {field} "dial"')
CALLER_ID = Template("VAPI-CALLER-ID", "is neither E.164 nor one of {templates}")
TWILIO_ONLY_MODE = Template(
    "VAPI-TWILIO-ONLY-MODE", "{mode} works for calls on Twilio numbers only"
)
UNUSED_IN_MODE = Template("VAPI-UNUSED-IN-MODE", "is ignored in mode {mode}")
LONG_MESSAGE = Template(
    "VAPI-LONG-MESSAGE", "has more than 1000 characters, the most that Vapi documents"
)
NOTHING_SAID = Template("VAPI-NOTHING-SAID", "says nothing: neither content nor contents is set")
UNUSED_CONTENT = Template("VAPI-UNUSED-CONTENT", "is ignored beside contents")

UNUSED_ACTIONS = Template("VAPI-UNUSED-ACTIONS", "runs its first action only")
NO_ACTION = Template("VAPI-NO-ACTION", "has no action: nothing happens")
NO_DESTINATION = Template("VAPI-NO-DESTINATION", "has no destination: the call goes nowhere")
PLUS_MATCHES_NOBODY = Template(
    "VAPI-PLUS-MATCHES-NOBODY", "matches nobody: the caller's number has no + here"
)
