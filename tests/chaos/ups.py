"""The commands of a run of chaos, and who is killed: each in a session of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.conftest import Project, Result

UP_SECONDS = 180.0
END_SECONDS = 30.0


@dataclass(frozen=True)
class Kill:
    """Processes to kill, of "engine" and "plugin", and the delay after the kill is due."""

    who: tuple[str, ...]
    after: float = 0.0

    def __str__(self) -> str:
        return f"kill {'+'.join(self.who)}"


class Ups:
    """The `pulumi up`s of a machine, whose own child processes alone may be killed."""

    def __init__(self, project: Project, folder: Path, shared_journal: str | None = None) -> None:
        self._project = project
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self._outputs = 0
        self._machine = 0
        self._shared_journal = shared_journal
        self.struck: bool | None = None
        """Whether the last kill hit a running process; None without a kill."""
        self.said = ""
        """Output of the last `up` or command."""
        self._killed_at = 0.0
        if shared_journal is None:
            self.move()
        else:
            project.environment.pop("VAPI_JOURNAL", None)

    @property
    def journal(self) -> Path | str:
        """The journal that the next `up` uses: this machine's file, or the URL of a shared one."""
        return self._shared_journal or self._folder / "journal" / f"{self._machine}.sqlite"

    def killed(
        self, kill: Kill, is_due: Callable[[], bool], *words: str, verb: str = "up"
    ) -> int | None:
        """Run an `up` or `destroy`, kill it when `is_due`, and return its exit code."""
        up, out = self._start(verb, *words)
        deadline = time.monotonic() + UP_SECONDS
        while not is_due() and time.monotonic() < deadline:
            if up.poll() is not None:
                break
            time.sleep(0.02)
        time.sleep(kill.after)
        plugins = list(_members(up.pid, "pulumi.dynamic")) if up.poll() is None else []
        self.struck = bool(plugins)
        if "engine" in kill.who and up.poll() is None:
            up.kill()
        if "plugin" in kill.who:
            _kill(plugins)
        self._killed_at = time.monotonic()
        return self._wait(up, out)

    def run(self, *words: str, verb: str = "up") -> int | None:
        """Run an `up` or `destroy`; return its exit code, None if it did not end in time."""
        return self._wait(*self._start(verb, *words))

    def wait_since_kill(self, seconds: float) -> None:
        """Wait until `seconds` after the last kill."""
        time.sleep(max(0.0, self._killed_at + seconds - time.monotonic()))

    def unlock(self, *, mend: bool = True) -> None:
        """Remove the lock of a killed engine with `pulumi cancel`.

        With `mend`, also remove empty attribute files, as the make targets do.
        """
        url = self._project.environment["PULUMI_BACKEND_URL"]
        if url.startswith("file://"):
            state = Path(url.removeprefix("file://"))
            for beside in (state / ".pulumi").rglob("*.attrs") if mend else ():
                if beside.stat().st_size == 0:
                    beside.unlink()
            if not any(path.is_file() for path in (state / ".pulumi" / "locks").rglob("*")):
                return
        cancelled = self._project.pulumi("cancel", "--yes").text
        # Keep the output of the last `up` in `said`, because its errors contain the hints.
        self._write("cancel", cancelled)

    def move(self) -> None:
        """Run all later commands as another machine, with an empty journal."""
        self._machine += 1
        self._project.environment["VAPI_JOURNAL"] = str(self.journal)

    def command(self, *words: str) -> Result:
        """Run a command of our package without a terminal."""
        done = subprocess.run(
            [sys.executable, "-m", "vapi_provider", *words],
            cwd=self._project.folder,
            env=self._project.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=UP_SECONDS,
        )
        self._note(words[0], done.stdout)
        return Result(done.returncode, done.stdout)

    def recover(self, stack: str = "test") -> dict[str, Any]:
        """Resolve pending operations, as the make targets do; return the command's JSON."""
        said = self.command("recover", "--stack", stack, "--json", "--yes").text
        at = said.find("{")
        # After a refusal, such as of an empty account, a line of text follows the JSON.
        told = json.JSONDecoder().raw_decode(said, at)[0] if at >= 0 else {}
        return {"operations": [], "unheld": [], **told}

    def end(self) -> list[str]:
        """Wait for the plugins to end, kill the rest, and return a line for each killed plugin."""
        self.wait_for_plugins()
        findings = [f"still there: {_command(pid)}" for pid in self._left("pulumi.dynamic")]
        # Pulumi's own language host outlives a killed engine for good.
        _kill(self._left())
        return findings

    def wait_for_plugins(self) -> None:
        """Wait until the plugins of all `up`s have ended, at most `END_SECONDS`."""
        deadline = time.monotonic() + END_SECONDS
        while self._left("pulumi.dynamic") and time.monotonic() < deadline:
            time.sleep(0.1)

    def _left(self, words: str = "") -> list[int]:
        return [pid for up in self._started for pid in _members(up.pid, words)]

    def _note(self, name: str, said: str) -> None:
        self.said = said
        self._write(name, said)

    def _write(self, name: str, said: str) -> None:
        self._outputs += 1
        out = self._folder / f"{self._outputs:02}-{name}.out"
        out.write_text(said, encoding="utf-8")

    def _start(self, verb: str, *words: str) -> tuple[subprocess.Popen[bytes], Path]:
        self._outputs += 1
        path = self._folder / f"{self._outputs:02}-{verb}.out"
        with path.open("wb") as out:
            up = subprocess.Popen(
                ["pulumi", verb, "--yes", "--skip-preview", "--non-interactive", *words],
                cwd=self._project.folder,
                env=self._project.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(up)
        return up, path

    def _wait(self, up: subprocess.Popen[bytes], out: Path) -> int | None:
        try:
            return up.wait(UP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill(list(_members(up.pid)))
            up.wait(END_SECONDS)
            return None
        finally:
            self.said = out.read_text(encoding="utf-8", errors="replace")


def _members(session: int, words: str = "") -> Iterator[int]:
    """Yield the running processes of a session whose command line contains `words`."""
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
