"""Violations of `vapi:guards`: one code a rule."""

from vapi_provider.catalogue.message import Template

GUARD_FALLBACK = Template(
    "VAPI-GUARD-FALLBACK", "fallback_destination: {reason} (rule fallback of vapi:guards)"
)
GUARD_ENDING_HOOK = Template(
    "VAPI-GUARD-ENDING-HOOK",
    "hooks: a call.ending hook is needed that acts on {endings} (rule ending-hook of vapi:guards)",
)
GUARD_PROTECTED = Template(
    "VAPI-GUARD-PROTECTED", "opts: protect=True is needed (rule protected of vapi:guards)"
)
GUARD_SIP_AUTHENTICATION = Template(
    "VAPI-GUARD-SIP-AUTHENTICATION",
    "authentication: a SIP URI needs it (rule sip-authentication of vapi:guards)",
)
GUARD_SERVER_CREDENTIAL = Template(
    "VAPI-GUARD-SERVER-CREDENTIAL",
    "server: needs credential_id or headers (rule server-credential of vapi:guards)",
)
REFUSED_BY_GUARDS = Template(
    "VAPI-REFUSED-BY-GUARDS",
    "is refused by vapi:guards: see the program's errors",
)
