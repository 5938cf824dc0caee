"""Messages about the engine's checkpoints."""

from vapi_provider.catalogue.message import Template

OTHER_RESOURCE = Template(
    "VAPI-OTHER-RESOURCE",
    "{type} {name!r} is not a Vapi resource, and checkpoints are off: the journal could not "
    "restore it after a killed run. Set VAPI_CHECKPOINTS=on",
)
OTHER_DYNAMIC_RESOURCE = Template(
    "VAPI-OTHER-DYNAMIC-RESOURCE",
    "{type} {name!r} has a dynamic provider of its own, and checkpoints are off: the journal could "
    "not restore it after a killed run. Set VAPI_CHECKPOINTS=on and VAPI_ALLOW_PROVIDERS={type}",
)
