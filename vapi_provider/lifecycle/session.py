"""Session of a plugin process: the account and everything else that its threads share."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from vapi_provider.api.client import VapiClient
from vapi_provider.api.lazy_transport import LazyTransport
from vapi_provider.deployment.facts import VARIABLE, StateFacts, read_facts
from vapi_provider.deployment.preview_outputs import PreviewOutputs
from vapi_provider.errors import TakenError
from vapi_provider.journal.factory import open_journal
from vapi_provider.journal.operation import OperationEvents
from vapi_provider.lifecycle.account_identity import AccountIdentity
from vapi_provider.lifecycle.account_view import AccountView
from vapi_provider.lifecycle.idle_checks import IdleChecks
from vapi_provider.lifecycle.late_records import LateRecords
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.lifecycle.other_stacks import Deployments, OtherStacks
from vapi_provider.lifecycle.ownership import Ownership
from vapi_provider.lifecycle.purchaser import Purchaser
from vapi_provider.lifecycle.release import RecordedHolders
from vapi_provider.lifecycle.release_limit import ReleaseLimit
from vapi_provider.lifecycle.unique_values import UniqueValue, UniqueValues
from vapi_provider.lifecycle.waits import POLL_SECONDS
from vapi_provider.lifecycle.writers import Writers
from vapi_provider.pulumi_sdk.plugin import (
    engine_address,
    engine_operation,
    is_engine_alive,
    is_listening,
    require_engine,
    warn,
)
from vapi_provider.pulumi_sdk.workers import blocking
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.resource_key import old_form, stack_of
from vapi_provider.settings.config import Settings

GIVE_UP_WAIT_SECONDS = 120.0
"""Maximum wait for another resource to give up a number or SIP URI: a PATCH is fast."""

GIVE_UP_POLL_SECONDS = 0.1

ANNOUNCE_SECONDS = 0.2
"""Polling interval for adoptions in other plugin processes, which wait one second for an event."""

COMPARED_SECONDS = 1.0
"""Maximum delay until the engine compares the resource that gives up a unique value."""

T = TypeVar("T")


def _no_deployments(_project: str, _stack: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    return ()


def _other_deployments(project: str, stack: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    # Lazy import: only a run after an interrupted one reads other stacks.
    from vapi_provider.pulumi_cli.deployments import other_deployments

    return other_deployments(project, stack, warn, require_engine, must_exist=True)


@dataclass(frozen=True)
class CheckInput:
    """Information about a resource that only `check` receives."""

    key: str
    """Key that the program sends, which distinguishes children of different components."""
    before: Mapping[str, Any]
    """Inputs of the previous run; empty for a record that is about to be created."""
    ignored: Sequence[str]
    """Paths that `ignore_changes` leaves unmanaged."""


class Session:
    """State of a plugin process: account view, ownership, journal and limits, shared by threads."""

    automatic_name = staticmethod(automatic_name)

    def __init__(
        self,
        settings: Settings,
        client: VapiClient,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        is_alive: Callable[[], bool] = is_engine_alive,
        engine: str | None = None,
        listening: Callable[[str], bool] = is_listening,
        facts: StateFacts | None = None,
        other_deployments: Deployments = _no_deployments,
    ) -> None:
        """Set up the session.

        `is_alive` returns whether this plugin's engine runs, `listening` whether an engine listens
        at an address. `other_deployments` reads the backend's other stacks.
        """
        self.settings = settings
        self.client = ObservedClient(client, self._before_send)
        self._sleep = sleep
        self._is_alive = is_alive
        self.clock = clock
        self.account = AccountView(self.client, clock)
        self.identity = AccountIdentity(
            self.client, self.account, settings.account, settings.confirmed_empty_account
        )
        self.facts = facts or StateFacts()
        for organization in self.facts.organizations:
            self.identity.note_recorded(organization)
        events = OperationEvents(engine_operation())
        self.ownership = Ownership(events)
        self._checked: dict[str, CheckInput] = {}
        """By the key that `check` returned, which several resources may share."""
        self._compared: dict[str, CheckInput] = {}
        """By id, after `diff`, which follows `check` immediately, has named it."""
        self.recorded_holders = RecordedHolders(self.facts.holders)
        self._idle_checks = IdleChecks(self.ownership, clock)
        self._to_replace = set(self.facts.replacing)
        self.preview_outputs: PreviewOutputs = {}
        """Recorded outputs that a preview may show as known."""
        self.unique = UniqueValues()
        self.release_limit = ReleaseLimit(settings.max_releases, events)
        self.journal = open_journal(
            settings.journal_place, settings.account, settings.backend, engine_operation()
        )
        self.other_stacks = OtherStacks(self.journal, other_deployments)
        self.writers = Writers(
            settings.journal,
            settings.backend.identity,
            engine_address() if engine is None else engine,
            listening,
            settings.completion_grace_seconds,
            warn,
            blocking,
            self.sleep,
            clock,
        )
        self.purchaser = Purchaser(self)
        self.late_records = LateRecords(self)

    def sleep(self, seconds: float) -> None:
        """Sleep without blocking the plugin's other calls."""
        with blocking():
            self._sleep(seconds)

    def require_engine(self) -> None:
        """Raise AbandonedError where the engine is gone."""
        require_engine(self._is_alive)

    def wait(self, seconds: float) -> None:
        """Sleep; raise AbandonedError where the engine no longer waits for the outcome."""
        self.require_engine()
        self.sleep(seconds)

    def note_checked(
        self, returned_key: str, key: str, before: Mapping[str, Any], ignored: Sequence[str]
    ) -> None:
        """Record what `check` received about a resource, under the key that it returns."""
        self._checked[returned_key] = CheckInput(key, before, ignored)

    def note_compared(self, id_: str, key: str | None) -> bool:
        """Record under a record's id what `check` received; return whether `diff` follows a check.

        In a refresh no check precedes `diff`. The `update` of a record runs in parallel with checks
        of other resources that may share its key, so it finds this information by the id.
        """
        found = self._checked.get(key or "")
        if found is None or not found.before:
            self._compared.pop(id_, None)
            return False
        self._compared[id_] = found
        return True

    def check_input(self, id_: str | None, key: str | None) -> CheckInput | None:
        """Return what `check` received about a record, or about a resource without an id yet."""
        return self._compared.get(id_ or "") or self._checked.get(key or "")

    def preview_outputs_of(self, key: str | None, recorded: str | None) -> Mapping[str, str]:
        """Return the preview outputs of a resource by its key, or by its recorded key."""
        return self.preview_outputs.get(key or "") or self.preview_outputs.get(recorded or "", {})

    def wait_until_checks_idle(self, is_known: Callable[[], bool]) -> None:
        """Wait until the engine has checked no resource for a while, or `is_known` returns True.

        Raises AbandonedError where the engine is gone.
        """
        while not is_known() and not self._idle_checks.is_idle():
            self.wait(POLL_SECONDS)

    def take_requested_replacement(self, key: str) -> bool:
        """Return whether the state tells the engine to replace a resource; True only once."""
        for form in (key, old_form(key)):
            if form in self._to_replace:
                self._to_replace.discard(form)
                return True
        return False

    def report_late_records(self, key: str | None) -> None:
        """Warn of records that a repeated purchase of the resource's stack created late."""
        if key is not None:
            self.late_records.report(*stack_of(key))

    def _before_send(self) -> None:
        self.require_engine()
        self.writers.before_send()

    def wait_until_free(self, values: Collection[UniqueValue]) -> None:
        """Wait while another resource of the run is about to give up a number or SIP URI."""
        until = self.clock() + GIVE_UP_WAIT_SECONDS
        while self.unique.is_about_to_be_free(values) and self.clock() < until:
            self.sleep(GIVE_UP_POLL_SECONDS)

    def retry_once_free(self, values: Collection[UniqueValue], work: Callable[[], T]) -> T:
        """Call `work` after other resources of the run have given up the unique `values`.

        The engine may compare those resources only a moment later, so `work` is called a second
        time before TakenError is raised.
        """
        self.wait_until_free(values)
        try:
            return work()
        except TakenError:
            if not values:
                raise
        self.sleep(COMPARED_SECONDS)
        self.wait_until_free(values)
        return work()

    @classmethod
    @cache
    def open(cls, settings: Settings) -> Session:
        """Return the session of this process; opening it sends no request.

        The SDK creates one provider per pickled text, which depends on Python's version. The
        providers of the state and of the program must share one session.
        """
        for warning in settings.warnings:
            warn(warning)
        client = VapiClient(LazyTransport(settings, warn, require_engine, blocking))
        # A make target has compared the other stacks before the run.
        others = _no_deployments if os.environ.get(VARIABLE) else _other_deployments
        session = cls(settings, client, facts=read_facts(os.environ), other_deployments=others)
        if engine_operation():
            threading.Thread(target=_announce_kept, args=(session.ownership,), daemon=True).start()
        return session


def _announce_kept(ownership: Ownership) -> None:
    """Publish kept records to the operation's other plugins for the life of this process."""
    while True:
        time.sleep(ANNOUNCE_SECONDS)
        ownership.announce_kept()
