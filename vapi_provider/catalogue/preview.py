"""Warnings at preview about resource options and updates."""

from __future__ import annotations

from vapi_provider.catalogue.message import Template

CUSTOM_TIMEOUTS = Template(
    "VAPI-CUSTOM-TIMEOUTS",
    "custom_timeouts has no effect: Pulumi hands it to no dynamic provider. Set "
    "vapi:requestTimeoutSeconds (a request) and vapi:readyTimeoutSeconds (until a number is "
    "active)",
)
NOT_CARRIED_OVER = Template(
    "VAPI-NOT-CARRIED-OVER",
    "{change}: what the account has there beyond the declaration is not carried over",
)
MOVED_ITEM = Template(
    "VAPI-MOVED-ITEM",
    "moved from {origin}: what the account has there beyond the declaration goes along only if "
    "its list is still as recorded",
)
