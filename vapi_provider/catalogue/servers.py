"""Messages about customers' servers: arguments of `probe`, and server messages that are invalid.

The findings of a probe have codes of their own (docs/probe.md).
"""

from vapi_provider.catalogue.message import Template

MESSAGE_INVALID = Template("VAPI-MESSAGE-INVALID", "{problems}")

PROBE_URL = Template(
    "VAPI-PROBE-URL", "this is no URL: pass https://<host>/<path>, or http:// for tests"
)
PROBE_URL_PASSWORD = Template(
    "VAPI-PROBE-URL-PASSWORD",
    "the URL holds a user name or password, which process lists and logs would show: pass a header "
    "instead (`--header NAME=env:VARIABLE`)",
)
PROBE_IN_CLEAR = Template(
    "VAPI-PROBE-IN-CLEAR",
    "a secret would go to {url} in clear: use https:// (http:// is for this machine only)",
)

PROBE_TARGET = Template("VAPI-PROBE-TARGET", "pass a URL, or `--stack` and `--number`")
PROBE_NUMBER = Template(
    "VAPI-PROBE-NUMBER", "`--stack` and `--number` belong together: pass both or neither"
)
PROBE_NUMBER_MISSING = Template(
    "VAPI-PROBE-NUMBER-MISSING", "the stack has no number {name!r}; it has: {names}"
)
PROBE_NUMBER_ENCRYPTED = Template(
    "VAPI-PROBE-NUMBER-ENCRYPTED", "a required field of {name} is encrypted in the state"
)
PROBE_SERVER_MISSING = Template(
    "VAPI-PROBE-SERVER-MISSING", "{name} declares no server: declare one, or pass a URL"
)
PROBE_TEXT = Template(
    "VAPI-PROBE-TEXT", "--text holds bytes that are no characters in this terminal's encoding"
)
PROBE_SAVE = Template("VAPI-PROBE-SAVE", "--save {folder}: {reason}")

PROBE_SECRET_FORM = Template(
    "VAPI-PROBE-SECRET-FORM",
    "a secret on a command line is visible to others: pass env:VARIABLE or file:PATH instead",
)
PROBE_SECRET_MISSING = Template("VAPI-PROBE-SECRET-MISSING", "the secret's {place} {reason}")
PROBE_SECRET_AMBIGUOUS = Template(
    "VAPI-PROBE-SECRET-AMBIGUOUS",
    "{variable} could be meant for {names}: the secret of one would go to the servers of the "
    "others. Nothing was sent. Probe them one by one (`probe server --stack … --number …`), or "
    "give them names that differ in letters and digits",
)
PROBE_HEADER = Template("VAPI-PROBE-HEADER", "header {name!r} {reason}")
PROBE_HMAC = Template("VAPI-PROBE-HMAC", "{option}: {reason}")
