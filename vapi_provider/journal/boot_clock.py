"""Time since the machine's boot, which can be compared between runs and is never adjusted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class BootClock:
    """A clock of seconds since the boot that `boot` identifies.

    If `boot` is empty, times cannot be compared with those of another process.
    """

    boot: str
    now: Callable[[], float]

    @classmethod
    def of_machine(cls) -> BootClock:
        """Return this machine's clock."""
        try:
            boot = _BOOT_ID.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            boot = ""
        kind: int | None = getattr(time, "CLOCK_BOOTTIME", None)
        return cls(boot, time.monotonic if kind is None else lambda: time.clock_gettime(kind))
