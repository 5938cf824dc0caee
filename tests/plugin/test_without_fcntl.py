"""Nothing of the package needs `fcntl`, which Windows does not have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT = [
    "purchase_killed_runs",
    "purchase_concurrency",
    "purchase_journal",
    "names_and_clashes",
    "outlived_writes",
    "operation",
    "private_file",
]
RINGS = [
    *(f"tests/unit/test_{name}.py" for name in UNIT),
    *(f"tests/process/test_{name}.py" for name in ("file_locks", "journal_processes")),
    "tests/plugin/test_plugin.py",
]


def test_no_module_of_ours_imports_it() -> None:
    """No file of the package names the module."""
    files = (ROOT / "vapi_provider").rglob("*.py")
    assert [path.name for path in files if "import fcntl" in path.read_text(encoding="utf-8")] == []


def test_what_locks_works_without_it() -> None:
    """Journal, locks and plugin pass their tests where the module cannot be imported."""
    # For whole rings: python -m tests.support.without_fcntl -m pytest tests/unit tests/process
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.without_fcntl", "-m", "pytest", "-q", "-x", *RINGS],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-5000:]
