"""The steps of `recover`: export, compare with the account, wait for requests in flight, import.

The account is only read. `vapi_provider.recovery` makes the decisions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from vapi_provider.catalogue.commands import STATE_CHANGED
from vapi_provider.cli.account import (
    Row,
    account_of,
    deployments,
    held_by,
    kept,
    row,
    settings_of,
)
from vapi_provider.cli.journal_access import (
    Intents,
    choices_by_name,
    note_interrupted,
    record_resolution,
)
from vapi_provider.cli.preflight_workflow import snapshot_of
from vapi_provider.cli.pulumi_cli import PulumiError, Stack
from vapi_provider.deployment.exported import declaration_of, ids_in, instant, name_in
from vapi_provider.deployment.preflight import Snapshot, finish_held, run_checks
from vapi_provider.errors import NotFoundError
from vapi_provider.journal.intents import Intent
from vapi_provider.journal.journal import Journal
from vapi_provider.journal.opening import open_journal
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.resource_key import resource_of
from vapi_provider.recovery.creations import CLOCKS_DIFFER, Decision
from vapi_provider.recovery.pending import Resolution, resolve_pending
from vapi_provider.recovery.purchases import Interrupted
from vapi_provider.settings.config import Settings

LOOK_SECONDS = 2.0
"""The interval between two listings while a request may still be in flight."""

LONG_AGO_SECONDS = 600.0
"""The age of a run's last state write after which none of its requests is in flight."""

BACKUPS = Path(".pulumi") / "recover"


