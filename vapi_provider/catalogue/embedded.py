"""Messages of the embedded account where it is opened; its API's answers imitate Vapi's."""

from vapi_provider.catalogue.message import Template

EMBEDDED_FILE = Template("VAPI-EMBEDDED-FILE", "{path}: {reason}")
EMBEDDED_QUERY = Template("VAPI-EMBEDDED-QUERY", "after ? may come {names}, not {name!r}")
EMBEDDED_SEED = Template("VAPI-EMBEDDED-SEED", "seed must be a whole number, not {seed!r}")
EMBEDDED_REGION = Template(
    "VAPI-EMBEDDED-REGION", "region must be one of {regions}, not {region!r}"
)
EMBEDDED_HOST = Template(
    "VAPI-EMBEDDED-HOST", "host must be a loopback address such as 127.0.0.1, not {host!r}"
)
EMBEDDED_PORT = Template("VAPI-EMBEDDED-PORT", "cannot listen on {address} port {port}: {reason}")
SWITCH_UNKNOWN = Template("VAPI-SWITCH-UNKNOWN", "there is no switch {name!r}; switches: {names}")
SWITCH_VALUE = Template("VAPI-SWITCH-VALUE", "switch {name} {reason}")
FAULT_FORM = Template("VAPI-FAULT-FORM", "fault {fault!r}{reason}")
