"""The steps of `recover`: export, compare with the account, wait for requests in flight, import.

The account is only read. `vapi_provider.recovery` makes the decisions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from vapi_provider.cli.journal_access import (
    Intents,
    choices_by_name,
    record_interrupted,
    record_resolution,
)
from vapi_provider.cli.preflight_workflow import snapshot_of
from vapi_provider.cli.record_table import Row, row_of
from vapi_provider.cli.state_edit import StateEdit, open_stack
from vapi_provider.deployment.exported import ids_in, instant, name_in, recorded_key
from vapi_provider.deployment.preflight import Snapshot, finish_held, run_checks
from vapi_provider.errors import NotFoundError
from vapi_provider.journal.intents import Intent
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_cli.stack import Stack
from vapi_provider.reconcile.resource_key import resource_of
from vapi_provider.recovery.candidates import CLOCKS_DIFFER
from vapi_provider.recovery.creations import Decision
from vapi_provider.recovery.pending import Resolution, resolve_pending
from vapi_provider.recovery.purchases import Interrupted
from vapi_provider.shared.terminal import say

POLL_SECONDS = 2.0
"""The interval between two listings while a request may still be in flight."""

LONG_AGO_SECONDS = 600.0
"""The age of a run's last state write after which none of its requests is in flight."""


