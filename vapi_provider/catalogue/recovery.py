"""Messages about the pending operations of a killed run."""

from vapi_provider.catalogue.message import Template

RECORD_NOT_FREE = Template(
    "VAPI-RECORD-NOT-FREE",
    "{id} cannot be taken as {resource}: the account has no number of kind {kind} with that id, or "
    "another resource, purchase or given state holds it. Take one of the ids that `recover` lists",
)
