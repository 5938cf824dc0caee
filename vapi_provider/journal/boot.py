"""Time since the machine's boot: it can be compared between runs, and nobody sets it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class BootClock:
    """Seconds since the boot that `boot` names; an empty `boot` cannot be compared with another."""

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
