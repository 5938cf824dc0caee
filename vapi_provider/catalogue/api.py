"""Messages about requests to Vapi's API and their responses."""

from vapi_provider.catalogue.message import Template

CANNOT_REACH = Template(
    "VAPI-CANNOT-REACH",
    "{request}: cannot reach {url} ({reason}): check the network and vapi:baseUrl",
)
NO_ANSWER = Template(
    "VAPI-NO-ANSWER",
    "{request}: no response from {url} ({reason}): check the network, and run again",
)
ANSWER_TOO_LATE = Template(
    "VAPI-ANSWER-TOO-LATE",
    "{request}: no complete response from {url} within {seconds:g} s: check the network, or raise "
    "vapi:requestTimeoutSeconds",
)
KEY_REFUSED = Template(
    "VAPI-KEY-REFUSED",
    "{refusal}: set vapi:apiKey to a private key of this account and region",
)
KEY_LACKS_PERMISSION = Template(
    "VAPI-KEY-LACKS-PERMISSION",
    "{refusal}: the key lacks the permission, or a firewall blocks the request. Give the key the "
    "permission, or use another network",
)
RATE_LIMITED = Template("VAPI-RATE-LIMITED", "{refusal}: {limit}. Run again later")
API_FAILED = Template("VAPI-API-FAILED", "{refusal}: run again later")
NOT_THE_API = Template("VAPI-NOT-THE-API", "{fault}: check vapi:baseUrl and any proxy")
NOT_FOUND = Template("VAPI-NOT-FOUND", "{refusal}")
REQUEST_REJECTED = Template("VAPI-REQUEST-REJECTED", "{refusal}")
EMBEDDED_ACCOUNT_UNUSABLE = Template(
    "VAPI-EMBEDDED-ACCOUNT-UNUSABLE", "vapi:baseUrl {address}: {cause}"
)
WAITING_TO_RETRY = Template(
    "VAPI-WAITING-TO-RETRY", "waiting {seconds:.0f} s, then trying again: {cause}"
)
