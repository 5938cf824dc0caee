"""The command ``preview``, which shows what `up` would do."""

from __future__ import annotations

import click

from vapi_provider.cli import options


@click.command("preview")
@options.stack("The stack to preview.")
@options.form
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.pass_context
def command(ctx: click.Context, stack: str, form: str, as_json: bool) -> None:
    """Show what `up` would do.

    Lists the numbers that would be created, changed, replaced and released, each changed field with
    its old and new value, then the warnings. Nothing is sent to the account, so any key will do.
    Run it in the project's folder.

    More releases than vapi:maxReleases allows are an error.

    Exit codes: 0 no changes, 1 error, 2 changes.
    """
    from vapi_provider.cli import summary_workflow

    form = "json" if as_json else form
    ctx.exit(summary_workflow.run(summary_workflow.preview, stack, form, "preview"))
