"""Messages about the pending operations of a killed run."""

from vapi_provider.catalogue.message import Template

RECORD_NOT_FREE = Template(
    "VAPI-RECORD-NOT-FREE",
    "{id} cannot be taken as {resource}: the account has no such number of kind {kind} that no "
    "other resource, purchase or given state holds. Take one of the ids that `recover` lists",
)
