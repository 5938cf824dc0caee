"""Options that several commands have, worded once."""

from __future__ import annotations

import click

also = click.option(
    "--also",
    multiple=True,
    metavar="STACK",
    help="Another stack of this account: its numbers are its own; may be repeated.",
)

states = click.option(
    "--state",
    "files",
    multiple=True,
    metavar="FILE",
    help="The same as a file that `pulumi stack export` wrote; may be repeated.",
)

form = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For a terminal, a comment on a pull request, or a pipeline.",
)
