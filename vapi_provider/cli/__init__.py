"""The command line, ``python -m vapi_provider``, and its table of commands.

Each command is a module of this folder with a click command named `command`. The module is imported
when the command is used, and imports its dependencies when it runs, so that start-up stays fast.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from vapi_provider.catalogue.message import split
from vapi_provider.errors import VapiError
from vapi_provider.shared.terminal import say, write

# By the command's name: its module, and its line in the overview.
_COMMANDS: dict[str, tuple[str, str]] = {
    "preview": ("preview", "Show what `up` would do: for a person, a pull request, a pipeline."),
    "drift": ("drift", "Show how the account differs from the state."),
    "recover": ("recover", "Resolve the pending operations of a killed run."),
    "orphans": ("orphans", "List the account's numbers that no given state holds."),
    "probe": ("probe", "Call servers as Vapi would, and report what is wrong with their answers."),
    "list": ("list_", "List the account's numbers, and which given stack holds each."),
    "import": ("import_", "Write existing numbers as code and add them to a stack."),
    "serve": ("serve", "Serve an embedded account over HTTP on this machine."),
}

# Commands that only the make targets use.
_HIDDEN = {"preflight": "preflight"}


class _Lazy(click.Group):
    """A click group that lists its commands by name and imports only the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = _COMMANDS.get(cmd_name, (_HIDDEN.get(cmd_name),))[0]
        if name is None:
            return None
        module = importlib.import_module(f"vapi_provider.cli.{name}")
        return module.command

    def main(self, args: Sequence[str] | None = None, *words: Any, **more: Any) -> Any:
        """Run a command and exit: with code 1 for any error, as JSON if the caller asked for it.

        Click's own exit code for wrong usage is 2, which means findings here.
        """
        given = list(sys.argv[1:] if args is None else args)
        if not more.pop("standalone_mode", True):
            return super().main(args, *words, standalone_mode=False, **more)
        try:
            code: object = super().main(given, *words, standalone_mode=False, **more)
        except click.ClickException as error:
            code = _fail(error, given)
        except VapiError as error:
            code = _fail(click.ClickException(str(error)), given)
        except click.Abort:
            say("Aborted.", err=True)
            code = 1
        sys.exit(code if isinstance(code, int) else 0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])


def _fail(error: click.ClickException, given: Sequence[str]) -> int:
    """Show an error, and as JSON as well if the command line asks for JSON; return exit code 1.

    The command line is searched, because it may be what could not be parsed.
    """
    pairs = zip(given, given[1:], strict=False)
    if not {"--json", "--format=json"}.isdisjoint(given) or ("--format", "json") in pairs:
        text, code = split(error.format_message())
        write(json.dumps({"errors": [{"resource": None, "text": text, "code": code}]}, indent=2))
    shown = io.StringIO()
    error.show(shown)
    # `write` escapes control characters: the message may quote the user's or the account's text.
    write(shown.getvalue().rstrip("\n"), err=True)
    return 1


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Manage declared Vapi phone numbers beyond what `pulumi` itself does."""
