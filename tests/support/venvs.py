"""Virtual environments of a test run: made once, shared by its workers, filled by our own pip."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

_OURS = ("VAPI_", "PYTHON")


def outside() -> dict[str, str]:
    """The environment of a program that is not ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


def shared_python(
    factory: pytest.TempPathFactory, name: str, *packages: str | Path, pip: bool = False
) -> Path:
    """Return the Python of a venv with `packages`; skip the test if the index is unreachable.

    Our pip installs into a venv without pip, which takes half the time to create. Pulumi needs pip.
    """
    base = factory.getbasetemp()
    # Workers of one run share what is above their own folders.
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder, done = shared / name, shared / f"{name}-is-made"
    interpreter = folder / "bin" / "python"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Of a system without locks of files.
        from filelock import FileLock
    with FileLock(shared / f"{name}.lock"):
        if not done.exists():
            done.write_text(_made(folder, interpreter, packages, pip), encoding="utf-8")
    if reason := done.read_text(encoding="utf-8"):
        pytest.skip(reason)
    return interpreter


def _made(folder: Path, interpreter: Path, packages: Sequence[str | Path], with_pip: bool) -> str:
    """Makes the venv; says why where that is nobody's fault, else nothing."""
    make = [sys.executable, "-m", "venv", *([] if with_pip else ["--without-pip"]), folder]
    subprocess.run(make, check=True)
    pip = [sys.executable, "-m", "pip", "--python", interpreter, "install"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile"]
    installed = subprocess.run(
        [*pip, *quiet, "--retries=1", "--timeout=10", *packages],
        capture_output=True,
        encoding="utf-8",
        env=outside(),
        timeout=300,
        check=False,
    )
    if "(from versions: none)" in installed.stderr:
        return f"no package index can be reached that has what {packages[0]} needs"
    assert installed.returncode == 0, installed.stderr
    return ""
