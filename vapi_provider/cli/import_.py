"""The command ``import``, which writes existing numbers as code and adds them to a stack's state.

This module holds the options, the question and the output; `import_workflow` holds the steps.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from vapi_provider.catalogue.imports import CHOICE_NEEDED
from vapi_provider.catalogue.message import split
from vapi_provider.cli import options
from vapi_provider.errors import VapiError
from vapi_provider.shared.terminal import say, write
from vapi_provider.shared.text import replace_unprintable

if TYPE_CHECKING:
    from vapi_provider.cli.import_workflow import Found, Import


@click.command("import")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--stack", type=options.STACK, required=True, metavar="STACK", help="The stack that gets them."
)
@click.option("--all", "everything", is_flag=True, help="All that no given stack holds.")
@click.option(
    "--match",
    "patterns",
    multiple=True,
    metavar="GLOB",
    help="Those whose label, number or SIP URI fits, such as 'Support*'; may be repeated.",
)
@click.option("--yes", is_flag=True, help="Do it without asking (pipelines).")
@click.option("--json", "as_json", is_flag=True, help="Write what was found as JSON; never asks.")
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
    """Write existing numbers as a Python module, and bring them into a stack's state.

    Run it in the project's folder, and name every other stack that shares the account. The account
    is only read: nothing is bought, changed or released, and the next preview has nothing to do.
    It shows first what it will do, and asks. A later import adds what is new to the end of the
    module. Secrets go to the stack's config; the old state is kept in .pulumi/import.

    Exit codes: 0 nothing new, or done; 1 error; 2 something to do that nobody agreed to.
    """
    from vapi_provider.cli.import_workflow import Import
    from vapi_provider.importing.choosing import Choice

    if not (ids or everything or patterns):
        raise click.UsageError(CHOICE_NEEDED())
    try:
        with Import.of(stack, also, files, out) as one:
            found = one.look(Choice(everything, ids, patterns))
            if not as_json:
                _show(one, found)
            agreed = found.is_something and (yes or _agrees(as_json))
            backup = str(one.write(found)) if agreed else None
            # An import that was killed after it wrote the state has not wired up the module yet.
            finished = yes and not found.declarations and one.out.exists()
            advice = one.wire_up() if agreed or finished else None
    except VapiError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        write(json.dumps(_as_json(one, found, backup, advice), indent=2))
    elif agreed:
        say(f"Done. The state as it was: {backup}")
        _show_what_is_left(one, found, advice)
    elif advice:
        say(advice)
    elif found.is_something:
        say("Nothing changed. Pass `--yes` to apply.", err=True)
    ctx.exit(0 if agreed or not found.is_something else 2)


def _agrees(as_json: bool) -> bool:
    question = "Write the module and the state?"
    return not as_json and sys.stdin.isatty() and click.confirm(question)


def _show(one: Import, found: Found) -> None:
    from vapi_provider.cli.account import table

    if found.declarations:
        say(f"To {one.out} and the state of stack {one.stack.name}:")
        write(table([_row(item) for item in found.declarations]))
    else:
        say("There is nothing new to import.")
    if found.held:
        say(f"In a given stack already: {found.held}.")
    for item in found.left_out:
        how = "Left out" if item.resource is None else f"Only read, by {item.resource}"
        say(f"{how}: {item.record.id}, {item.because}", err=True)
    for item in found.declarations:
        if item.unknown:
            keys = ", ".join(replace_unprintable(path, "?") for path in item.unknown)
            say(f"Not declared of {item.resource}, unknown here: {keys}", err=True)
    for note in found.notes:
        say(note, err=True)
    for key in found.secrets.to_set:
        say(f"Into the stack's config, as a secret: {key}")
    for key in found.secrets.to_fill:
        say(f"Not shown by the account, for you to fill in: {key}")


def _show_what_is_left(one: Import, found: Found, advice: str | None) -> None:
    if found.secrets.to_fill:
        say("The account does not show these secrets; the program needs them:")
    for key in found.secrets.to_fill:
        say(f"  pulumi config set --secret {key} --stack {one.stack.name}")
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


def _as_json(one: Import, found: Found, backup: str | None, advice: str | None) -> dict[str, Any]:
    return {
        "stack": one.stack.name,
        "module": str(one.out),
        "numbers": [_row(item) for item in found.declarations],
        "unknown_fields": {
            item.record.id: item.unknown for item in found.declarations if item.unknown
        },
        "left_out": [{"id": it.record.id, "because": it.because} for it in found.left_out],
        "held_already": found.held,
        "secrets_set": list(found.secrets.to_set) if backup else [],
        "secrets_to_fill": found.secrets.to_fill,
        "notes": [split(note).text for note in (*found.notes, *([advice] if advice else []))],
        "changed": backup is not None,
        "backup": backup,
    }
