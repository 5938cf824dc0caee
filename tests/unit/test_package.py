"""What pip is told about the package agrees with what is tested here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def pins(file: str) -> dict[str, set[str]]:
    """The versions that a file of requirements pins, by name; markers may choose among several."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)(?:\[\w+\])?==([\w.]+)", line):
            found.setdefault(match[1].lower(), set()).add(match[2])
    return found


def test_the_ranges_of_the_package_hold_the_pins() -> None:
    """Each run-time dependency has a range that begins with what is tested, and ends somewhere."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r"^dependencies = \[(.*?)^\]", text, re.M | re.S)
    extras = re.search(r"^\[project.optional-dependencies\]\n(.*?)^\[", text, re.M | re.S)
    assert declared
    assert extras
    texts = re.findall(r'"(.+?)"', declared[1] + extras[1])
    ranges = {(r := Requirement(text)).name: r.specifier for text in texts}
    direct = pins("requirements.in")
    del direct["pip"]  # Pulumi's engine runs it, and no module of the package imports it.
    assert set(ranges) == set(direct)
    for name, (version,) in direct.items():
        assert ranges[name].contains(version), name
        assert {one.operator for one in ranges[name]} == {">=", "<"}, name


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_the_lock_holds_what_is_asked_for(name: str) -> None:
    """Each pin is in the lock that is installed; `make lock` writes it."""
    locked = pins(f"{name}.txt")
    for package, versions in pins(f"{name}.in").items():
        assert versions <= locked[package], package


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_of_a_lock_has_hashes(name: str) -> None:
    """pip takes nothing that no hash holds, and the lock names no host."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.sub(r"^ *#.*\n", "", text, flags=re.M).replace("\\\n", "").splitlines()
    assert entries
    line = re.compile(r"[\w.-]+(\[\w+\])?==\S+( ; [^;]+?)? +(--hash=sha256:[0-9a-f]{64} *)+")
    assert [entry for entry in entries if not line.fullmatch(entry)] == []
    assert "://" not in text


def test_a_deploy_runs_what_was_tested() -> None:
    """Whatever a deploy installs is in the lock of the tests in the same version."""
    tested = pins("requirements-dev.txt")
    for package, versions in pins("requirements.txt").items():
        assert versions == tested[package], package
