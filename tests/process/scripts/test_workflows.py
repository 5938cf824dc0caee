"""actionlint in `make check`: found, built once, or told to be missing in a line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import cache, workflows

ROOT = Path(__file__).parents[3]
GOOD = "on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make check\n"


def program(folder: Path, name: str) -> Path:
    """A program that does nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def looked_at(folder: Path, workflow: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The verdict on a project with this one workflow."""
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".github" / "workflows" / "one.yml").write_text(workflow, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "scripts.workflows"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )


def test_one_that_was_built_before_is_used(tmp_path: Path) -> None:
    """The pinned version in the cache comes before one on PATH."""
    environ = {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path / "path")}
    program(tmp_path / "path", "actionlint")
    key = workflows.recipe(environ).key
    kept = program(cache.cache_root(environ) / key / "bin", "actionlint")
    assert workflows.obtain(environ) == kept


def test_one_on_path_serves_where_there_is_no_go(tmp_path: Path) -> None:
    """Without a Go to build the pinned version, the one that is installed is used."""
    environ = {"XDG_CACHE_HOME": str(tmp_path), "PATH": str(tmp_path / "path")}
    installed = program(tmp_path / "path", "actionlint")
    assert workflows.obtain(environ) == installed


def test_neither_is_told_in_a_line_and_is_no_failure(tmp_path: Path) -> None:
    """With neither actionlint nor Go the check says what it did not look at, and passes."""
    ran = looked_at(tmp_path, "nonsense", PATH="", XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert ran.returncode == 0
    (line,) = ran.stderr.splitlines()
    assert line.endswith(
        "actionlint did not check the pipelines: Go is not installed, which builds it"
    )


@pytest.mark.engine
@pytest.mark.parametrize(("workflow", "code"), [(GOOD, 0), (GOOD.replace("steps", "step"), 1)])
def test_a_mistake_in_a_pipeline_is_found(tmp_path: Path, workflow: str, code: int) -> None:
    """A workflow that GitHub would refuse fails the check."""
    ran = looked_at(tmp_path, workflow)
    if "were not looked at" in ran.stderr:
        pytest.skip(ran.stderr.strip())
    assert ran.returncode == code, ran.stdout
