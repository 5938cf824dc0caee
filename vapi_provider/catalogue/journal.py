"""Messages about the journal of purchases: its store, its versions, and concurrent runs."""

from vapi_provider.catalogue.message import Template

JOURNAL_UNREACHABLE = Template(
    "VAPI-JOURNAL-UNREACHABLE",
    "the journal {place} cannot be reached ({cause}): nothing was bought or released. Try again, "
    "or set VAPI_JOURNAL to a store or file that can be reached",
)
JOURNAL_UNUSABLE = Template(
    "VAPI-JOURNAL-UNUSABLE",
    "the journal {file} cannot be used ({cause}): nothing was bought or released. Make room, "
    "or set VAPI_JOURNAL to a file that can be written",
)
JOURNAL_OF_LATER_VERSION = Template(
    "VAPI-JOURNAL-OF-LATER-VERSION",
    "the journal {place} was written by a later version of this package: install that version, or "
    "set VAPI_JOURNAL to another place",
)
NOT_A_JOURNAL = Template(
    "VAPI-NOT-A-JOURNAL",
    "the journal {place} cannot be read: something else has written there. Set VAPI_JOURNAL to "
    "another place",
)
STORE_WITHOUT_CONDITIONS = Template(
    "VAPI-STORE-WITHOUT-CONDITIONS",
    "the store {place} takes a second conditional put of one name, so two runs could buy one "
    "number: nothing was bought. Set VAPI_JOURNAL=<path> for a journal in a file of this machine, "
    "or use a store with conditional puts",
)
LEASE_LOST = Template(
    "VAPI-LEASE-LOST",
    "the journal {place} was too slow: another run may have taken over what this run began, so "
    "nothing more was bought. Run again",
)
JOURNAL_CHANGED = Template(
    "VAPI-JOURNAL-CHANGED",
    "another run is creating this number, or one that cannot be distinguished from it: nothing "
    "was bought. Run again",
)
INTENT_WITHOUT_BACKEND = Template(
    "VAPI-INTENT-WITHOUT-BACKEND",
    "an interrupted run, with no PULUMI_BACKEND_URL in its environment, was creating this number: "
    "run once more without PULUMI_BACKEND_URL, so that the number is not bought twice",
)
