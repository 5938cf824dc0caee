"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from vapi_provider.catalogue.commands import STACK_NAME

F = TypeVar("F", bound=Callable[..., Any])


class _StackName(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A stack's name, never empty: `pulumi` would use the selected stack for an empty name."""

    name = "stack"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value).strip():
            self.fail(STACK_NAME(reason="empty"), param, ctx)
        if str(value).startswith("-"):
            self.fail(STACK_NAME(reason=f"{value!r}, an option"), param, ctx)
        return str(value)


STACK = _StackName()
"""The parameter type of every option that names a stack."""


def stack(about: str) -> Callable[[F], F]:
    """Return the option that names the one stack of a command."""
    return click.option("--stack", type=STACK, required=True, metavar="STACK", help=about)


def stacks(about: str) -> Callable[[F], F]:
    """Return the option that names several stacks."""
    about += "; may be repeated. The first names the account."
    return click.option("--stack", "stacks", type=STACK, multiple=True, metavar="STACK", help=about)


also = click.option(
    "--also",
    type=STACK,
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

yes = click.option("--yes", is_flag=True, help="Apply without asking (pipelines).")

plan_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Write what was found as JSON; never asks."
)

UNCONFIRMED = "Nothing changed. Pass `--yes` to apply."


def is_confirmed(question: str, *, yes: bool, as_json: bool) -> bool:
    """Return whether the user agrees: by `--yes`, or by an answer at a terminal."""
    return yes or (not as_json and sys.stdin.isatty() and click.confirm(question))
