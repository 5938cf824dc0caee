"""The command line, ``python -m vapi_provider``: which commands there are.

A command is one module of this folder with a click command named `command`; it is imported only
when it is asked for, and imports what it works with only when it runs. No logic lives here.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import click

from vapi_provider.terminal import write

# Name on the command line: the module and the line that the overview shows.
_COMMANDS: dict[str, tuple[str, str]] = {
    "preview": ("preview", "Say what `up` would do: for a person, a pull request, a pipeline."),
    "drift": ("drift", "Say in what the account differs from the state."),
    "recover": ("recover", "Settle what a killed run left pending in a stack's state."),
    "orphans": ("orphans", "List the account's numbers that no given state holds."),
    "probe": ("probe", "Call servers as Vapi would, and say what is wrong with their answers."),
    "list": ("listing", "List the account's numbers, and which given stack holds each."),
    "import": ("importing", "Write existing numbers as code and bring them into a stack."),
    "serve": ("serve", "Serve an embedded account over HTTP on this machine."),
}

# For the make targets alone.
_HIDDEN = {"preflight": "preflight"}


class _Lazy(click.Group):
    """A group that knows its commands by name and imports one at a time."""

    def make_context(self, *words: Any, **more: Any) -> click.Context:
        with _escaped_errors():
            return super().make_context(*words, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _escaped_errors():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = _COMMANDS.get(cmd_name, (_HIDDEN.get(cmd_name),))[0]
        if name is None:
            return None
        module = importlib.import_module(f"vapi_provider.cli.{name}")
        return module.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])


@contextmanager
def _escaped_errors() -> Generator[None]:
    """Write an error of click's here: it holds what a person or the account has said."""
    try:
        yield
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        write(text.getvalue().rstrip("\n"), err=True)
        raise click.exceptions.Exit(error.exit_code) from None


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Vapi phone numbers, declared: what pulumi itself does not do."""
