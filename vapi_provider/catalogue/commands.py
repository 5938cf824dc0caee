"""Messages of the commands: Pulumi's own CLI, exported states, stacks, `preview` and `recover`."""

from vapi_provider.catalogue.message import Template

PULUMI_MISSING = Template(
    "VAPI-PULUMI-MISSING",
    'no pulumi on PATH: run `eval "$(make -s env)"` in the project\'s folder',
)
PULUMI_FAILED = Template("VAPI-PULUMI-FAILED", "pulumi {command}: {reason}")
PULUMI_OUTPUT = Template("VAPI-PULUMI-OUTPUT", "pulumi {command}: the answer is not {form}")
STACK_MISSING = Template("VAPI-STACK-MISSING", "pulumi {command}: {reason}")
STACK_NAME = Template("VAPI-STACK-NAME", "the stack's name is {reason}: is a variable not set?")
STACK_WITHOUT_PROJECT = Template(
    "VAPI-STACK-WITHOUT-PROJECT",
    "stack {stack} has no project in its name: run `pulumi state upgrade`",
)
STACKS_NEEDED = Template("VAPI-STACKS-NEEDED", "pass at least one `--stack` or `--state`")
READING_STACKS = Template(
    "VAPI-READING-STACKS",
    "an interrupted run may have created numbers that other stacks hold by now: reading {count} "
    "stacks",
)
STACK_UNREADABLE = Template(
    "VAPI-STACK-UNREADABLE", "the numbers of {stack} cannot be read: {cause}"
)

NOT_EXPORTED = Template(
    "VAPI-NOT-EXPORTED",
    "{file} is no exported state ({reason}): write it with `pulumi stack export`",
)
STATE_CHANGED = Template(
    "VAPI-STATE-CHANGED",
    "another run has changed the state meanwhile: run `{command}` again",
)
BACKUP_FAILED = Template(
    "VAPI-BACKUP-FAILED",
    "nothing changed, because the state's backup cannot be written to {folder}: {cause}",
)
PENDING_OPERATIONS = Template(
    "VAPI-PENDING-OPERATIONS",
    "{stack} has pending operations of a killed run, and what they created may be in no state "
    "yet: run `recover` for it first",
)

PREVIEW_BESIDE_PENDING = Template(
    "VAPI-PREVIEW-BESIDE-PENDING",
    "this preview assumes that the {number} pending operations of a killed run did nothing. `make "
    "up` resolves them first: it may then also change, replace or release what they created, skip "
    "what they did, or refuse what this preview allows. Run `recover` first for an exact preview",
)

RESOURCE_MOVED = Template(
    "VAPI-RESOURCE-MOVED",
    "one {name!r} would be deleted and another created. If they are the same resource, moved, "
    "keep its number with opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(parent={parent})])",
)
REPLACEMENT_REQUESTED = Template(
    "VAPI-REPLACEMENT-REQUESTED",
    "will be replaced because the engine was told to (taint, replacement): its number is "
    "released for good, and people may be calling it",
)

PURCHASE_INTERRUPTED = Template(
    "VAPI-PURCHASE-INTERRUPTED",
    "an interrupted run created {record} for {key}: run `recover`",
)
PURCHASE_ELSEWHERE = Template(
    "VAPI-PURCHASE-ELSEWHERE",
    "an interrupted run was creating {resource!r} in the account at {account}: run `recover` "
    "with that vapi:baseUrl or vapi:region",
)
TAKE_NAME = Template(
    "VAPI-TAKE-NAME",
    "--take {choice}: write NAME=ID or NAME=none, where NAME is one of the pending or interrupted "
    "resources ({names}), or its whole URN or declaration",
)
RECORD_NOT_FREE = Template(
    "VAPI-RECORD-NOT-FREE",
    "{id} cannot be taken as {resource}: the account has no number of kind {kind} with that id, or "
    "another resource, purchase or given state holds it. Take one of the ids that `recover` lists",
)
DECISION_NEEDED = Template(
    "VAPI-DECISION-NEEDED",
    "{scope} unclear: decide with `--take NAME=ID` or `--take NAME=none`",
)
