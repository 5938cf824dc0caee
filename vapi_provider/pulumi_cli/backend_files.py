"""The files of a backend that is a folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from vapi_provider.deployment.state_files import StateFiles
from vapi_provider.settings.backend import folder_of, names_of
from vapi_provider.shared.terminal import say


def files_of_backend() -> StateFiles | None:
    """Return the files of the current backend if it is a folder, else None."""
    folder = folder_of(os.environ, Path.cwd())
    return None if folder is None else StateFiles(folder)


def repair(stack: str, *, is_idle: bool = False) -> None:
    """Remove the empty attribute files that a killed run left, and report each.

    A second call for the same stack in this process is a no-op. Pass `is_idle` if the user has said
    that no run is active.
    """
    _repair(stack, is_idle, Path.cwd(), os.environ.get("PULUMI_BACKEND_URL"))


@cache
def _repair(stack: str, is_idle: bool, _folder: Path, _backend: str | None) -> None:
    files = files_of_backend()
    if files is not None:
        for line in files.repair(*names_of(stack, Path.cwd()), is_idle=is_idle):
            say(line, err=True)
