"""The command ``recover``, which resolves the pending operations that a killed engine left.

This module holds the options, the question and the output; `recover_workflow` holds the steps.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from vapi_provider.catalogue.commands import DECISION_NEEDED
from vapi_provider.cli import options
from vapi_provider.errors import VapiError
from vapi_provider.shared.terminal import say, write

if TYPE_CHECKING:
    from vapi_provider.cli.recover_workflow import Found
    from vapi_provider.recovery.creations import Decision
    from vapi_provider.recovery.purchases import Interrupted

_WORDS = {
    "made": "was made: goes into the state as {record}",
    "waiting": (
        "was made to replace the live number: {record} waits beside it, and the program's next "
        "replacement takes it over; without one, adopt it (adopt_id) or delete it in the dashboard"
    ),
    "held elsewhere": "{record} was made, and another stack holds it: the operation is dropped",
    "not made": "was not made: the operation is dropped",
    "gone": "{record} is released: leaves the state",
    "still there": "{record} still exists: stays in the state, the operation is dropped",
    "recorded": "is in the state as it was: the operation is dropped, refresh tells the rest",
    "foreign": "is not ours: only its own provider can tell what was done",
}


_OF_INTENTS = {
    "unheld": (
        "{record} was made for it and is in no state: the next `up` takes it over if the program "
        "still declares the resource; else adopt_id={record} under another name, or delete it in "
        "the dashboard"
    ),
    "gone": "{record} was made for it and is not in the account any more: the journal forgets it",
    "nothing": "nothing was made: the journal forgets it",
    "other account": "was being made in another account: run recover with its key and region",
    "under way": "another run is making it: end that run, or wait",
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
    help="Decide what is unclear: the record that was made, or NAME=none; may be repeated.",
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

    Purchases that the journal of this machine does not know to be finished are settled, too: one
    that made nothing is forgotten, a number that no stack of this backend holds is named.

    Without pending operations, but with a failed last update, the numbers that were made since it
    began and that no state holds are listed.

    Exit codes: 0 nothing to do, or done; 1 error; 2 something to decide.
    """
    from vapi_provider.cli.recover_workflow import Recovery

    try:
        with Recovery.of(stack, also, files, lambda text: say(text, err=True)) as recovery:
            found = recovery.look(choices)
            if not as_json:
                _show(stack, found)
            agreed = found.writable and (yes or _agrees(as_json))
            backup = recovery.write(found) if agreed else None
            is_done = agreed and not found.is_left
    except VapiError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        write(json.dumps(_as_json(stack, found, backup), indent=2))
    elif agreed:
        say(f"Done. The state as it was: {backup}" if backup else "Done.")
    elif found.writable:
        say("Nothing changed. Pass `--yes` to apply.", err=True)
    ctx.exit(0 if is_done or found.is_clean else 2)


def _agrees(as_json: bool) -> bool:
    return not as_json and sys.stdin.isatty() and click.confirm("Do this?")


def _show(stack: str, found: Found) -> None:
    if found.is_clean:
        say(f"Nothing is pending in stack {stack}.")
    for one in found.decisions:
        say(f"{one.operation} {one.resource}: {_in_words(one)}")
    for other in found.interrupted:
        say(f"interrupted purchase of {other.resource}: {_of_intent(other)}")
    if found.unheld:
        from vapi_provider.cli.account import table

        say(
            "The last update failed, and these numbers, made since it began, are in no given "
            "state. Run `up` again where it ran: the journal there takes over what it made. "
            "Without that journal, adopt_id takes one over; delete in the dashboard what nobody "
            "has. A successful `up` ends this list."
        )
        write(table(found.unheld))
    if any(one.is_open for one in found.decisions):
        say(DECISION_NEEDED(scope="nothing changes while a pending operation is"), err=True)
    elif any(one.outcome == "unclear" for one in found.interrupted):
        say(DECISION_NEEDED(scope="an interrupted purchase is"), err=True)


def _in_words(one: Decision) -> str:
    if one.outcome == "unclear":
        listed = ", ".join(one.candidates) or f"{one.record} in an account that may be another one"
        return f"is unclear, it may be one of: {listed}"
    return _WORDS[one.outcome].format(record=one.record)


def _of_intent(one: Interrupted) -> str:
    if one.outcome == "unclear":
        return f"is unclear, it may be one of: {', '.join(one.candidates)}"
    return _OF_INTENTS[one.outcome].format(record=one.record or "a number")


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
        "interrupted": [
            {
                "declaration": one.key,
                "outcome": one.outcome,
                "id": one.record,
                "candidates": list(one.candidates),
            }
            for one in found.interrupted
        ],
        "unheld": found.unheld,
        "changed": backup is not None,
        "backup": backup,
    }
