"""Warnings at preview about resource options and updates."""

from vapi_provider.catalogue.message import Template

CUSTOM_TIMEOUTS = Template(
    "VAPI-CUSTOM-TIMEOUTS",
    "custom_timeouts has no effect: Pulumi does not pass it to dynamic providers. Set "
    "vapi:requestTimeoutSeconds (a request) and vapi:readyTimeoutSeconds (until a bought number is "
    "known)",
)
NOT_CARRIED_OVER = Template(
    "VAPI-NOT-CARRIED-OVER",
    "{change}: values that only the account has there will be lost",
)
MOVED_ITEM = Template(
    "VAPI-MOVED-ITEM",
    "moved from {origin}: values that only the account has there are kept only if the account's "
    "list is still as recorded",
)
