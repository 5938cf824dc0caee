"""The process that stands between make and the engine: signals and the end are passed on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.posix

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import signal, sys
counts = []
def heard(number, _):
    counts.append(number)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, heard)
print("ready", flush=True)
import time
end = time.monotonic() + 30
while not counts and time.monotonic() < end:
    time.sleep(0.01)
time.sleep(0.3)
print(*counts, flush=True)
sys.exit(len(counts) + 40)
"""


def started(*words: str, tmp_path: Path) -> subprocess.Popen[str]:
    """A wrapped command, as make starts it: in the group of another process."""
    wrapped = [sys.executable, "-m", "scripts.run_engine", "local", *words]
    program = f"import subprocess, sys; sys.exit(subprocess.call({wrapped!r}) % 256)"
    return subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(2, lambda *_: None);"
         "signal.signal(15, lambda *_: None);" + program],
        cwd=ROOT,
        env={**os.environ, "VAPI_JOURNAL": str(tmp_path / "none.sqlite")},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_group_reaches_the_engine_once(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C and a pipeline's cancel reach it by themselves: a second one would end it at once."""
    with started(sys.executable, "-c", CHILD, tmp_path=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, number)
        assert process.stdout.readline() == f"{int(number)}\n"
        assert process.wait(30) == 41


def test_a_signal_to_its_process_is_passed_on(tmp_path: Path) -> None:
    """Who ends the process that make started ends the engine, as if make had started that."""
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.run_engine", "local", sys.executable, "-c", CHILD],
        cwd=ROOT,
        env={**os.environ, "VAPI_JOURNAL": str(tmp_path / "none.sqlite")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "15\n"
        assert process.wait(30) == 41


def test_a_killed_engine_is_told_as_one(tmp_path: Path) -> None:
    """The end by a signal is passed on as one, and the facts of the run are removed."""
    facts = tmp_path / "facts.json"
    facts.write_text("{}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.run_engine", "local", "sh", "-c", "kill -KILL $$"],
        cwd=ROOT,
        env={**os.environ, "VAPI_PREFLIGHT": str(facts), "VAPI_JOURNAL": str(tmp_path / "none")},
    )
    assert done.returncode == -signal.SIGKILL
    assert not facts.exists()
