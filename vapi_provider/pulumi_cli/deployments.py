"""Deployments of the stacks of a backend: from its files if it is a folder, else by exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from vapi_provider.catalogue.commands import READING_STACKS, STACK_UNREADABLE
from vapi_provider.catalogue.message import Message
from vapi_provider.deployment.state_files import UnreadableError
from vapi_provider.pulumi_cli.backend_files import files_of_backend
from vapi_provider.pulumi_cli.stack import NoStackError, PulumiError, Stack, stacks_of_backend
from vapi_provider.settings.backend import names_of

Deployment = Mapping[str, Any]

EXPORTS_AT_ONCE = 4
"""Stacks that are exported at a time: an export waits for the backend about half of its time."""

NOTIFY_FROM_STACKS = 20
"""Smallest number of exports that is reported to the user."""


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
    project: str,
    stack: str,
    report: Callable[[Message], None],
    before_each: Callable[[], None] = lambda: None,
    *,
    must_exist: bool = False,
) -> Sequence[tuple[str, Deployment]]:
    """Return the names and deployments of the backend's stacks, except this one.

    Stacks are distinguished by project and name. What cannot be read is left out and passed to
    `report`; with `must_exist`, also a backend without this stack, which is the wrong one.
    `before_each` is called before each export; an exception ends the reading.
    """
    files = files_of_backend()
    if files is not None:
        with suppress(UnreadableError):
            if must_exist and files.read(project, stack) is None:
                report(_another_backend(stack))
            return list(files.others(project, stack))
    try:
        names = stacks_of_backend()
    except PulumiError as error:
        report(STACK_UNREADABLE(stack="other stacks of this backend", cause=error))
        return []
    others = [name for name in names if names_of(name, Path.cwd()) != (project, stack)]
    if must_exist and len(others) == len(names):
        report(_another_backend(stack))
    if len(others) >= NOTIFY_FROM_STACKS:
        report(READING_STACKS(count=len(others)))
    return _exported(others, report, before_each)


def _another_backend(stack: str) -> Message:
    """Return the message that a relative URL of a folder was resolved in the wrong folder."""
    cause = f"stack {stack} is not in the backend as it is seen from {Path.cwd()}"
    return STACK_UNREADABLE(stack="other stacks of this backend", cause=cause)


def _exported(
    stacks: Sequence[str], report: Callable[[Message], None], before_each: Callable[[], None]
) -> Sequence[tuple[str, Deployment]]:
    # Lazy import: a backend that is a folder needs no threads.
    from concurrent.futures import ThreadPoolExecutor

    def export(stack: str) -> Deployment | PulumiError:
        before_each()
        try:
            return Stack(stack).export().get("deployment") or {}
        except PulumiError as error:
            return error

    deployments: list[tuple[str, Deployment]] = []
    pool = ThreadPoolExecutor(EXPORTS_AT_ONCE)
    try:
        for name, found in zip(stacks, pool.map(export, stacks), strict=True):
            if isinstance(found, PulumiError):
                report(STACK_UNREADABLE(stack=f"stack {name}", cause=found))
            else:
                deployments.append((name, found))
    finally:
        pool.shutdown(cancel_futures=True)
    return deployments
