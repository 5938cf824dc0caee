"""Messages about the changes that a preview shows and an update makes."""

from vapi_provider.catalogue.message import Template

REPLACED_BY_ENGINE = Template(
    "VAPI-REPLACED-BY-ENGINE",
    "{resource} will be replaced because the engine was told to (taint, --target-replace, "
    "replacement_trigger, replace_with): its number is released for good, and people may be "
    "calling it. To keep it, withdraw that request (a taint: `pulumi state untaint`)",
)
WILL_BE_REPLACED = Template(
    "VAPI-WILL-BE-REPLACED",
    "{id} will be replaced because of {fields}: it is released for good, and people may be "
    "calling it. To keep it, undo the change",
)
MAY_BE_REPLACED = Template(
    "VAPI-MAY-BE-REPLACED",
    "{id} may be replaced: only if its {field} changes, not known before `up`",
)
MAY_CHANGE = Template(
    "VAPI-MAY-CHANGE", "{id} changes only if {fields} does, which is not known before `up`"
)
ADOPT_ID_OF_ANOTHER = Template(
    "VAPI-ADOPT-ID-OF-ANOTHER",
    "adopt_id is {adopt_id}, but this resource already is {id}: remove adopt_id, or declare the "
    "other number as a resource of its own",
)
ADOPTED_WOULD_BE_REPLACED = Template(
    "VAPI-ADOPTED-WOULD-BE-REPLACED",
    "{fields}: this change replaces the number {id} that adopt_id names: remove adopt_id to let it "
    "go, or undo the change",
)
RECORDED_TWICE = Template(
    "VAPI-RECORDED-TWICE",
    "{id} is recorded for {first} and for {second}: remove one of them from the program; the "
    "number is kept for the other",
)
NO_SUCH_RECORD = Template(
    "VAPI-NO-SUCH-RECORD",
    "{cause}: there is no phone number {id} here: correct the id that `get` names",
)
RELEASED_MEANWHILE = Template("VAPI-RELEASED-MEANWHILE", "{cause}: run `pulumi up` again")
DELETED_OUTSIDE = Template(
    "VAPI-DELETED-OUTSIDE",
    "{cause}: the number was deleted outside, or the key is another account's; run "
    "`pulumi refresh`, then `pulumi up`",
)
