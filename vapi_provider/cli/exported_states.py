"""The exported states that a command is given, as stacks or as files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vapi_provider.catalogue.commands import NOT_EXPORTED
from vapi_provider.errors import ConfigurationError
from vapi_provider.pulumi_cli.stack import Stack


def read_deployments(
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


def _deployment(name: str, exported: Any) -> Mapping[str, Any]:
    deployment = exported.get("deployment") if isinstance(exported, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(deployment, dict):
        raise ConfigurationError(NOT_EXPORTED(file=name, reason="it has no deployment"))
    return deployment  # pyright: ignore[reportUnknownVariableType]
