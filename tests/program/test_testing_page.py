"""docs/testing.md: what it shows to people who test their programs runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```python\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def outside() -> dict[str, str]:
    """The environment of a person who has neither a key nor anything else of ours."""
    ours = ("VAPI_", "PULUMI", "PYTEST")
    known = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**known, "PYTHONPATH": str(ROOT)}


def ran(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The tests of the folder, run by pytest in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        env=outside(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        encoding="utf-8",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that holds the page's files and nothing else."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_page_runs(folder: Path) -> None:
    """Every test that the page shows passes without a key, an organization and an engine."""
    assert set(FILES) == {"desk.py", "test_desk.py"}
    done = ran(folder)
    assert done.returncode == 0, done.stdout
    assert f"{FILES['test_desk.py'].count('def test_')} passed" in done.stdout


def test_the_page_would_notice(folder: Path) -> None:
    """The tests of the page fail where the component is wrong."""
    component = FILES["desk.py"].replace('"type": "number"', '"type": "sip"')
    (folder / "desk.py").write_text(component, encoding="utf-8")
    assert ran(folder).returncode == 1
