"""The command ``serve``, which serves an embedded account over HTTP."""

from __future__ import annotations

import dataclasses

import click

from vapi_provider.shared.terminal import say, write


def _list_switches(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from vapi_provider.embedded.switches import describe_switches

    for name, default, about in describe_switches():
        write(f"{name}={default}\n    {about}")
    ctx.exit()


def _list_faults(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from vapi_provider.embedded.faults import GRAMMAR, describe_faults

    write(GRAMMAR)
    for name, about in describe_faults():
        write(f"{name}\n    {about}")
    ctx.exit()


@click.command("serve")
@click.option(
    "--db",
    required=True,
    type=click.Path(dir_okay=False),
    help="SQLite file of the account; created if it does not exist.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Loopback address to listen on."
)
@click.option("--key", help="The only valid API key.  [default: any key]")
@click.option(
    "--region",
    type=click.Choice(["us", "eu"]),
    default="us",
    show_default=True,
    help="Region to stand in for: decides the host of SIP URIs.",
)
@click.option(
    "--latency",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="The minimum duration of every answer.  [default: 0]",
)
@click.option(
    "--switch",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a behaviour of the API that is not known for certain; may be repeated.",
)
@click.option(
    "--list-switches",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_switches,
    help="Show the switches with their defaults, and exit.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="METHOD:WHEN:WHAT",
    help="Inject a fault into requests, such as POST:2:commit-then-drop; may be repeated.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of the faults that hit by chance."
)
@click.option(
    "--list-faults",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_faults,
    help="Show the syntax of faults and the list of them, and exit.",
)
@click.option("--verbose", is_flag=True, help="Write a line about each request to stderr.")
def command(
    db: str,
    port: int,
    host: str,
    key: str | None,
    region: str,
    latency: float | None,
    settings: tuple[str, ...],
    faults: tuple[str, ...],
    seed: int,
    verbose: bool,
) -> None:
    """Serve an embedded account over HTTP on this machine.

    An embedded account stands in for Vapi's phone-number API. Its URL is the first line of the
    output; give it to the provider as vapi:baseUrl. It runs until SIGINT or SIGTERM. The
    file holds the account: a later run, or embedded:FILE at the same time, uses the same account.
    """
    from vapi_provider.embedded import EmbeddedAccountError, create_app, with_faults
    from vapi_provider.embedded.faults import parse_faults
    from vapi_provider.embedded.server import serve
    from vapi_provider.embedded.switches import parse_switches

    try:
        switches = parse_switches(settings)
        if latency is not None:
            switches = dataclasses.replace(switches, latency_seconds=latency)
        # Validate the faults before the database file is created.
        parse_faults(faults)
        app = create_app(db, key=key, region=region, switches=switches)
        app = with_faults(app, faults, seed)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    try:
        serve(app, host=host, port=port, verbose=verbose, on_ready=say)
    except EmbeddedAccountError as error:
        raise click.ClickException(str(error)) from None
