"""A `pulumi` on PATH that answers from files, for tests of commands without the engine."""

from __future__ import annotations

from pathlib import Path

import pytest


def stub_pulumi(project: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in the folder `project` with a `pulumi` that runs `script`; return the script's folder.

    The script is of the Bourne shell, and its arguments are those of the CLI.
    """
    folder, program = project / "stub", project / "bin" / "pulumi"
    for made in (folder, program.parent):
        made.mkdir()
    program.write_text(f'#!/bin/sh\ncd "$(dirname "$0")/../stub"\n{script}', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.chdir(project)
    return folder
