"""What pip is told about the package agrees with what is tested here."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def test_the_ranges_of_the_package_hold_the_pins() -> None:
    """Each run-time dependency has a range that begins with what is tested, and ends somewhere."""
    declared = re.search(
        r"^dependencies = \[(.*?)^\]",
        (ROOT / "pyproject.toml").read_text(encoding="utf-8"),
        re.M | re.S,
    )
    assert declared
    ranges = {
        (r := Requirement(text)).name: r.specifier for text in re.findall(r'"(.+?)"', declared[1])
    }
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", line)[0] for line in lines if "==" in line)
    assert set(ranges) == set(pins)
    for name, version in pins.items():
        assert ranges[name].contains(version), name
        assert {one.operator for one in ranges[name]} == {">=", "<"}, name
