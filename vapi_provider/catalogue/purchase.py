"""Messages about purchases: interrupted ones, lost responses, and records without an owner."""

from vapi_provider.catalogue.message import Template

JOURNAL_NOT_UPDATED = Template(
    "VAPI-JOURNAL-NOT-UPDATED", "{id} was {done}, but the journal was not updated: {cause}"
)
RESPONSE_LOST = Template(
    "VAPI-RESPONSE-LOST",
    "the response to a purchase was lost ({cause}): searching the account for its record for up to "
    "{seconds:.0f} s before the purchase is repeated",
)
OUTCOME_UNKNOWN = Template(
    "VAPI-OUTCOME-UNKNOWN",
    "{cause}: a number may have been created nevertheless. Run again: the journal knows of it, "
    "and the account is searched before anything is bought",
)
ADOPTED_BESIDE_UNFINISHED = Template(
    "VAPI-ADOPTED-BESIDE-UNFINISHED",
    "an interrupted run was creating {created} for this resource: run once without adopt_id, which "
    "takes it over, or resolve it with `recover`; {id} was left as it is",
)
INTERRUPTED_RECORD_HELD = Template(
    "VAPI-INTERRUPTED-RECORD-HELD",
    "an interrupted run created {id} for {resource}, and another resource has it or adopts it: "
    "remove one of the two",
)
WAITING_FOR_OTHER_RUN = Template(
    "VAPI-WAITING-FOR-OTHER-RUN",
    "another run is creating this number, or one that cannot be distinguished from it: waiting",
)
OTHER_RUN_STILL_BUYS = Template(
    "VAPI-OTHER-RUN-STILL-BUYS",
    "another run is still creating this number, or one that cannot be distinguished from it: end "
    "that run, or wait, and run again",
)
WAITING_FOR_LATE_PURCHASE = Template(
    "VAPI-WAITING-FOR-LATE-PURCHASE",
    "an earlier run was killed while it was creating a number: searching the account for its "
    "record for up to {seconds:.0f} s",
)
RENAMED_PURCHASE = Template(
    "VAPI-RENAMED-PURCHASE",
    "{what}. The program no longer declares that resource, and {resource} declares an equal "
    "number: nothing was bought. If the resource was renamed, {advice}; otherwise resolve the "
    "purchase with `python -m vapi_provider recover`",
)
UNDECLARED_PURCHASE = Template(
    "VAPI-UNDECLARED-PURCHASE",
    "{what}. The program no longer declares that resource: resolve the purchase with `recover`",
)
LATE_RECORD = Template(
    "VAPI-LATE-RECORD",
    "a purchase for {resource} was repeated, and its first attempt may have created {id} "
    "({number}) late. No state here holds that record: take it over with adopt_id, or release it",
)
AMBIGUOUS_RECORDS = Template(
    "VAPI-AMBIGUOUS-RECORDS",
    "the response to a purchase was lost, and {several} its result: {records}. Nothing more was "
    "created. If that record is this resource's, {advice}; if no resource has it, release it",
)
BOUGHT_FOR_OTHER_PARENT = Template(
    "VAPI-BOUGHT-FOR-OTHER-PARENT",
    "{id} was bought for a {resource} with {parent}, and no resource of this program holds it so "
    "far: nothing was bought. {alias}. If another resource of that name is declared later, create "
    "this one after it (depends_on); if that one depends on this one, give this one another name",
)
BOUGHT_BUT_NOT_IN_STATE = Template(
    "VAPI-BOUGHT-BUT-NOT-IN-STATE",
    "{id} was bought for this resource and is still in the account, but the state of this run "
    "does not have it (it was edited, moved or restored): nothing was bought. `pulumi refresh` "
    "the stack that holds it, or restore the newer state. {alias}. If the engine was told to "
    "replace it (taint, --target-replace), run it with `make up`, or set "
    "delete_before_replace=True. Only if no stack holds it, adopt_id={id!r}",
)
