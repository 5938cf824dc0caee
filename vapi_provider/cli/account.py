"""Helpers that the commands share: settings, the API client, states, and tables of records."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vapi_provider.api.client import VapiClient
from vapi_provider.api.concurrency_limit import AdaptiveLimit
from vapi_provider.api.transport import Transport, open_http
from vapi_provider.catalogue.commands import NOT_EXPORTED
from vapi_provider.cli.pulumi_cli import Stack
from vapi_provider.deployment.exported import ids_in, instant
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.settings.config import Settings, load_settings
from vapi_provider.shared.terminal import say
from vapi_provider.shared.text import aligned, escaped

Row = dict[str, str | None]

_AUTOMATIC_NAME = re.compile(r"[^/~]+/[^/~]+/.+|.{15}~[0-9a-f]{8}~.{15}")


def settings_of(stack: Stack | None) -> Settings:
    """Return the settings that the plugin would use, from the stack's config and the environment.

    Write their warnings to stderr.
    """
    config = {} if stack is None else stack.config()
    settings = load_settings(lambda key: config.get(f"vapi:{key}"), os.environ, Path.cwd())
    for warning in settings.warnings:
        say(f"Warning: {warning}", err=True)
    return settings


@contextmanager
def account_of(settings: Settings) -> Generator[VapiClient]:
    """Open a client of the account; opening it sends no request."""
    with open_http(settings) as http:
        limit = AdaptiveLimit(settings.max_concurrent_requests)
        yield VapiClient(Transport(http, settings.api_key, limit=limit))


def deployments(
    stacks: Iterable[str], files: Iterable[str], *, show_secrets: bool = False
) -> list[Mapping[str, Any]]:
    """Return the deployments of stacks and of files that `pulumi stack export` wrote.

    Raises ConfigurationError for a file that is not an exported state, and PulumiError for a stack
    that cannot be exported.
    """
    named = [(name, Stack(name).export(show_secrets=show_secrets)) for name in stacks]
    for file in files:
        try:
            named.append((file, json.loads(Path(file).read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            raise ConfigurationError(NOT_EXPORTED(file=file, reason=error)) from None
    return [_deployment(name, exported) for name, exported in named]


def held_by(states: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the ids of the records that the states hold, without those that they only read."""
    return {id_ for state in states for id_ in ids_in(state)}


def row(record: PhoneNumberRecord, now: datetime) -> Row:
    """Return a record as a row of a table."""
    created = instant(record.created_at)
    name = record.name
    return {
        "id": record.id,
        "kind": record.kind.class_name if record.kind else record.provider,
        "reached at": record.reached_at,
        "name": name,
        "age": None if created is None else _age(now - created),
        "status": record.status,
        "likely owner": name if name and _AUTOMATIC_NAME.fullmatch(name) else None,
    }


def table(rows: list[Row]) -> str:
    """Return the rows as an aligned table under their headings."""
    lines = [list(rows[0]), *([_format_cell(value) for value in row.values()] for row in rows)]
    return "\n".join(aligned(lines))


def _deployment(name: str, exported: Any) -> Mapping[str, Any]:
    deployment = exported.get("deployment") if isinstance(exported, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(deployment, dict):
        raise ConfigurationError(NOT_EXPORTED(file=name, reason="it has no deployment"))
    return deployment  # pyright: ignore[reportUnknownVariableType]


def _format_cell(value: str | None) -> str:
    return "-" if value is None else escaped(value)


def _age(passed: timedelta) -> str:
    seconds = max(int(passed.total_seconds()), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
