"""Detection of a pause in the engine's checks, in which the program waits for the engine."""

from __future__ import annotations

from collections.abc import Callable

from vapi_provider.lifecycle.ownership import Ownership

IDLE_SECONDS = 1.0
"""Duration without a check after which the program has declared all it can for now."""


class IdleChecks:
    """Detector of a pause in the engine's checks of resources, which it makes sequentially."""

    def __init__(self, ownership: Ownership, clock: Callable[[], float]) -> None:
        self._ownership = ownership
        self._clock = clock
        self._count, self._since = ownership.checks, clock()

    def is_idle(self) -> bool:
        """Return whether the engine checked no resource for `IDLE_SECONDS`."""
        if self._ownership.checks != self._count:
            self._count, self._since = self._ownership.checks, self._clock()
        return self._clock() - self._since >= IDLE_SECONDS
