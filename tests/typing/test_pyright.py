"""What people write, read by pyright in strict mode: the examples are clean, mistakes are found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLEAN = [
    *sorted((ROOT / "docs" / "examples").glob("*.py")),
    *sorted((ROOT / "stacks").glob("*.py")),
    ROOT / "tests" / "typing" / "good.py",
]
BAD = ROOT / "tests" / "typing" / "bad.py"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Path, set[int]]:
    """The lines of each file in which pyright finds something; one run for all."""
    # Rules of a project of its own: strict everywhere, the repository's are basic for tests.
    project = tmp_path_factory.mktemp("pyright") / "pyrightconfig.json"
    settings = {
        "include": [os.path.relpath(path, project.parent) for path in (*CLEAN, BAD)],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
    }
    project.write_text(json.dumps(settings), encoding="utf-8")
    command = ["-m", "pyright", "--outputjson", "--project", str(project)]
    done = subprocess.run(
        [sys.executable, *command, "--pythonpath", sys.executable],
        cwd=project.parent,
        # Without it pyright would ask a server for a newer one of itself.
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(CLEAN) + 1, done.stdout
    lines: dict[Path, set[int]] = {}
    for item in report["generalDiagnostics"]:
        lines.setdefault(Path(item["file"]), set()).add(item["range"]["start"]["line"] + 1)
    return lines


@pytest.mark.parametrize("path", CLEAN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_right_is_accepted(path: Path, found: Mapping[Path, set[int]]) -> None:
    """Every example, every stack and every way of writing a declaration is clean in strict mode."""
    assert found.get(path, set()) == set()


def test_each_mistake_is_found_where_it_is(found: Mapping[Path, set[int]]) -> None:
    """Wrong keys, literals and types, and missing keys are found, on their lines and no others."""
    lines = BAD.read_text(encoding="utf-8").splitlines()
    marked = {at for at, line in enumerate(lines, 1) if line.endswith("# expect: error")}
    assert found[BAD] == marked
    assert len(marked) == 23
