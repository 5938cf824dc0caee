"""The command ``import``, which writes existing numbers as code and adds them to a stack's state.

This module holds the options, the question and the output; `import_workflow` holds the steps.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from vapi_provider.catalogue.imports import CHOICE_NEEDED
from vapi_provider.catalogue.message import split
from vapi_provider.cli import options
from vapi_provider.cli.options import UNCONFIRMED, is_confirmed
from vapi_provider.shared.terminal import say, write

if TYPE_CHECKING:
    from vapi_provider.cli.import_workflow import Import, ImportPlan


@click.command("import")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@options.stack("The stack that gets them.")
@click.option("--all", "everything", is_flag=True, help="All that no given stack holds.")
@click.option(
    "--match",
    "patterns",
    multiple=True,
    metavar="GLOB",
    help="Those whose label, number or SIP URI fits, such as 'Support*'; may be repeated.",
)
@options.yes
@options.plan_as_json
@options.also
@options.states
@click.option(
    "--out",
    metavar="FILE",
    help="The module to write, or to add to. Default: stacks/_imported_<stack>.py.",
)
@click.pass_context
def command(
    ctx: click.Context,
    ids: tuple[str, ...],
    stack: str,
    everything: bool,
    patterns: tuple[str, ...],
    yes: bool,
    as_json: bool,
    also: tuple[str, ...],
    files: tuple[str, ...],
    out: str | None,
) -> None:
    """Write existing numbers as a Python module, and add them to a stack's state.

    Run it in the project's folder, and name every other stack that shares the account. The account
    is only read: nothing is bought, changed or released, and the next preview has nothing to do.
    The command shows its plan and asks before it applies it. A later import adds what is new to the
    end of the module. Secrets go to the stack's config; the old state is kept in .pulumi/import.

    Exit codes: 0 nothing new, or done; 1 error; 2 a plan that nobody confirmed.
    """
    from vapi_provider.cli.import_workflow import Import
    from vapi_provider.cli.module_files import wire_up
    from vapi_provider.importing.choosing import Choice

    if not (ids or everything or patterns):
        raise click.UsageError(CHOICE_NEEDED())
    with Import.of(stack, also, files, out) as import_:
        plan = import_.plan(Choice(everything, ids, patterns))
        if not as_json:
            _show(import_, plan)
        question = "Write the module and the state?"
        is_applied = plan.has_changes and is_confirmed(question, yes=yes, as_json=as_json)
        backup = str(import_.apply(plan)) if is_applied else None
        # An import that was killed after it wrote the state has not wired up the module yet.
        is_finished = yes and not plan.declarations and import_.out.exists()
        is_written = is_applied or is_finished
        advice = wire_up(import_.out, import_.scope.stack) if is_written else None
    if as_json:
        write(json.dumps(_as_json(import_, plan, backup, advice), indent=2))
    elif is_applied:
        say(f"Done. Backup of the old state: {backup}")
        _show_what_is_left(import_, plan, advice)
    elif advice:
        say(advice)
    elif plan.has_changes:
        say(UNCONFIRMED, err=True)
    ctx.exit(0 if is_applied or not plan.has_changes else 2)


def _show(import_: Import, plan: ImportPlan) -> None:
    from vapi_provider.cli.record_table import format_table

    if plan.declarations:
        say(f"To {import_.out} and the state of stack {import_.stack.name}:")
        write(format_table([_row(item) for item in plan.declarations]))
    else:
        say("There is nothing new to import.")
    if plan.held:
        say(f"Already held by a given stack: {plan.held}.")
    for item in plan.left_out:
        how = "Not imported" if item.resource is None else f"Only read, as {item.resource}"
        say(f"{how}: {item.record.id}, {item.because}", err=True)
    for item in plan.declarations:
        if item.unknown:
            keys = ", ".join(item.unknown)
            say(f"Not declared in {item.resource}, unknown to this package: {keys}", err=True)
    for note in plan.notes:
        say(note, err=True)
    for key in plan.secrets.to_set:
        say(f"Secret to set in the stack's config: {key}")
    for key in plan.secrets.to_fill:
        say(f"Secret that the account does not show, for you to fill in: {key}")


def _show_what_is_left(import_: Import, plan: ImportPlan, advice: str | None) -> None:
    if plan.secrets.to_fill:
        say("Set these secrets, which the program needs and the account does not show:")
    for key in plan.secrets.to_fill:
        say(f"  pulumi config set --secret {key} --stack {import_.stack.name}")
    if advice:
        say(advice)


def _row(item: Any) -> dict[str, str | None]:
    record = item.record
    return {
        "id": record.id,
        "kind": item.kind.class_name,
        "reached at": record.reached_at,
        "name": record.name,
        "resource": item.resource,
    }


def _as_json(
    import_: Import, plan: ImportPlan, backup: str | None, advice: str | None
) -> dict[str, Any]:
    return {
        "stack": import_.stack.name,
        "module": str(import_.out),
        "numbers": [_row(item) for item in plan.declarations],
        "unknown_fields": {
            item.record.id: item.unknown for item in plan.declarations if item.unknown
        },
        "left_out": [{"id": item.record.id, "because": item.because} for item in plan.left_out],
        "held_already": plan.held,
        "secrets_set": list(plan.secrets.to_set) if backup else [],
        "secrets_to_fill": plan.secrets.to_fill,
        "notes": [split(note).text for note in (*plan.notes, *([advice] if advice else []))],
        "changed": backup is not None,
        "backup": backup,
    }
