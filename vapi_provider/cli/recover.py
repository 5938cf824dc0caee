"""``recover``: settles what a killed engine left pending in a stack's state.

Shows, asks and writes; what to do is decided in `vapi_provider.recovery`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from vapi_provider.cli import options
from vapi_provider.errors import VapiError

if TYPE_CHECKING:
    from vapi_provider.cli.recovering import Found
    from vapi_provider.leftovers import Decision

_WORDS = {
    "made": "was made: goes into the state as {record}",
    "not made": "was not made: the operation is dropped",
    "gone": "{record} is released: leaves the state",
    "still there": "{record} still exists: stays in the state, the operation is dropped",
    "recorded": "is in the state as it was: the operation is dropped, refresh tells the rest",
    "foreign": "is not ours: only its own provider can tell what was done",
}


@click.command("recover")
@click.option(
    "--stack", type=options.STACK, required=True, metavar="STACK", help="The stack to settle."
)
@click.option("--yes", is_flag=True, help="Do it without asking (pipelines).")
@click.option("--json", "as_json", is_flag=True, help="Write what was found as JSON; never asks.")
@click.option(
    "--take",
    "choices",
    multiple=True,
    metavar="NAME=ID",
    help="Decide an unclear operation: the record that it made, or NAME=none; may be repeated.",
)
@options.also
@options.states
@click.pass_context
def command(
    ctx: click.Context,
    stack: str,
    yes: bool,
    as_json: bool,
    choices: tuple[str, ...],
    also: tuple[str, ...],
    files: tuple[str, ...],
) -> None:
    """Settle the pending operations that a killed engine left in a stack's state.

    Run it in the project's folder, once no run of the stack is going on. For each operation the
    account is looked through: a number that was made goes into the state, one that was not is
    forgotten, so that the next `up` makes it. It shows first what it will do, and asks. While one
    is unclear nothing is written: --take decides it. The old state is kept in .pulumi/recover.

    Without pending operations, but with a failed last update, the numbers that were made since it
    began and that no given state holds are listed.

    Exit codes: 0 nothing to do, or done; 1 error; 2 something to decide.
    """
    from vapi_provider.cli.recovering import Recovery

    try:
        with Recovery.of(stack, also, files, lambda text: click.echo(text, err=True)) as recovery:
            found = recovery.look(choices)
            if not as_json:
                _show(stack, found)
            agreed = found.writable and (yes or _agrees(as_json))
            backup = recovery.write(found) if agreed else None
    except VapiError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(_as_json(stack, found, backup), indent=2))
    elif backup:
        click.echo(f"Done. The state as it was: {backup}")
    elif found.writable:
        click.echo("Nothing was changed: say --yes to do it.", err=True)
    ctx.exit(0 if backup or found.is_clean else 2)


def _agrees(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm("Write this into the state?")


def _show(stack: str, found: Found) -> None:
    if found.is_clean:
        click.echo(f"Nothing is pending in stack {stack}.")
    for one in found.decisions:
        click.echo(f"{one.operation} {one.resource}: {_in_words(one)}")
    if found.unheld:
        from vapi_provider.cli.account import table

        click.echo(
            "The last update failed, and these numbers, made since it began, are in no given "
            "state. Run `up` again where it ran: the journal there takes over what it made. "
            "Without that journal, adopt_id takes one over; delete in the dashboard what nobody "
            "has. A successful `up` ends this list."
        )
        click.echo(table(found.unheld))
    if any(one.is_open for one in found.decisions):
        click.echo(
            "Nothing is changed while something is unclear. Decide with --take NAME=ID or "
            "--take NAME=none.",
            err=True,
        )


def _in_words(one: Decision) -> str:
    if one.outcome == "unclear":
        listed = ", ".join(one.candidates) or f"{one.record} in an account that may be another one"
        return f"is unclear, it may be one of: {listed}"
    return _WORDS[one.outcome].format(record=one.record)


def _as_json(stack: str, found: Found, backup: str | None) -> dict[str, Any]:
    return {
        "stack": stack,
        "operations": [
            {
                "urn": one.urn,
                "operation": one.operation,
                "outcome": one.outcome,
                "id": one.record,
                "candidates": list(one.candidates),
            }
            for one in found.decisions
        ],
        "unheld": found.unheld,
        "changed": backup is not None,
        "backup": backup,
    }
