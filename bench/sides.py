"""The sides of a measurement: the same declarations with our provider and with the null one."""

from __future__ import annotations

import compileall
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.null import LATENCY, WORKERS
from bench.process import Cost, measure
from bench.results import PHASES, Measurement, Phase, Side, State
from tests.engine.conftest import Account, Project, new_project
from tests.support.repository import copy_repository
from tests.support.stores import S3_KEYS
from vapi_provider.settings.config import DEFAULT_REQUESTS

WORKERS_OF_OURS = os.environ.get("VAPI_MAX_CONCURRENT_REQUESTS", str(DEFAULT_REQUESTS))

_PROGRAM = {
    "ours": "from vapi_provider import VapiPhoneNumber as Number\n",
    "null": "from bench.null import NullNumber as Number\n",
}
_PROGRAM["checkpointed"] = _PROGRAM["null"]
WITHOUT_CHECKPOINTS = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
_TUNED = {"PULUMI_PARALLEL": "48", "GOGC": "400"}
"""What `make env` exports."""
_STACK = "bench"
_DECLARATIONS = """
for index in range({numbers}):
    Number(
        f"line-{{index:04}}",
        number_desired_area_code="415",
        fallback_destination={{
            "type": "number",
            "number": "+14155550100",
            "message": "Another desk." if index == {changed} else "Our desk.",
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
_TARGETS: dict[Phase, str] = {"no-op up": "up", "one change": "up"}


@dataclass(frozen=True)
class Case:
    """A case to measure. Latencies in milliseconds; `store_latency` is that of a shared state."""

    numbers: int
    latency: int
    repetitions: int
    phases: Sequence[Phase] = PHASES
    state: State = "files"
    store_latency: int = 0
    has_checkpointed: bool = False
    """Whether the null provider is also measured with checkpoints, on shared state."""

    @property
    def is_shared(self) -> bool:
        """Whether the state is in a store that machines share."""
        return self.state in ("s3", "postgres")


def program(side: Side, numbers: int, changed: int = -1) -> str:
    """Return the Pulumi program that declares `numbers`; number `changed` has another message."""
    return _PROGRAM[side] + _DECLARATIONS.format(numbers=numbers, changed=changed)


@dataclass
class Log:
    """Reader of the account's log; each call returns what was added since the last one."""

    file: Path
    _read: int = 0

    def read_new(self) -> tuple[dict[str, int], int]:
        """Count the requests by method, and the maximum in flight, of lines since the last call."""
        text = self.file.read_text(encoding="utf-8")[self._read :]
        self._read += len(text)
        return count(text)


def count(log: str) -> tuple[dict[str, int], int]:
    """Count the requests by method, and the maximum in flight, in lines of `serve --verbose`."""
    requests: dict[str, int] = {}
    peak = 0
    for method, at_once in re.findall(r'^"([A-Z]+) [^"]*" \S+, (\d+) at once$', log, re.MULTILINE):
        requests[method] = requests.get(method, 0) + 1
        peak = max(peak, int(at_once))
    return requests, peak


@dataclass
class Run:
    """The project of one side, on which the phases run in order."""

    side: Side
    case: Case
    account: Account
    folder: Path
    store_url: str = ""
    """URL of the backend, if the state is shared."""
    held: int = 0
    """Number of records in the account with those of other stacks; 0 if there are no others."""
    project: Project = field(init=False)

    def __post_init__(self) -> None:
        self.project = new_project(self.folder, self.account.url)
        self._log = Log(self.account.log)
        environment = self.project.environment
        environment |= {**_TUNED, "VAPI_JOURNAL": str(self.folder / "journal.sqlite")}
        if self.side != "ours" and self.case.latency:
            environment |= {LATENCY: str(self.case.latency / 1000), WORKERS: WORKERS_OF_OURS}
        if self.case.is_shared:
            # The journal is beside the state, as for plain `pulumi up`.
            del environment["VAPI_JOURNAL"]
            environment |= {**S3_KEYS, "PULUMI_BACKEND_URL": self.store_url}
            if self.side != "checkpointed":
                environment |= WITHOUT_CHECKPOINTS
            self.project.init("test")
        if self._is_make:
            self._clone()

    @property
    def _is_make(self) -> bool:
        return self.case.state == "make" and self.side == "ours"

    def _clone(self) -> None:
        """Copy the repository, and let a make target create the stack there."""
        clone = self.folder / "clone"
        copy_repository(clone)
        # Only the first run in a clone compiles it; the null provider's code was compiled before.
        compileall.compile_dir(clone / "vapi_provider", quiet=2)
        settings = f"config:\n  vapi:baseUrl: {self.account.url}\n"
        (clone / "stacks" / f"Pulumi.{_STACK}.yaml").write_text(settings, encoding="utf-8")
        environment = {**self.project.environment, "STACK": _STACK, "YES": "1"}
        self.project = Project(clone, environment)
        self._write(changed=-1)
        out = self.folder / "env.out"
        if measure(("make", "-s", "env"), clone, environment, out).code != 0:
            raise RuntimeError(f"make env failed:\n{out.read_text(encoding='utf-8')}")

    def _write(self, changed: int) -> None:
        text = program(self.side, self.case.numbers, changed)
        if self._is_make:
            text += "\n\ndef declare():\n    return {}\n"
            file = self.project.folder / "stacks" / f"{_STACK}.py"
        else:
            file = self.project.folder / "__main__.py"
        file.write_text(text, encoding="utf-8")

    def phase(self, phase: Phase, **variables: str) -> Measurement:
        """Run one phase and measure it.

        Raises RuntimeError with the output if the phase fails or warns.
        """
        self._write(changed=0 if phase == "one change" else -1)
        self._log.read_new()
        out = self.folder / f"{phase.replace(' ', '-')}.out"
        cost = self._run(phase, out, variables)
        said = out.read_text(encoding="utf-8")
        # A warning for each number would be measured as well.
        if cost.code != 0 or "warning:" in said:
            raise RuntimeError(f"{self.side}: {phase} failed or warned:\n{said[-3000:]}")
        requests, peak = self._log.read_new()
        stacks = self.folder / "numbers-state/.pulumi/stacks"
        file = "vapi-phone-numbers/bench.json" if self._is_make else "numbers/test.json"
        state = stacks / file
        return Measurement(
            side=self.side,
            numbers=self.case.numbers,
            latency=self.case.latency,
            account=self.held or self.case.numbers,
            phase=phase,
            seconds=cost.seconds,
            cpu_seconds=cost.cpu_seconds,
            plugin_kib=cost.plugin_kib,
            requests=requests if self.side == "ours" else {},
            peak=peak if self.side == "ours" else 0,
            # A state that was moved to a shared store leaves its file behind.
            state_bytes=state.stat().st_size if state.exists() and not self.case.is_shared else 0,
            state=self.case.state,
            store_latency=self.case.store_latency,
        )

    def _run(self, phase: Phase, out: Path, variables: dict[str, str]) -> Cost:
        if self._is_make:
            words = ["make", "-s", _TARGETS.get(phase, phase)]
        else:
            options = _COMMANDS[phase]
            if self.case.state == "make" and options == _UP:
                options = options[:-1]  # `make up` shows a preview.
            words = ["pulumi", *options, "--non-interactive"]
        environment = {**self.project.environment, **variables}
        return measure(words, self.project.folder, environment, out)