@dataclass(frozen=True)
class RecoveryPlan:
    """The changes to make, and the facts to report.

    `interrupted` are the journal's unfinished intents that no pending operation covers.
    """

    exported: Mapping[str, Any]
    resolution: Resolution | None = None
    unheld: list[Row] = field(default_factory=list[Row])
    interrupted: Sequence[Interrupted] = ()

    @property
    def decisions(self) -> Sequence[Decision]:
        """The decision on each pending operation."""
        return self.resolution.decisions if self.resolution else ()

    @property
    def can_apply(self) -> bool:
        """Whether there is something to write and no pending operation is unclear."""
        if self.resolution is not None:
            return not self.resolution.open
        return any(purchase.is_over or purchase.is_decided for purchase in self.interrupted)

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do and nothing to report."""
        return self.resolution is None and not self.unheld and not self.interrupted

    @property
    def is_left(self) -> bool:
        """Whether something remains for the user to decide after the changes are written."""
        return bool(self.unheld) or not all(purchase.is_over for purchase in self.interrupted)


@dataclass(frozen=True)
class Recovery(StateEdit):
    """A recovery of one stack."""

    command = "recover"

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    @classmethod
    @contextmanager
    def of(cls, stack: str, also: Collection[str], files: Collection[str]) -> Generator[Recovery]:
        """Open the stack's account. Raises the errors of `open_stack`."""
        named = Stack(stack)
        with open_stack(named, also, files) as opened:
            yield cls(named, *opened)

    def plan(self, choices: Collection[str]) -> RecoveryPlan:
        """Return what was left behind, resolved as far as possible; do not change the state.

        Intents whose record a stack's state holds are finished in the journal. Raises
        ConfigurationError for a choice that does not fit, and OwnershipError if the account is not
        that of an interrupted purchase.
        """
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        snapshot = snapshot_of(self.stack.name, deployment)
        intents: dict[str, Intent] = {}
        if run_checks(snapshot, [finish_held]).unfinished:
            # Read from the journal that is written later, which detects a concurrent change.
            left_behind = self.journal.unfinished(snapshot.project, snapshot.stack)
            intents = {intent.key: intent for intent in left_behind}
        operations: Sequence[Mapping[str, Any]] = deployment.get("pending_operations") or []
        if not operations and not intents:
            return RecoveryPlan(exported, unheld=self._unheld(deployment, snapshot))
        held = {*self.held_elsewhere, *ids_in(*(state for _, state in snapshot.others()))}
        keys = {
            recorded_key(operation["resource"])
            for operation in operations
            if operation["type"] == "creating"
        }
        uncovered = [intent for key, intent in intents.items() if key not in keys]
        urns = [operation["resource"]["urn"] for operation in operations]
        names = {urn: name_in(urn) for urn in urns}
        names |= {intent.key: resource_of(intent.key) for intent in uncovered}
        chosen = choices_by_name(choices, names)
        of_others = {intent.record for intent in uncovered if intent.record is not None}
        purchases = Intents(self.journal, self.account, self.settings, uncovered, chosen)
        until = max(self._quiet_at(deployment) if operations else 0.0, *self._late(intents))

        def resolve() -> tuple[Resolution | None, Sequence[Interrupted]]:
            records = self._records(intents.values())
            own = {*ids_in(deployment), *held}
            free = [record for record in records if record.id not in own]
            if not operations:
                return None, purchases.outcomes(free)
            resolution = resolve_pending(
                deployment,
                records,
                held_elsewhere=held | of_others,
                confirmed_empty=self.settings.confirmed_empty_account,
                chosen=chosen,
                intents={key: intent for key, intent in intents.items() if key in keys},
            )
            purchases.confirm(resolution.decisions, operations, intents)
            taken = {decision.record for decision in resolution.decisions}
            return resolution, purchases.outcomes([item for item in free if item.id not in taken])

        def may_change() -> bool:
            return any(purchase.outcome == "nothing" for purchase in interrupted) or (
                resolution is not None and resolution.may_change
            )

        resolution, interrupted = resolve()
        left_seconds = until - self.clock()
        if may_change() and left_seconds > 0:
            text = f"Waiting up to {left_seconds:.0f} s for a request that may still be under way."
            say(text, err=True)
        while may_change() and (left_seconds := until - self.clock()) > 0:
            self.sleep(min(POLL_SECONDS, left_seconds))
            resolution, interrupted = resolve()
        # Without an intent of this account, only the last update's time hints at new records.
        is_known = resolution is not None or any(
            purchase.outcome != "other account" for purchase in interrupted
        )
        unheld = [] if is_known else self._unheld(deployment, snapshot)
        return RecoveryPlan(exported, resolution, unheld, interrupted)

    def apply(self, plan: RecoveryPlan) -> Path | None:
        """Write the resolved state and the journal; return the path of the old state's backup.

        Return None if the state did not need a change. Raises PulumiError if another run changed
        the state since the plan.
        """
        backup = None
        if plan.resolution is not None:
            backup = self.back_up(plan.exported)
            self.stack.load({**plan.exported, "deployment": plan.resolution.deployment})
            record_resolution(
                self.journal, plan.exported["deployment"], plan.resolution, self.account
            )
        record_interrupted(self.journal, plan.interrupted)
        return backup

    def _late(self, intents: Mapping[str, Intent]) -> list[float]:
        """Return the times after which the requests of open intents can no longer complete."""
        now = self.clock()
        return [0.0] + [
            now + intent.remaining_seconds + POLL_SECONDS
            for intent in intents.values()
            if intent.record is None and intent.remaining_seconds > 0
        ]

    def _records(self, intents: Iterable[Intent]) -> list[PhoneNumberRecord]:
        """Return the account's records, with those that the intents name if the list lacks them.

        The API's list may lag behind.
        """
        records = list(self.account.all_phone_numbers())
        listed = {record.id for record in records}
        for intent in intents:
            if intent.record is not None and intent.record not in listed:
                with suppress(NotFoundError):
                    records.append(self.account.get_phone_number(intent.record))
        return records

    def _quiet_at(self, deployment: Mapping[str, Any]) -> float:
        """Return the time by which the last request of the killed run must have ended.

        The engine is dead by now, and a plugin sends no request after its engine's death.
        """
        now = self.clock()
        written = instant(deployment.get("manifest", {}).get("time"))
        if written is not None and written.timestamp() < now - LONG_AGO_SECONDS:
            return now
        return now + self.settings.completion_grace_seconds + POLL_SECONDS

    def _unheld(self, deployment: Mapping[str, Any], snapshot: Snapshot) -> list[Row]:
        """Return the records created since a failed last update began that no state holds."""
        last = self.stack.last_update()
        began = instant(last.get("startTime")) if last else None
        if last is None or last.get("result") != "failed" or began is None:
            return []
        held = {*ids_in(deployment, read_only=True), *self.held_elsewhere}
        oldest = datetime.min.replace(tzinfo=timezone.utc)
        records = [
            record
            for record in self.account.all_phone_numbers()
            if record.id not in held
            and (instant(record.created_at) or oldest) >= began - CLOCKS_DIFFER
        ]
        if records:
            elsewhere = ids_in(*(state for _, state in snapshot.others()))
            records = [record for record in records if record.id not in elsewhere]
        return [row_of(record) for record in records]
