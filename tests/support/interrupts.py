"""The disposition of SIGINT, which child processes inherit."""

from __future__ import annotations

import signal


def accept_interrupts() -> None:
    """Let child processes end on SIGINT, although a shell ignores it in its background jobs.

    Pulumi ends its language host with SIGINT, and waits five seconds for one that ignores it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
