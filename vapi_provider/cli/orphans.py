"""``orphans``: the account's numbers that no given state holds."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import click

from vapi_provider.cli import options
from vapi_provider.errors import VapiError


@click.command("orphans")
@click.option(
    "--stack",
    "stacks",
    type=options.STACK,
    multiple=True,
    metavar="STACK",
    help="A stack whose numbers are accounted for; may be repeated. The first names the account.",
)
@options.states
@click.option("--json", "as_json", is_flag=True, help="Write the findings as JSON.")
@click.pass_context
def command(
    ctx: click.Context, stacks: tuple[str, ...], files: tuple[str, ...], as_json: bool
) -> None:
    """List the account's numbers that none of the given states holds.

    Run it in the project's folder. Name every stack that shares the account: the likely owner is
    read from an automatic name, <project>/<stack>/<resource>. Nothing is released.

    Exit codes: 0 there are none, 1 error, 2 there are some.
    """
    if not stacks and not files:
        raise click.UsageError("give at least one --stack or --state")
    try:
        found = _orphans(stacks, files)
    except VapiError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps({"orphans": found}, indent=2))
    elif found:
        from vapi_provider.cli.account import table

        click.echo(table(found))
        click.echo(f"{len(found)} of the account's numbers are in no given state.", err=True)
    ctx.exit(2 if found else 0)


def _orphans(stacks: tuple[str, ...], files: tuple[str, ...]) -> list[dict[str, str | None]]:
    from vapi_provider.cli.account import account_of, deployments, held_by, row, settings_of
    from vapi_provider.cli.pulumi_cli import Stack

    states = deployments(stacks, files)
    if any(state.get("pending_operations") for state in states):
        click.echo("A given stack has pending operations: run `recover` for it first.", err=True)
    held = held_by(states)
    with account_of(settings_of(Stack(stacks[0]) if stacks else None)) as account:
        records = [record for record in account.all_phone_numbers() if record.id not in held]
    now = datetime.now(timezone.utc)
    return [row(record, now) for record in records]
