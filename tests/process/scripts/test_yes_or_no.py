"""Yes-or-no variables of make: yes, no, and an error for anything else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
YES = ["1", "y", "yes", "Yes", "YES", "true", "True", "on"]
NO = ["", "0", "n", "no", "No", "NO", "false", "False", "off"]
NEITHER = [
    "maybe",
    "2",
    "yes please",
    "1\n0",
    "yes\nno",
    "-",
    "*",
    "$(touch made)",
    "'",
    "01",
    " yes",
]


def asked(folder: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line with these variables and a `make` that only prints its words."""
    (folder / "bin").mkdir()
    (folder / "bin" / "make").write_text('#!/bin/sh\necho "make $*"\n', encoding="utf-8")
    (folder / "bin" / "make").chmod(0o755)
    (folder / "scripts").symlink_to(ROOT / "scripts")
    return subprocess.run(
        ["sh", "-euc", script],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


SCRIPT = ". scripts/yes_or_no.sh; if says_yes YES; then echo yes; else echo no; fi"


@pytest.mark.parametrize("answer", YES)
def test_yes_is_yes(tmp_path: Path, answer: str) -> None:
    """Each usual spelling of yes counts, in any letter case."""
    assert asked(tmp_path, SCRIPT, YES=answer).stdout == "yes\n"


@pytest.mark.parametrize("answer", NO)
def test_no_is_no(tmp_path: Path, answer: str) -> None:
    """Each usual spelling of no counts, and so do an empty variable and none."""
    assert asked(tmp_path, SCRIPT, YES=answer).stdout == "no\n"


@pytest.mark.parametrize("answer", NEITHER)
def test_anything_else_is_refused(tmp_path: Path, answer: str) -> None:
    """A value that is neither yes nor no ends the shell with one line and runs nothing."""
    ran = asked(tmp_path, SCRIPT, YES=answer)
    assert (ran.returncode, ran.stdout) == (1, "")
    (line,) = ran.stderr.splitlines()
    assert line.startswith("make: YES is '")
    assert line.endswith("set it to yes or no")
    assert not (tmp_path / "made").exists()


def test_an_unset_variable_is_no(tmp_path: Path) -> None:
    """A variable that nobody set is no."""
    assert asked(tmp_path, SCRIPT).stdout == "no\n"


@pytest.mark.parametrize("name", ["UNLOCK", "REFRESH"])
@pytest.mark.parametrize(
    ("answer", "code", "runs"), [("false", 0, False), ("1", 0, True), ("maybe", 1, False)]
)
def test_gitlabs_repair_asks_the_same_way(
    tmp_path: Path, name: str, answer: str, code: int, runs: bool
) -> None:
    """UNLOCK and REFRESH of the GitLab pipeline are read as YES is."""
    gitlab = yaml.safe_load((ROOT / "docs" / "gitlab-ci.yml").read_text(encoding="utf-8"))
    (line,) = [line for line in gitlab[".deploy"]["script"] if name in line]
    ran = asked(tmp_path, line, **{name: answer})
    assert ran.returncode == code
    assert ran.stdout == (f"make {name.lower()} YES=1\n" if runs else "")
