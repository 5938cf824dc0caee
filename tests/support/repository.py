"""A copy of the project as somebody clones it, to run its make targets in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def copy_repository(folder: Path) -> None:
    """Copy what would be committed, without the tests, and link the venv of this process."""
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    names = subprocess.run(
        listing, cwd=_ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout
    for name in filter(None, names.split("\0")):
        if (_ROOT / name).is_file() and not name.startswith("tests/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(_ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