@dataclass(frozen=True)
class Found:
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
    def writable(self) -> bool:
        """Whether there is something to write and no pending operation is unclear."""
        if self.resolution is not None:
            return not self.resolution.open
        return any(one.is_over or one.is_decided for one in self.interrupted)

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do and nothing to report."""
        return self.resolution is None and not self.unheld and not self.interrupted

    @property
    def is_left(self) -> bool:
        """Whether something remains for the user to decide after the changes are written."""
        return bool(self.unheld) or any(not one.is_over for one in self.interrupted)


@dataclass(frozen=True)
class Recovery:
    """A recovery of one stack: the stack, its account, and the records that other states hold."""

    stack: Stack
    settings: Settings
    account: ObservedClient
    held_elsewhere: Collection[str]
    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    @classmethod
    @contextmanager
    def of(
        cls,
        stack: str,
        also: Collection[str],
        files: Collection[str],
        say: Callable[[str], None],
    ) -> Generator[Recovery]:
        """Open the stack's account.

        Raises PulumiError for a stack that cannot be exported, and ConfigurationError for wrong
        settings or a file that is not an exported state.
        """
        named = Stack(stack)
        settings = settings_of(named)
        with account_of(settings) as account:
            yield cls(
                named, settings, ObservedClient(account), held_by(deployments(also, files)), say
            )

    def look(self, choices: Collection[str]) -> Found:
        """Return what was left behind, resolved as far as possible; do not change the state.

        Intents whose record a stack's state holds are finished in the journal. Raises
        ConfigurationError for a choice that does not fit, and OwnershipError if the account is not
        that of an interrupted purchase.
        """
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        snapshot = snapshot_of(self.stack.name, self.say, deployment)
        intents: dict[str, Intent] = {}
        if run_checks(snapshot, [finish_held]).unfinished:
            # Read from the journal that is written later, which detects a concurrent change.
            left_behind = self._journal.unfinished(snapshot.project, snapshot.stack)
            intents = {intent.key: intent for intent in left_behind}
        operations = _pending(deployment)
        if not operations and not intents:
            return Found(exported, unheld=self._unheld(deployment, snapshot))
        held = {*self.held_elsewhere, *held_by(state for _, state in snapshot.others())}
        keys = {declaration_of(one["resource"]) for one in operations if one["type"] == "creating"}
        left = [intent for key, intent in intents.items() if key not in keys]
        urns = (one["resource"]["urn"] for one in operations)
        named = {urn: name_in(urn) for urn in urns} | {
            one.key: resource_of(one.key) for one in left
        }
        chosen = choices_by_name(choices, named)
        journal = Intents(self._journal, self.account, self.settings, left, chosen)
        until = max(self._quiet_at(deployment) if operations else 0.0, *self._late(intents))

        def resolve() -> tuple[Resolution | None, Sequence[Interrupted]]:
            records = self._records(intents.values())
            own = {*ids_in(deployment), *held}
            free = [one for one in records if one.id not in own]
            if not operations:
                return None, journal.outcomes(free)
            whole = resolve_pending(
                deployment,
                records,
                held_elsewhere=held,
                confirmed_empty=self.settings.confirmed_empty_account,
                chosen=chosen,
                intents={key: one for key, one in intents.items() if key in keys},
            )
            journal.confirm(whole.decisions, operations, intents)
            taken = {one.record for one in whole.decisions}
            return whole, journal.outcomes([one for one in free if one.id not in taken])

        def may_change() -> bool:
            return any(one.outcome == "nothing" for one in interrupted) or (
                state is not None and state.may_change
            )

        state, interrupted = resolve()
        left_seconds = until - self.clock()
        if may_change() and left_seconds > 0:
            self.say(
                f"Waiting up to {left_seconds:.0f} s for a request that may still be under way."
            )
        while may_change() and (left_seconds := until - self.clock()) > 0:
            self.sleep(min(LOOK_SECONDS, left_seconds))
            state, interrupted = resolve()
        # Without an intent of this account, only the last update's time hints at new records.
        is_known = state is not None or any(one.outcome != "other account" for one in interrupted)
        unheld = [] if is_known else self._unheld(deployment, snapshot)
        return Found(exported, state, unheld, interrupted)

    def write(self, found: Found) -> str | None:
        """Import the resolved state; return the path of the old state's backup, or None.

        None means that the state did not need a change. Raises PulumiError if another run has
        changed the state since `look`.
        """
        backup = None
        if found.resolution is not None:
            if self.stack.export() != found.exported:
                raise PulumiError(STATE_CHANGED(command="recover"))
            backup = kept(self.stack.name, found.exported, BACKUPS)
            self.stack.load({**found.exported, "deployment": found.resolution.deployment})
            record_resolution(
                self._journal, found.exported["deployment"], found.resolution, self.account
            )
        note_interrupted(self._journal, found.interrupted)
        return None if backup is None else str(backup)

    def _late(self, intents: Mapping[str, Intent]) -> list[float]:
        """Return the times after which the requests of open intents can no longer complete."""
        now = self.clock()
        return [0.0] + [
            now + one.remaining_seconds + LOOK_SECONDS
            for one in intents.values()
            if one.record is None and one.remaining_seconds > 0
        ]

    def _records(self, intents: Iterable[Intent]) -> list[PhoneNumberRecord]:
        """Return the account's records, with those that the intents name if the list lacks them.

        The API's list may lag behind.
        """
        records = list(self.account.all_phone_numbers())
        listed = {one.id for one in records}
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
        return now + self.settings.completion_grace_seconds + LOOK_SECONDS

    def _unheld(self, deployment: Mapping[str, Any], snapshot: Snapshot) -> list[Row]:
        """Return the records created since a failed last update began that no state holds."""
        last = self.stack.last_update()
        began = instant(last.get("startTime")) if last else None
        if last is None or last.get("result") != "failed" or began is None:
            return []
        held = {*ids_in(deployment, read_only=True), *self.held_elsewhere}
        now = datetime.now(timezone.utc)
        oldest = datetime.min.replace(tzinfo=timezone.utc)
        found = [
            record
            for record in self.account.all_phone_numbers()
            if record.id not in held
            and (instant(record.created_at) or oldest) >= began - CLOCKS_DIFFER
        ]
        if found:
            elsewhere = held_by(state for _, state in snapshot.others())
            found = [record for record in found if record.id not in elsewhere]
        return [row(record, now) for record in found]

    @cached_property
    def _journal(self) -> Journal:
        settings = self.settings
        return open_journal(settings.journal_place, settings.account, settings.backend)


def _pending(deployment: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return cast(Sequence[Mapping[str, Any]], deployment.get("pending_operations") or [])
