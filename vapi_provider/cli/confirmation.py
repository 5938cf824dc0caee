"""The question that a command asks before it edits a state, and its options."""

from __future__ import annotations

import sys

import click

UNCONFIRMED = "Nothing changed. Pass `--yes` to apply."

yes_option = click.option("--yes", is_flag=True, help="Apply without asking (pipelines).")

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Write what was found as JSON; never asks."
)


def is_confirmed(question: str, *, yes: bool, as_json: bool) -> bool:
    """Return whether the user agrees: by `--yes`, or by an answer at a terminal."""
    return yes or (not as_json and sys.stdin.isatty() and click.confirm(question))
