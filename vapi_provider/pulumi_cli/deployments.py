"""Deployments of the stacks of a backend: from its files if it is a folder, else by exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from vapi_provider.catalogue.commands import STACK_UNREADABLE
from vapi_provider.catalogue.message import Message
from vapi_provider.deployment.state_files import UnreadableError
from vapi_provider.pulumi_cli.backend_files import files_of_backend
from vapi_provider.pulumi_cli.stack import NoStackError, PulumiError, Stack, stacks_of_backend
from vapi_provider.settings.backend import names_of

Deployment = Mapping[str, Any]


def deployment_of(stack: str) -> Deployment | None:
    """Read a stack's state; return None if there is no such stack.

    Raises PulumiError if it cannot be read.
    """
    files = files_of_backend()
    if files is not None:
        with suppress(UnreadableError):
            return files.read(*names_of(stack, Path.cwd()))
    try:
        return Stack(stack).export().get("deployment") or {}
    except NoStackError:
        return None


def other_deployments(
    project: str, stack: str, report: Callable[[Message], None]
) -> Sequence[tuple[str, Deployment]]:
    """Return the names and deployments of the backend's other stacks.

    A stack that cannot be read is left out and passed to `report`.
    """
    files = files_of_backend()
    if files is not None:
        with suppress(UnreadableError):
            return list(files.others(project, stack))
    deployments: list[tuple[str, Deployment]] = []
    try:
        stacks = stacks_of_backend()
    except PulumiError as error:
        report(STACK_UNREADABLE(stack="other stacks of this backend", cause=error))
        return []
    for other in stacks:
        if names_of(other, Path.cwd()) == (project, stack):
            continue
        try:
            deployments.append((other, Stack(other).export().get("deployment") or {}))
        except PulumiError as error:
            report(STACK_UNREADABLE(stack=f"stack {other}", cause=error))
    return deployments
