"""Requirements without their pins, for a weekly run: ``python -m scripts.unpin FOLDER``.

A run-time dependency gets its range from pyproject.toml; a test tool gets any version.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(\[[^]]*\])?==[^\s;#]+")
_RANGE = re.compile(r'"([A-Za-z0-9._-]+)([<>=][^"]*)"')


def ranges(project: str) -> dict[str, str]:
    """Return the version ranges of the run-time dependencies by name."""
    found = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    return dict(_RANGE.findall(found[1])) if found else {}


def unpin(requirements: str, allowed: dict[str, str]) -> str:
    """Return the text of a requirements file without its pins."""

    def newest(pin: re.Match[str]) -> str:
        return f"{pin[1]}{pin[2] or ''}{allowed.get(pin[1], '')}"

    return "".join(_PIN.sub(newest, line) for line in requirements.splitlines(keepends=True))


def main() -> None:
    """Write both requirements files without their pins into the folder given as argument."""
    allowed = ranges((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for name in ("requirements.in", "requirements-dev.in"):
        text = unpin((ROOT / name).read_text(encoding="utf-8"), allowed)
        (Path(sys.argv[1]) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
