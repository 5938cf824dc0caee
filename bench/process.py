"""The cost of a command and its child processes: duration, CPU time, and the plugin's memory.

Linux only: sessions and memory are read from /proc, CPU time from `wait4`.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_SAMPLE_SECONDS = 0.1
_END_SECONDS = 10.0


@dataclass(frozen=True)
class Cost:
    """Cost of a command. CPU is user and system time of the command and its child processes."""

    code: int
    seconds: float
    cpu_seconds: float
    plugin_kib: int


def adopt_orphans() -> None:
    """Make this process the parent of its children's orphans, so that their CPU time counts."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def measure(words: Sequence[str], folder: Path, environment: Mapping[str, str], out: Path) -> Cost:
    """Run a command in its own session with its output in `out`, until all processes have ended."""
    with out.open("wb") as output:
        begun = time.monotonic()
        started = start(words, folder, environment, output.fileno())
        ended = threading.Event()
        memory = _Memory(started.pid, ended)
        memory.start()
        _, status, usage = os.wait4(started.pid, 0)
        seconds = time.monotonic() - begun
    started.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    memory.join()
    cpu = usage.ru_utime + usage.ru_stime + _reap(started.pid)
    return Cost(started.returncode, seconds, cpu, memory.peak)


def start(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], output: int
) -> subprocess.Popen[bytes]:
    """Start a command in its own session."""
    return subprocess.Popen(
        words,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def members(session: int, words: str = "") -> Iterator[int]:
    """Yield a session's processes whose command line contains `words`; all if it is empty."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[3]) != session:
                continue
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if words in line:
                yield int(entry.name)


def kill(pids: Iterator[int] | Sequence[int]) -> None:
    """Kill processes; those that have already ended are ignored."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class _Memory(threading.Thread):
    """Thread that reads the peak memory of the plugin process, in KiB."""

    def __init__(self, session: int, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._ended = ended
        self.peak = 0

    def run(self) -> None:
        plugins: list[int] = []
        while not self._ended.wait(_SAMPLE_SECONDS):
            # The kernel records the peak, so only a peak after the last sample is missed.
            plugins = plugins or list(members(self._session, "pulumi.dynamic"))
            for pid in plugins:
                with suppress(OSError):
                    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
                    found = re.search(r"VmHWM:\s+(\d+) kB", status)
                    self.peak = max(self.peak, int(found[1]) if found else 0)


def _reap(session: int) -> float:
    """Kill the remaining processes of a session; return the CPU seconds of its orphans."""
    cpu, deadline = 0.0, time.monotonic() + _END_SECONDS
    while time.monotonic() < deadline:
        ours = 0
        for pid in list(members(session)):
            kill([pid])
            with suppress(ChildProcessError):  # Still the child of another process.
                reaped, _, usage = os.wait4(pid, os.WNOHANG)
                ours += 1
                cpu += usage.ru_utime + usage.ru_stime if reaped else 0.0
        if not ours:
            break
        time.sleep(0.01)
    return cpu
