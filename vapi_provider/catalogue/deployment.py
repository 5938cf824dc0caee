"""Messages about a stack's recorded state: foreign code, edits by hand, tainted resources."""

from vapi_provider.catalogue.message import Template

FOREIGN_CODE = Template(
    "VAPI-FOREIGN-CODE",
    "the state of {urn} brings code that is not this package's: {reason}{more}. If it is meant, "
    "set {setting}=<its URN or its type, {type}>",
)
ALLOWED_BY_PATTERN = Template(
    "VAPI-ALLOWED-BY-PATTERN",
    "{setting} has {entry}: write a whole URN or a whole type (package:module:Name), no pattern",
)
STATE_KEY_TWICE = Template(
    "VAPI-STATE-KEY-TWICE",
    "the state names a key twice in one object: it was edited by hand. Remove one of the two, or "
    "restore the state from its backup",
)
TAINTED = Template(
    "VAPI-TAINTED",
    "{name!r} is tainted: the next `up` replaces it, and releases {called} for good. "
    "`pulumi state untaint '{urn}'` keeps it",
)
EMPTY_ATTRIBUTES = Template(
    "VAPI-EMPTY-ATTRIBUTES",
    "{file} is empty, and stack {stack} is locked by {holder}: once no run is at work, "
    "`make unlock` (then `pulumi cancel`) repairs it",
)
