"""Messages about the account: whose it is, what it already has, and what it does not show."""

from vapi_provider.catalogue.message import Template

ACCOUNT_HAS_IT = Template(
    "VAPI-ACCOUNT-HAS-IT",
    "the account already has {what} (id {id}, created {created_at}): nothing was created. "
    "{advice}; if no resource has it, adopt_id={id!r} takes it over. {given_up}",
)
REPLACED_STILL_HAS_IT = Template(
    "VAPI-REPLACED-STILL-HAS-IT",
    "the account already has {what} (id {id}, created {created_at}): nothing was created. If that "
    "record is the one being replaced, set delete_before_replace=True; if no resource has it, "
    "adopt_id={id!r} takes it over. {given_up}",
)
ANOTHER_RECORD_HAS_IT = Template(
    "VAPI-ANOTHER-RECORD-HAS-IT",
    "the account already has {what} (id {id}, created {created_at}): {changed} was not changed. "
    "{given_up} To swap the values of two resources, {swap}",
)
OTHER_BASE_URL = Template(
    "VAPI-OTHER-BASE-URL",
    "an interrupted run was creating this number in the account at {account}, and this run uses "
    "{url}: run it once more with that vapi:baseUrl or vapi:region, or give the resource another "
    "name",
)
OTHER_ORGANIZATION = Template(
    "VAPI-OTHER-ORGANIZATION",
    "the key belongs to organization {actual}, and this stack's numbers are recorded in "
    "{recorded}. {consequence}: check vapi:apiKey and vapi:region of this stack",
)
EMPTY_ACCOUNT = Template(
    "VAPI-EMPTY-ACCOUNT",
    "the account shows no phone number at all, and this stack's numbers are recorded in "
    "{recorded}, so it may be another account. {consequence}: check vapi:apiKey and vapi:region; "
    "if the account really is empty, set VAPI_CONFIRM_EMPTY_ACCOUNT={organization} in the "
    "environment and run again",
)
STILL_LISTED = Template(
    "VAPI-STILL-LISTED",
    "the API answers 404 for {id}, but the account's list still shows it: the state keeps it. Run "
    "again",
)
NUMBER_NOT_YET_KNOWN = Template(
    "VAPI-NUMBER-NOT-YET-KNOWN",
    "{id} was created, but its phone number is not known after {seconds:g} s (status {status})"
    "{problem}: `pulumi refresh` will find it",
)
NUMBER_BLOCKED = Template(
    "VAPI-NUMBER-BLOCKED",
    "{id} was created, but Vapi has blocked it, so calls will not work: ask Vapi's support and run "
    "again, or delete it in the dashboard; adopt_id={id!r} takes it over as it is",
)
UNKNOWN_SECRET = Template(
    "VAPI-UNKNOWN-SECRET",
    "a request would send a secret whose value only the account knows (changed outside of this "
    "stack, or imported and never shown): declare the secret, or put the whole field that contains "
    "it under ignore_changes",
)
KEPT_OUTSIDE_CHANGE = Template(
    "VAPI-KEPT-OUTSIDE-CHANGE", "{id}: {path}: changed outside since the last refresh, kept"
)
VALUE_MAY_BE_LOST = Template("VAPI-VALUE-MAY-BE-LOST", "{id}: {loss}")
VALUE_LOST = Template(
    "VAPI-VALUE-LOST",
    "{id}: {path}: the account does not show it, so it could not be carried over and may be gone "
    "now: set it again, or declare headers or credential_id",
)
