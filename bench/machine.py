"""The machine on which the benchmark ran."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path


def machine() -> str:
    """Return one line: processor, memory, versions, and variables that change the results."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cli = subprocess.run(["pulumi", "version"], capture_output=True, encoding="utf-8", check=True)
    parts = [
        f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()})",
        f"{memory:.0f} GiB",
        f"{platform.system()} {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}",
        f"Pulumi CLI {cli.stdout.strip().removeprefix('v')}",
        f"SDK {version('pulumi')}",
        *_knobs(),
    ]
    return ", ".join(parts)


def _knobs() -> list[str]:
    shown = re.compile(
        r"PULUMI_(PARALLEL|SKIP_CHECKPOINTS|EXPERIMENTAL|DIY_\w+)|GOGC|GOMAXPROCS"
        r"|VAPI_MAX_CONCURRENT_REQUESTS"
    )
    return sorted(f"{name}={value}" for name, value in os.environ.items() if shown.fullmatch(name))
