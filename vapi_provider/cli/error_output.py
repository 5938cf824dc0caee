"""The output of a command that fails: one line on stderr, and JSON on stdout on request."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import click

from vapi_provider.catalogue.message import split
from vapi_provider.shared.terminal import write

_JSON = ("--json", "--format=json")


def wants_json(words: Sequence[str]) -> bool:
    """Return whether a command line asks for JSON, even if it cannot be parsed."""
    pairs = zip(words, words[1:], strict=False)
    return any(word in _JSON for word in words) or ("--format", "json") in pairs


def fail(error: click.ClickException, *, as_json: bool) -> int:
    """Show an error and return its exit code, which is 1 for every error."""
    if as_json:
        text, code = split(error.format_message())
        write(json.dumps({"errors": [{"resource": None, "text": text, "code": code}]}, indent=2))
    shown = io.StringIO()
    error.show(shown)
    # `write` escapes control characters: the message may quote the user's or the account's text.
    write(shown.getvalue().rstrip("\n"), err=True)
    return 1
