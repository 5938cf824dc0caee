"""Purchases of an interrupted run whose record another stack of the backend holds by now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vapi_provider.deployment.intents import finish_held_intents
from vapi_provider.errors import VapiError
from vapi_provider.journal.journal import Journal
from vapi_provider.pulumi_sdk.workers import blocking
from vapi_provider.reconcile.resource_key import stack_of

Deployments = Callable[[str, str], Sequence[tuple[str, Mapping[str, Any]]]]
"""Returns the deployments of the backend's other stacks, given a project and a stack."""


class OtherStacks:
    """The recorded states of the backend's other stacks, compared with the journal.

    Each stack of a run is compared once, and only where a run was interrupted.
    """

    def __init__(self, journal: Journal, deployments: Deployments) -> None:
        self._journal = journal
        self._deployments = deployments
        self._lock = threading.Lock()
        self._compared: dict[tuple[str, str], VapiError | None] = {}

    def finish_held(self, key: str) -> None:
        """Finish the intents of a resource's stack whose record another stack's state holds.

        `pulumi state move` causes this. Raises a VapiError where the journal cannot be written or
        the engine has exited.
        """
        stack = stack_of(key)
        # Serve other calls meanwhile: without further checks, the program would seem to have ended.
        with blocking(), self._lock:
            if stack not in self._compared:
                self._compared[stack] = self._compare(*stack)
            failure = self._compared[stack]
        if failure is not None:
            raise failure

    def _compare(self, project: str, stack: str) -> VapiError | None:
        try:
            intents = self._journal.unfinished(project, stack)
            finish_held_intents(
                self._journal, intents, {}, lambda: self._deployments(project, stack)
            )
        except VapiError as error:
            return error
        return None
