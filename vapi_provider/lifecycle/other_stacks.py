"""Purchases of an interrupted run whose record another stack of the backend holds by now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vapi_provider.deployment.intents import finish_held_intents
from vapi_provider.journal.journal import Journal
from vapi_provider.pulumi_sdk.workers import blocking
from vapi_provider.reconcile.resource_key import stack_of

Deployments = Callable[[str, str], Sequence[tuple[str, Mapping[str, Any]]]]
"""Returns the deployments of the backend's other stacks, given a project and a stack."""


class OtherStacks:
    """The recorded states of the backend's other stacks, compared with the journal once."""

    def __init__(self, journal: Journal, deployments: Deployments) -> None:
        self._journal = journal
        self._deployments = deployments
        self._lock = threading.Lock()
        self._compared: set[tuple[str, str]] = set()

    def finish_held(self, key: str) -> None:
        """Finish the intents of a resource's stack whose record another stack's state holds.

        That is so after `pulumi state move`. The states are read once per stack of a run, and only
        where a run was interrupted.
        """
        stack = stack_of(key)
        with blocking(), self._lock:
            if stack not in self._compared:
                intents = self._journal.unfinished(*stack)
                finish_held_intents(self._journal, intents, {}, lambda: self._deployments(*stack))
                self._compared.add(stack)
