"""The command ``list``, which shows the account's numbers and the given stack that holds each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from vapi_provider.cli import options
from vapi_provider.shared.terminal import say, write

if TYPE_CHECKING:
    from vapi_provider.models.record import PhoneNumberRecord

_ANSWERING = {"assistant_id": "assistant", "squad_id": "squad"}


@click.command("list")
@options.stacks("A stack to read")
@options.states
@click.option("--json", "as_json", is_flag=True, help="Write the numbers as JSON.")
def command(stacks: tuple[str, ...], files: tuple[str, ...], as_json: bool) -> None:
    """List the account's phone numbers: how each is reached, what answers, who holds it.

    Run it in the project's folder; without a --stack the environment names the account
    (VAPI_API_KEY). Only reads.

    Exit codes: 0 listed, 1 error.
    """
    rows = _rows(stacks, files)
    if as_json:
        write(json.dumps({"numbers": rows}, indent=2))
    elif rows:
        from vapi_provider.cli.record_table import format_table

        write(format_table(rows))
    else:
        say("The account has no phone numbers.")


def _rows(stacks: tuple[str, ...], files: tuple[str, ...]) -> list[dict[str, str | None]]:
    from vapi_provider.cli.account_client import open_client, settings_of
    from vapi_provider.cli.exported_states import read_deployments
    from vapi_provider.cli.record_table import row_of
    from vapi_provider.deployment.exported import ids_in
    from vapi_provider.pulumi_cli.stack import Stack

    states = zip((*stacks, *files), read_deployments(stacks, files), strict=True)
    held = [(name, ids_in(state)) for name, state in states]
    with open_client(settings_of(Stack(stacks[0]) if stacks else None)) as account:
        records = list(account.all_phone_numbers())
    return [
        {
            **{name: value for name, value in row_of(record).items() if name != "likely owner"},
            "answered by": _answered_by(record),
            "stack": ", ".join(name for name, ids in held if record.id in ids) or None,
        }
        for record in records
    ]


def _answered_by(record: PhoneNumberRecord) -> str | None:
    """Return what answers a call; of a server only the host, since its path may hold a token."""
    fields = record.fields
    for name, word in _ANSWERING.items():
        if fields.get(name):
            return f"{word} {fields[name]}"
    server: Any = fields.get("server")
    if isinstance(server, Mapping) and server.get("url"):  # pyright: ignore[reportUnknownMemberType]
        return f"server {_host(str(server['url']))}"  # pyright: ignore[reportUnknownArgumentType]
    if fields.get("hooks"):
        return "hooks"
    return "fallback destination" if fields.get("fallback_destination") else None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "without a host"
    except ValueError:
        return "with a broken URL"
