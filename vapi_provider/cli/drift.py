"""The command ``drift``, which shows how the account differs from the state."""

from __future__ import annotations

import click

from vapi_provider.cli import options


@click.command("drift")
@options.stack("The stack to compare.")
@options.form
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def command(ctx: click.Context, stack: str, form: str, as_json: bool) -> None:
    """Show how the account differs from the state.

    Reads every number of the stack and lists the differences: fields with their recorded and their
    actual value, and numbers that were deleted outside. Changes of the program that are not
    deployed yet are no drift, nor are fields under ignore_changes. The state stays as it is. Run it
    in the project's folder.

    Exit codes: 0 no drift, 1 error, 2 drift.
    """
    from vapi_provider.cli import summary_workflow

    form = "json" if as_json else form
    ctx.exit(summary_workflow.run(summary_workflow.drift, stack, form, "drift"))
