"""The two sides: the same declarations, with our provider and with the one that does nothing."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from bench.null import LATENCY, WORKERS
from bench.process import Cost, measure
from bench.results import Measurement, Phase, Side
from tests.engine.conftest import Account, Project, new_project
from vapi_provider.settings.config import DEFAULT_REQUESTS

WORKERS_OF_OURS = os.environ.get("VAPI_MAX_CONCURRENT_REQUESTS", str(DEFAULT_REQUESTS))

_PROGRAM = {
    "ours": "from vapi_provider import VapiPhoneNumber as Number\n",
    "null": "from bench.null import NullNumber as Number\n",
}
_DECLARATIONS = """
for at in range({numbers}):
    Number(
        f"line-{{at:04}}",
        number_desired_area_code="415",
        fallback_destination={{
            "type": "number",
            "number": "+14155550100",
            "message": "Another desk." if at == {changed} else "Our desk.",
        }},
    )
"""
_UP = ("up", "--yes", "--skip-preview")
_COMMANDS: dict[Phase, tuple[str, ...]] = {
    "up": _UP,
    "no-op up": _UP,
    "preview": ("preview",),
    "refresh": ("refresh", "--yes", "--skip-preview"),
    "one change": _UP,
    "destroy": ("destroy", "--yes", "--skip-preview"),
}


def program(side: Side, numbers: int, changed: int = -1) -> str:
    """The Pulumi program that declares `numbers`; the one at `changed` is declared otherwise."""
    return _PROGRAM[side] + _DECLARATIONS.format(numbers=numbers, changed=changed)


@dataclass
class Log:
    """What the account logs; each look tells what came since the last one."""

    file: Path
    _read: int = 0

    def since(self) -> tuple[dict[str, int], int]:
        """Requests by method, and the most that were in flight at once."""
        text = self.file.read_text(encoding="utf-8")[self._read :]
        self._read += len(text)
        return count(text)


def count(log: str) -> tuple[dict[str, int], int]:
    """Requests by method, and the most at once, of some lines of `serve --verbose`."""
    requests: dict[str, int] = {}
    peak = 0
    for method, at_once in re.findall(r'^"([A-Z]+) [^"]*" \S+, (\d+) at once$', log, re.MULTILINE):
        requests[method] = requests.get(method, 0) + 1
        peak = max(peak, int(at_once))
    return requests, peak


@dataclass
class Run:
    """One side's project, going through the phases. Latency in milliseconds."""

    side: Side
    numbers: int
    latency: int
    account: Account
    folder: Path
    held: int = 0
    """Records of the account, other stacks' too; 0: only this stack's."""
    project: Project = field(init=False)

    def __post_init__(self) -> None:
        self.project = new_project(self.folder, self.account.url)
        self._log = Log(self.account.log)
        self.project.environment["VAPI_JOURNAL"] = str(self.folder / "journal.sqlite")
        if self.side == "null" and self.latency:
            self.project.environment[LATENCY] = str(self.latency / 1000)
            self.project.environment[WORKERS] = WORKERS_OF_OURS

    def phase(self, phase: Phase, **variables: str) -> Measurement:
        """Runs one phase, which must succeed and not warn. Raises RuntimeError with its output."""
        changed = 0 if phase == "one change" else -1
        (self.project.folder / "__main__.py").write_text(
            program(self.side, self.numbers, changed), encoding="utf-8"
        )
        self._log.since()
        out = self.folder / f"{phase.replace(' ', '-')}.out"
        cost = self._run(phase, out, variables)
        said = out.read_text(encoding="utf-8")
        # A warning for each number would be measured as well.
        if cost.code != 0 or "warning:" in said:
            raise RuntimeError(f"{self.side}: {phase} failed or warned:\n{said[-3000:]}")
        requests, peak = self._log.since()
        state = self.folder / "numbers-state/.pulumi/stacks/numbers/test.json"
        return Measurement(
            side=self.side,
            numbers=self.numbers,
            latency=self.latency,
            account=self.held or self.numbers,
            phase=phase,
            seconds=cost.seconds,
            cpu_seconds=cost.cpu_seconds,
            plugin_kib=cost.plugin_kib,
            requests=requests if self.side == "ours" else {},
            peak=peak if self.side == "ours" else 0,
            state_bytes=state.stat().st_size if state.exists() else 0,
        )

    def _run(self, phase: Phase, out: Path, variables: dict[str, str]) -> Cost:
        words = ["pulumi", *_COMMANDS[phase], "--non-interactive"]
        environment = {**self.project.environment, **variables}
        return measure(words, self.project.folder, environment, out)
