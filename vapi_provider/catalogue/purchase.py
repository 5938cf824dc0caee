"""Messages about purchases: interrupted ones, lost responses, and records without an owner."""

from vapi_provider.catalogue.message import Template

JOURNAL_NOT_UPDATED = Template(
    "VAPI-JOURNAL-NOT-UPDATED", "{id} was {done}, but the journal was not updated: {cause}"
)
RESPONSE_LOST = Template(
    "VAPI-RESPONSE-LOST",
    "the answer to a purchase was lost ({cause}): looking for up to {seconds:.0f} s for what it "
    "created, before it is sent again",
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
    "another run is creating this number, or one like it: waiting",
)
OTHER_RUN_STILL_BUYS = Template(
    "VAPI-OTHER-RUN-STILL-BUYS",
    "another run is still creating this number, or one like it: end it, or wait, and run again",
)
WAITING_FOR_LATE_PURCHASE = Template(
    "VAPI-WAITING-FOR-LATE-PURCHASE",
    "an earlier run was killed while it was creating a number: looking for up to "
    "{seconds:.0f} s for the record",
)
RENAMED_PURCHASE = Template(
    "VAPI-RENAMED-PURCHASE",
    "{what}, which the program does not declare, and {resource} asks for the same: nothing was "
    "bought. If it was renamed, {advice}; otherwise resolve it with "
    "`python -m vapi_provider recover`",
)
UNDECLARED_PURCHASE = Template(
    "VAPI-UNDECLARED-PURCHASE",
    "{what}, which the program does not declare: resolve it with `recover`",
)
LATE_RECORD = Template(
    "VAPI-LATE-RECORD",
    "{id} ({number}) may be what a purchase for {resource} created late, after it was sent "
    "again: no state here holds it. Take it over with adopt_id, or release it",
)
AMBIGUOUS_RECORDS = Template(
    "VAPI-AMBIGUOUS-RECORDS",
    "an answer was lost, and {several} what it created: {records}. Nothing more was created: if it "
    "is this resource's, {advice}; if it is nobody's, release it",
)
BOUGHT_FOR_OTHER_PARENT = Template(
    "VAPI-BOUGHT-FOR-OTHER-PARENT",
    "{id} was bought for a {resource} with {parent}, and no resource of this program holds it so "
    "far: nothing was bought. {alias}; if the program declares its holder later, let this resource "
    "come after it (depends_on), or, where the holder depends on this one, give this one another "
    "name",
)
BOUGHT_BUT_NOT_IN_STATE = Template(
    "VAPI-BOUGHT-BUT-NOT-IN-STATE",
    "{id} was bought for this resource and is still in the account, but the state of this run "
    "does not have it (it was edited, moved or restored): nothing was bought. `pulumi refresh` "
    "the stack that holds it, or restore the newer state. {alias}. If the engine was told to "
    "replace it (taint, --target-replace), run it with `make up`, or set "
    "delete_before_replace=True. Only if no stack holds it, adopt_id={id!r}",
)
