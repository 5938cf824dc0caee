"""Python's collector of cycles, in a process that lives for one run of the engine."""

from __future__ import annotations

import gc

COLLECT_AFTER = 50_000
"""Objects made before Python looks for cycles; by itself it looks after 700 or 2,000."""


def collect_rarely() -> None:
    """Makes the collector look seldom: what a run makes is used until it ends.

    One that is off, or has been told to look more seldom still, stays as it is.
    """
    first, second, third = gc.get_threshold()
    if gc.isenabled() and 0 < first < COLLECT_AFTER:
        gc.set_threshold(COLLECT_AFTER, second, third)
