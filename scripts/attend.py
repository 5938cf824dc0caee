"""Runs the engine for a make target, then marks in the journal what the state holds.

``python -m scripts.attend STACK COMMAND…``. Signals reach the engine once, as if it had been
started in this place, and its end is this process's end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(stack: str, command: Sequence[str]) -> int:
    """Run the command; return its exit code, negative for the signal that ended it."""
    facts = os.environ.get("VAPI_PREFLIGHT")
    try:
        code = run(command)
        finish(stack)
    finally:
        if facts:
            Path(facts).unlink(missing_ok=True)
    return code


def run(command: Sequence[str]) -> int:
    """Run the command to its end, whatever signals come meanwhile."""
    early: list[int] = []
    for number in FORWARDED:
        signal.signal(number, lambda number, _: early.append(number))
    process = subprocess.Popen(command)  # noqa: S603 - a make target's own words
    # A signal to the whole group (Ctrl-C in a terminal) reaches the engine by itself, and a second
    # one would make it stop at once: so this process leaves the group.
    is_apart = _leave_group()

    def forward(number: int, _: FrameType | None = None) -> None:
        if number == signal.SIGINT and not is_apart and sys.stdin.isatty():
            return
        with suppress(ProcessLookupError):
            process.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, forward)
    if signal.SIGTERM in early:
        forward(signal.SIGTERM)
    return process.wait()


def finish(stack: str) -> None:
    """Finish the stack's intents that its state holds by now; the next run tries again."""
    # Whatever goes wrong here, the engine's end is what make has to tell.
    with suppress(Exception):
        from vapi_provider.deployment.preflight import has_answered

        if has_answered(os.environ, Path.cwd(), stack):
            # Imported lazily: most runs leave nothing unfinished.
            from vapi_provider.cli.preflight_workflow import finish_own

            finish_own(stack)


def _leave_group() -> bool:
    # To write to the terminal from outside of its foreground group.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    if os.getpid() == os.getpgrp():
        return False
    with suppress(OSError):
        os.setpgid(0, 0)
        return True
    return False


def end(code: int) -> None:
    """End as the command ended."""
    if code < 0:
        with suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    end(main(sys.argv[1], sys.argv[2:]))
