"""Tuning of Python's garbage collector for a process that lives for one run of the engine."""

from __future__ import annotations

import gc

COLLECT_AFTER = 50_000
"""Allocations before a collection starts. Python's own threshold is 700 or 2,000."""


def raise_gc_threshold() -> None:
    """Raise the threshold of the garbage collector: most objects of a run live until its end.

    A collector that is disabled, or that has a higher threshold already, is left unchanged.
    """
    first, second, third = gc.get_threshold()
    if gc.isenabled() and 0 < first < COLLECT_AFTER:
        gc.set_threshold(COLLECT_AFTER, second, third)
