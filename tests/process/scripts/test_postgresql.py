"""PostgreSQL for the tests of shared state: installed by root, else a line says what to do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NEEDED = ("sh", "mkdir", "rm", "chmod", "timeout", "cat")
SKIPPED = (
    "no PostgreSQL server, so its tests are skipped: install it "
    "(Debian, Ubuntu: apt-get install postgresql)"
)


def ensured(folder: Path, user: int, apt_get: str | None) -> tuple[str, Path]:
    """What `ensure_postgresql` says where there are only these programs; what apt-get was asked."""
    programs, places = folder / "programs", folder / "postgresql"
    programs.mkdir()
    for name in NEEDED:
        (programs / name).symlink_to(shutil.which(name) or "")
    fakes = {"id": f"echo {user}"} | ({"apt-get": apt_get} if apt_get else {})
    for name, script in fakes.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    script = ". scripts/setup.sh; ensure_postgresql"
    ran = subprocess.run(
        ["sh", "-euc", script],
        cwd=ROOT,
        env={
            "PATH": str(programs),
            "postgresql_places": str(places),
            "postgresql_settings": str(folder / "settings"),
            "log": str(folder / "log"),
        },
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return ran.stderr, folder / "log"


def test_root_gets_it_from_the_distribution(tmp_path: Path) -> None:
    """apt-get is asked for the programs, while no server of the machine would be made."""
    bin_folder = tmp_path / "postgresql" / "15" / "bin"
    apt_get = f"""echo "$*" >>"$log"
        cat {tmp_path}/settings/*.conf >>"$log"
        mkdir -p {bin_folder}; echo >{bin_folder}/initdb; chmod +x {bin_folder}/initdb"""
    said, log = ensured(tmp_path, 0, apt_get)
    assert said == "installing PostgreSQL for the tests of shared state (first time only)\n"
    asked, settings = log.read_text(encoding="utf-8").splitlines()
    assert asked.endswith("install -y --no-install-recommends postgresql")
    assert settings == "create_main_cluster = false"
    assert list((tmp_path / "settings").iterdir()) == []


def test_a_package_list_that_is_old_is_renewed_once(tmp_path: Path) -> None:
    """Where the package is not found, the list is renewed; where that fails, a line says so."""
    said, log = ensured(tmp_path, 0, 'echo "$*" >>"$log"; exit 100')
    assert said.splitlines()[-1] == SKIPPED
    assert [line.split()[-1] for line in log.read_text(encoding="utf-8").splitlines()] == [
        "postgresql",
        "update",
    ]


@pytest.mark.parametrize("apt_get", [None, 'echo "$*" >>"$log"'])
def test_nobody_else_installs_anything(tmp_path: Path, apt_get: str | None) -> None:
    """A person who is not root is told what to install, in one line."""
    said, log = ensured(tmp_path, 1000, apt_get)
    assert said == f"{SKIPPED}\n"
    assert not log.exists()
