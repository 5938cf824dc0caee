"""A wrapper that runs the engine for a make target, then finishes intents in the journal.

``python -m scripts.run_engine STACK COMMAND…``. It forwards each signal to the engine once, and
ends with the engine's exit code or signal.
"""

from __future__ import annotations

import importlib
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
    """Run the command until it ends, forward signals to it, and return its exit code."""
    early: list[int] = []
    for number in FORWARDED:
        signal.signal(number, lambda number, _: early.append(number))
    process = subprocess.Popen(command)  # noqa: S603 - a make target's own words
    # This process leaves the group: a signal to the whole group, such as Ctrl-C in a terminal,
    # reaches the engine directly, and a forwarded second one would make it abort.
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
    _import_early()
    return process.wait()


def finish(stack: str) -> None:
    """Finish the stack's intents whose record its state holds; ignore errors.

    The next run tries again.
    """
    # An error here must not hide the engine's exit code.
    with suppress(Exception):
        from vapi_provider.cli.preflight_workflow import finish_own

        finish_own(stack)


def _import_early() -> None:
    # The engine mostly waits for other processes when it starts, and at its end the user waits.
    with suppress(Exception):
        for name in ("vapi_provider.cli.preflight_workflow", "vapi_provider.journal.factory"):
            importlib.import_module(name)


def _leave_group() -> bool:
    # A process outside of the terminal's foreground group gets SIGTTOU when it writes.
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    if os.getpid() == os.getpgrp():
        return False
    with suppress(OSError):
        os.setpgid(0, 0)
        return True
    return False


def end(code: int) -> None:
    """Exit with the command's exit code, or by the signal that ended it."""
    if code < 0:
        with suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    end(main(sys.argv[1], sys.argv[2:]))
