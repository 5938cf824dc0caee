"""`make preview`, `make drift` and the limit of releases in `make up`, on the embedded account."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.engine.test_make_guards import clone, make

__all__ = ["clone"]

pytestmark = pytest.mark.engine


def test_run_program_is_asked_for(clone: Path, tmp_path: Path) -> None:  # noqa: F811
    """`refresh` and `destroy` run the program with RUN_PROGRAM=1 only."""
    (clone / ".venv").symlink_to(sys.prefix)
    own = {"VAPI_JOURNAL": str(tmp_path / "journal.sqlite"), "PULUMI_HOME": str(tmp_path / "home")}
    made = make(clone, "up", **own)
    assert made.returncode == 0, made.stderr
    (clone / "stacks" / "local.py").write_text(
        "raise RuntimeError('a broken program')\n", encoding="utf-8"
    )
    plain = make(clone, "refresh", **own, RUN_PROGRAM="0")
    assert plain.returncode == 0, plain.stderr
    for target in ("refresh", "destroy"):
        stopped = make(clone, target, **own, RUN_PROGRAM="1")
        assert stopped.returncode != 0
        assert "a broken program" in stopped.stdout + stopped.stderr
    destroyed = make(clone, "destroy", **own)
    assert destroyed.returncode == 0, destroyed.stderr


def test_make_speaks_for_pipelines(clone: Path, tmp_path: Path) -> None:  # noqa: F811
    """`preview` fails on errors, `drift` on drift too; a limit stops `up` and `destroy`."""
    (clone / ".venv").symlink_to(sys.prefix)
    own = {"VAPI_JOURNAL": str(tmp_path / "journal.sqlite"), "PULUMI_HOME": str(tmp_path / "home")}
    made = make(clone, "up", **own)
    assert made.returncode == 0, made.stderr
    drift = make(clone, "-s", "drift", "FORMAT=json", **own)
    assert (drift.returncode, json.loads(drift.stdout)["changes"]) == (0, [])

    (clone / "stacks" / "local.py").write_text(
        "def declare() -> dict[str, str]:\n    return {}\n", encoding="utf-8"
    )
    preview = make(clone, "-s", "preview", "FORMAT=markdown", **own)
    assert preview.returncode == 0, preview.stderr
    assert preview.stdout.startswith("**Preview of `local`: 3 deleted; 3 numbers released")
    refused = make(clone, "up", **own, VAPI_MAX_RELEASES="2")
    assert refused.returncode != 0
    assert "3 numbers would be released" in refused.stderr
    # A limit that no `up` has recorded yet.
    settings = clone / "stacks" / "Pulumi.local.yaml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(before + "  vapi:maxReleases: 0\n", encoding="utf-8")
    refused = make(clone, "destroy", **own)
    assert refused.returncode != 0
    assert "more numbers than vapi:maxReleases allows (0)" in refused.stdout + refused.stderr
    settings.write_text(before, encoding="utf-8")
    assert make(clone, "-s", "drift", **own).returncode == 0

    with closing(sqlite3.connect(clone / ".pulumi" / "account.sqlite")) as account, account:
        account.execute("DELETE FROM phone_number WHERE sip_key IS NOT NULL")
    drift = make(clone, "-s", "drift", **own)
    assert drift.returncode != 0
    assert "Drift of stack local: 1 gone." in drift.stdout
    released = make(clone, "up", **own, VAPI_MAX_RELEASES="3")
    assert released.returncode == 0, released.stderr
