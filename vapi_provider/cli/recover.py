"""The command ``recover``, which resolves the pending operations that a killed engine left.

This module holds the options, the question and the output; `recover_workflow` holds the steps.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from vapi_provider.catalogue.commands import DECISION_NEEDED
from vapi_provider.cli import options
from vapi_provider.cli.options import UNCONFIRMED, is_confirmed
from vapi_provider.shared.terminal import say, write

if TYPE_CHECKING:
    from pathlib import Path

    from vapi_provider.cli.recover_workflow import RecoveryPlan
    from vapi_provider.recovery.creations import Decision
    from vapi_provider.recovery.purchases import Interrupted

_DECISIONS = {
    "made": "was created: goes into the state as {record}",
    "waiting": (
        "was created to replace the live number: {record} waits beside it, and the program's next "
        "replacement takes it over; without one, adopt it (adopt_id) or delete it in the dashboard"
    ),
    "held elsewhere": "{record} was created, and another stack holds it: the operation is dropped",
    "not made": "was not created: the operation is dropped",
    "gone": "{record} is released: leaves the state",
    "still there": "{record} still exists: stays in the state, the operation is dropped",
    "recorded": "is in the state as it was: the operation is dropped, a refresh shows the rest",
    "foreign": "belongs to another provider: only that provider can tell what was done",
}

_UNCLEAR = "is unclear, it may be one of: {candidates}"
_UNCLEAR_BESIDE_LIVE = (
    "is unclear: the state holds {live} for it, and the journal cannot tell whether another run "
    "was replacing that; its replacement may be one of: {candidates}"
)
_NOT_NEEDED = "needs no number, since the state holds {live} for it: the operation is dropped"
_LEFT_OVER = "; left over and in no state: {candidates} (adopt what is yours, or release it)"

_PURCHASES = {
    "unheld": (
        "{record} was created for it and is in no state: the next `up` takes it over if the "
        "program still declares the resource; else adopt_id={record} under another name, or delete "
        "it in the dashboard"
    ),
    "gone": "{record} was created for it and is no longer in the account: the journal forgets it",
    "nothing": "nothing was created: the journal forgets it",
    "other account": "was being created in another account: run `recover` with its key and region",
    "under way": "another run is creating it: end that run, or wait",
}


@click.command("recover")
@options.stack("The stack to recover.")
@options.yes
@options.plan_as_json
@click.option(
    "--take",
    "choices",
    multiple=True,
    metavar="NAME=ID",
    help="Decide what is unclear: the record that was created, or NAME=none; may be repeated.",
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
    """Resolve the pending operations that a killed engine left in a stack's state.

    Run it in the project's folder while no run of the stack is active. The command compares each
    operation with the account: a number that was created goes into the state; an operation that
    created nothing is dropped, so that the next `up` repeats it. The command shows its plan and
    asks before it applies it. It writes nothing while an operation is unclear: decide with --take.
    The old state is kept in .pulumi/recover.

    Unfinished purchases in the stack's journal are resolved, too: one that created nothing is
    removed from it; a number that no stack of this backend holds is shown.

    Without pending operations, but after a failed update, the command lists the numbers that were
    created since that update began and that no state holds.

    Exit codes: 0 nothing to do, or done; 1 error; 2 something to decide.
    """
    from vapi_provider.cli.recover_workflow import Recovery

    with Recovery.of(stack, also, files) as recovery:
        plan = recovery.plan(choices)
        if not as_json:
            _show(stack, plan)
        is_applied = plan.can_apply and is_confirmed("Apply this?", yes=yes, as_json=as_json)
        backup = recovery.apply(plan) if is_applied else None
        is_done = is_applied and not plan.is_left
    if as_json:
        write(json.dumps(_as_json(stack, plan, backup), indent=2))
    elif is_applied:
        say(f"Done. Backup of the old state: {backup}" if backup else "Done.")
    elif plan.can_apply:
        say(UNCONFIRMED, err=True)
    ctx.exit(0 if is_done or plan.is_clean else 2)


def _show(stack: str, plan: RecoveryPlan) -> None:
    if plan.is_clean:
        say(f"Nothing is pending in stack {stack}.")
    for decision in plan.decisions:
        say(f"{decision.operation} {decision.resource}: {_describe_decision(decision)}")
    for purchase in plan.interrupted:
        say(f"interrupted purchase of {purchase.resource}: {_describe_purchase(purchase)}")
    if plan.unheld:
        from vapi_provider.cli.record_table import format_table

        say(
            "The last update failed, and these numbers, created since it began, are in no given "
            "state. Run `up` again on the machine where it ran: with the journal there it takes "
            "over the numbers that it created. Without that journal, take a number over with "
            "adopt_id, and delete in the dashboard those that no resource holds. A successful `up` "
            "ends this list."
        )
        write(format_table(plan.unheld))
    if any(decision.is_open for decision in plan.decisions):
        say(DECISION_NEEDED(scope="nothing changes while a pending operation is"), err=True)
    elif any(purchase.outcome == "unclear" for purchase in plan.interrupted):
        say(DECISION_NEEDED(scope="an interrupted purchase is"), err=True)


def _describe_decision(decision: Decision) -> str:
    template = _DECISIONS.get(decision.outcome, _UNCLEAR)
    if decision.live is not None and decision.outcome == "unclear":
        template = _UNCLEAR_BESIDE_LIVE
    elif decision.live is not None and decision.outcome == "not made":
        template = _NOT_NEEDED + (_LEFT_OVER if decision.candidates else "")
    return template.format(
        record=decision.record,
        live=decision.live,
        candidates=", ".join(decision.candidates)
        or f"{decision.record} in an account that may be another one",
    )


def _describe_purchase(purchase: Interrupted) -> str:
    if purchase.outcome == "unclear":
        return f"is unclear, it may be one of: {', '.join(purchase.candidates)}"
    return _PURCHASES[purchase.outcome].format(record=purchase.record or "a number")


def _as_json(stack: str, plan: RecoveryPlan, backup: Path | None) -> dict[str, Any]:
    return {
        "stack": stack,
        "operations": [
            {
                "urn": decision.urn,
                "operation": decision.operation,
                "outcome": decision.outcome,
                "id": decision.record,
                "candidates": list(decision.candidates),
            }
            for decision in plan.decisions
        ],
        "interrupted": [
            {
                "declaration": purchase.key,
                "outcome": purchase.outcome,
                "id": purchase.record,
                "candidates": list(purchase.candidates),
            }
            for purchase in plan.interrupted
        ],
        "unheld": plan.unheld,
        "changed": backup is not None,
        "backup": None if backup is None else str(backup),
    }
