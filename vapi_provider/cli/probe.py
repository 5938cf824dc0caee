"""The command ``probe``, which calls servers as Vapi would, before a caller does.

This module holds the options and the output; `probe_workflow` holds the steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vapi_provider.catalogue.servers import PROBE_TARGET
from vapi_provider.cli import options
from vapi_provider.shared.terminal import write

if TYPE_CHECKING:
    from vapi_provider.probe.run import ProbeResult

F = TypeVar("F", bound=Callable[..., Any])

_SECRET = "env:VARIABLE|file:PATH"  # noqa: S105 - the form, not a secret


@click.group("probe")
def command() -> None:
    """Call servers as Vapi would, and report what is wrong with their answers.

    Exit codes: 0 fine, 1 error, 2 findings.
    """


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Return one decorator that adds the options, in their order in the help."""
    return lambda function: reduce(lambda made, option: option(made), reversed(options), function)


_authenticated = _options(
    click.option(
        "--header",
        "headers",
        multiple=True,
        metavar=f"NAME={_SECRET}",
        help="A header of the server's; its value is read from there. May be repeated.",
    ),
    click.option("--bearer", metavar=_SECRET, help="A bearer token."),
    click.option("--hmac", "hmac_", metavar=_SECRET, help="The secret to sign with."),
    click.option(
        "--hmac-option",
        "hmac_options",
        multiple=True,
        metavar="NAME=VALUE",
        help="How to sign, where it is not as Vapi's credentials do by default: algorithm, "
        "signature-header, timestamp-header, prefix, payload, message-id-header, "
        "encoding, secret-is-base64, include-timestamp, unit.",
    ),
)

_reported = click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")

_numbered = _options(
    click.option(
        "--stack", type=options.STACK, metavar="STACK", help="The stack that --number is in."
    ),
    click.option("--number", metavar="NAME", help="The resource whose number is called."),
)


@command.command("voice")
@click.argument("url")
@click.option("--text", "texts", multiple=True, help="A text to speak. May be repeated.")
@click.option(
    "--rate",
    "rates",
    multiple=True,
    type=click.IntRange(1000, 384_000),
    help="Samples a second to ask for. May be repeated; by default 8000, 16000, 22050, 24000.",
)
@_numbered
@_authenticated
@click.option("--timeout", default=20.0, type=click.FloatRange(0.1, 300), show_default=True)
@click.option("--parallel", default=4, type=click.IntRange(1, 64), show_default=True)
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@_reported
@click.pass_context
def voice(ctx: click.Context, url: str, as_json: bool, save: Path | None, **given: Any) -> None:
    """Have a custom voice server speak, and judge the sound.

    --save writes what a caller would hear, as WAV files and pictures.
    """
    from vapi_provider.cli.probe_workflow import probe_voice

    _finish(ctx, probe_voice(url, **given), as_json, save)


@command.command("server")
@click.argument("url", required=False)
@_numbered
@_authenticated
@_reported
@click.pass_context
def server(ctx: click.Context, url: str | None, as_json: bool, **given: Any) -> None:
    """Ask a number's own server who answers a call.

    Without URL, with --stack and --number: the server that the number declares, with the headers
    it declares, which are decrypted for that and go to that URL only.
    """
    from vapi_provider.cli.probe_workflow import probe_server

    if url is None and not (given["stack"] and given["number"]):
        raise click.UsageError(PROBE_TARGET())
    _finish(ctx, probe_server(url, **given), as_json)


@command.command("stack")
@click.argument("stack", type=options.STACK)
@click.option("--voice", "voice_url", metavar="URL", help="A voice server to probe as well.")
@_reported
@click.pass_context
def stack(ctx: click.Context, stack: str, voice_url: str | None, as_json: bool) -> None:
    """Ask the servers of all numbers of a stack that are asked as a call comes in.

    Secrets that are not in the stack: VAPI_PROBE_BEARER_<NAME> or VAPI_PROBE_HMAC_<NAME> for the
    number <NAME> (in capitals, _ for what is neither letter nor digit), VAPI_PROBE_VOICE_BEARER
    or VAPI_PROBE_VOICE_HMAC for the voice server. A variable that fits several numbers is refused.
    """
    from vapi_provider.cli.probe_workflow import probe_stack

    _finish(ctx, probe_stack(stack, voice_url), as_json)


def _finish(
    ctx: click.Context, results: Sequence[ProbeResult], as_json: bool, save: Path | None = None
) -> None:
    """Report the results, save the sounds on request, and exit."""
    from vapi_provider.cli.probe_workflow import save_sounds
    from vapi_provider.probe import report

    if as_json:
        write(json.dumps(report.to_json(results), indent=2))
    elif results:
        write(report.to_text(results))
    if save is not None:
        save_sounds(results, save)
    ctx.exit(0 if all(result.fine for result in results) else 2)
