"""The probe's ring: runs the real command in this process against servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from vapi_provider.cli import main

TEXT = "Good day, who is calling?"


@dataclass
class Probed:
    """The exit code and the output of the command."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        """The report as JSON."""
        return json.loads(self.out)

    @property
    def findings(self) -> list[tuple[str, str]]:
        """The code and text of each finding, once."""
        found = [one for it in self.report["answers"] for one in it["findings"]]
        return list(dict.fromkeys((one["code"], one["says"]) for one in found))

    @property
    def codes(self) -> set[str]:
        """The codes of the findings."""
        return {code for code, _ in self.findings}


Probe = Callable[..., Probed]


@pytest.fixture
def probe() -> Probe:
    """Run `python -m vapi_provider probe …`, which must not print a traceback."""

    def run(*words: str, **environment: str) -> Probed:
        done = CliRunner(env=environment).invoke(main, ["probe", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return Probed(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def voice(probe: Probe) -> Probe:
    """Run `probe voice URL` with one text, two rates, two seconds and JSON output."""
    usual = ("--json", "--text", TEXT, "--rate", "8000", "--rate", "16000", "--timeout", "10")
    return lambda url, *words, **environment: probe("voice", url, *usual, *words, **environment)
