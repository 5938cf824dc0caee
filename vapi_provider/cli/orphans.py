"""The command ``orphans``, which lists the account's numbers that no given state holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from vapi_provider.catalogue.commands import (
    PENDING_OPERATIONS,
    PURCHASE_INTERRUPTED,
    STACKS_NEEDED,
)
from vapi_provider.cli import options
from vapi_provider.shared.terminal import say, write


@click.command("orphans")
@options.stacks("A stack whose numbers are accounted for")
@options.states
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON.")
@click.pass_context
def command(
    ctx: click.Context, stacks: tuple[str, ...], files: tuple[str, ...], as_json: bool
) -> None:
    """List the account's numbers that none of the given states holds.

    Run it in the project's folder. Name every stack that shares the account: the likely owner is
    read from an automatic name, <project>/<stack>/<resource>. Purchases of these stacks that were
    interrupted, by the journal, are named as well. Nothing is released.

    Exit codes: 0 there are none, 1 error, 2 there are some.
    """
    if not stacks and not files:
        raise click.UsageError(STACKS_NEEDED())
    orphans, interrupted = _orphans(stacks, files)
    if as_json:
        write(json.dumps({"orphans": orphans, "interrupted": interrupted}, indent=2))
    elif orphans:
        from vapi_provider.cli.record_table import format_table

        write(format_table(orphans))
        say(f"{len(orphans)} of the account's numbers are in no given state.", err=True)
    for purchase in interrupted:
        record = purchase["id"] or "a number whose id is not known"
        say(PURCHASE_INTERRUPTED(record=record, key=purchase["declaration"]), err=True)
    ctx.exit(2 if orphans or interrupted else 0)


def _orphans(
    stacks: tuple[str, ...], files: tuple[str, ...]
) -> tuple[list[dict[str, str | None]], list[dict[str, str | None]]]:
    from vapi_provider.cli.account_client import open_client, settings_of
    from vapi_provider.cli.exported_states import read_deployments
    from vapi_provider.cli.record_table import row_of
    from vapi_provider.deployment.exported import ids_in
    from vapi_provider.pulumi_cli.stack import Stack

    states = read_deployments(stacks, files)
    if any(state.get("pending_operations") for state in states):
        say(PENDING_OPERATIONS(stack="a given stack"), err=True)
    held = ids_in(*states)
    interrupted = _interrupted(dict(zip(stacks, states, strict=False)), held)
    with open_client(settings_of(Stack(stacks[0]) if stacks else None)) as account:
        records = [record for record in account.all_phone_numbers() if record.id not in held]
    return [row_of(record) for record in records], interrupted


def _interrupted(
    states: Mapping[str, Mapping[str, Any]], held: set[str]
) -> list[dict[str, str | None]]:
    """Return the interrupted purchases of the given stacks that the journal knows.

    An intent whose record one of the stacks holds is finished in the journal first.
    """
    from vapi_provider.cli.preflight_workflow import snapshot_of
    from vapi_provider.deployment.preflight import finish_held, run_checks

    purchases: list[dict[str, str | None]] = []
    for stack, state in states.items():
        snapshot = snapshot_of(stack, state)
        for intent in run_checks(snapshot, [finish_held]).unfinished:
            is_under_way = snapshot.journal is not None and snapshot.journal.is_under_way(intent)
            if intent.record not in held and not is_under_way:
                purchases.append({"declaration": intent.key, "id": intent.record})
    return purchases
