"""The commands of a run of chaos, and who is killed: each in a session of its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.chaos.scenario import Scenario
from tests.engine.conftest import Account, Project

UP_SECONDS = 120.0
END_SECONDS = 30.0


class Ups:
    """The `pulumi up`s of a run: nothing but what they started is ever killed."""

    def __init__(self, project: Project, folder: Path) -> None:
        self._project = project
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._machine = 1
        self.struck = False
        """Whether the kill found somebody to kill."""
        self._killed_at = 0.0

    @property
    def journal(self) -> Path:
        """The journal of the machine that the next `up` runs on."""
        return self._folder / "journal" / f"{self._machine}.sqlite"

    def first(self, scenario: Scenario, account: Account) -> int | None:
        """The up that the trouble is for; its exit code."""
        up = self._start("--parallel", str(scenario.parallel))
        if scenario.killed:
            deadline = time.monotonic() + UP_SECONDS
            while not self._is_due(scenario, account) and time.monotonic() < deadline:
                if up.poll() is not None:
                    break
                time.sleep(0.02)
            time.sleep(scenario.after)
            plugins = list(_members(up.pid, "pulumi.dynamic")) if up.poll() is None else []
            self.struck = bool(plugins)
            if "engine" in scenario.killed and up.poll() is None:
                up.kill()
            if "plugin" in scenario.killed:
                _kill(plugins)
            self._killed_at = time.monotonic()
        return self._wait(up)

    def run(self, *words: str) -> int | None:
        """One more up; its exit code, None where it did not end in time."""
        return self._wait(self._start(*words))

    def wait_since_kill(self, seconds: float) -> None:
        """Waits until the kill was so long ago."""
        time.sleep(max(0.0, self._killed_at + seconds - time.monotonic()))

    def unlock(self) -> None:
        """What a person does where an engine left its lock, or a file of its own half written."""
        state = Path(self._project.environment["PULUMI_BACKEND_URL"].removeprefix("file://"))
        for beside in (state / ".pulumi").rglob("*.attrs"):
            if beside.stat().st_size == 0:
                beside.unlink()
        if any(path.is_file() for path in (state / ".pulumi" / "locks").rglob("*")):
            said = self._project.pulumi("cancel", "--yes").text
            (self._folder / f"cancel-{len(self._started)}.out").write_text(said, encoding="utf-8")

    def move(self) -> None:
        """From now on everything runs on another machine: its journal knows of nothing."""
        self._machine += 1

    def recover(self) -> dict[str, Any]:
        """Settles what is pending, as the make targets do; what was listed beside it."""
        words = ["recover", "--stack", "test", "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "vapi_provider", *words, "--yes"],
            cwd=self._project.folder,
            env={**self._project.environment, "VAPI_JOURNAL": str(self.journal)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=UP_SECONDS,
        )
        (self._folder / f"recover-{len(self._started)}.out").write_text(
            done.stdout, encoding="utf-8"
        )
        at = done.stdout.find("{")
        return json.loads(done.stdout[at:]) if at >= 0 else {"operations": [], "unheld": []}

    def end(self) -> list[str]:
        """Waits until our plugins have ended by themselves, and ends the rest; what had to be."""
        deadline = time.monotonic() + END_SECONDS
        while self._left("pulumi.dynamic") and time.monotonic() < deadline:
            time.sleep(0.1)
        findings = [f"still there: {_command(pid)}" for pid in self._left("pulumi.dynamic")]
        # Pulumi's own language host outlives a killed engine for good.
        _kill(self._left())
        return findings

    def _is_due(self, scenario: Scenario, account: Account) -> bool:
        if scenario.records == 0:
            return bool(account.requests())
        # From the file: a request of ours would be one that a fault counts.
        with closing(sqlite3.connect(self._folder / "account.db")) as file:
            (records,) = file.execute("SELECT count(*) FROM phone_number").fetchone()
        return records >= scenario.records

    def _left(self, words: str = "") -> list[int]:
        return [pid for up in self._started for pid in _members(up.pid, words)]

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"up-{len(self._started)}.out").open("wb") as out:
            up = subprocess.Popen(
                ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", *words],
                cwd=self._project.folder,
                env={**self._project.environment, "VAPI_JOURNAL": str(self.journal)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(up)
        return up

    def _wait(self, up: subprocess.Popen[bytes]) -> int | None:
        try:
            return up.wait(UP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(list(_members(up.pid)))
            up.wait(END_SECONDS)
            return None


def _members(session: int, words: str = "") -> Iterator[int]:
    """The processes of a session whose command line has `words`; those that ended do not count."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ours = int(state[3]) == session and state[0] != "Z"
            if ours and words in _command(int(entry.name)):
                yield int(entry.name)


def _command(pid: int) -> str:
    with suppress(OSError):
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        return line.replace(b"\0", b" ").decode(errors="replace")
    return ""


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # It may have ended meanwhile.
            os.kill(pid, signal.SIGKILL)
