"""What `recover` does, step by step: export, look, wait for what is under way, import.

The account is only read. The decisions are `vapi_provider.recovery`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

from vapi_provider.api.client import VapiClient
from vapi_provider.cli.account import (
    Row,
    account_of,
    deployments,
    held_by,
    kept,
    row,
    settings_of,
)
from vapi_provider.cli.journal_access import Intents, note_interrupted, note_settled
from vapi_provider.cli.preflight_workflow import snapshot_of
from vapi_provider.cli.pulumi_cli import PulumiError, Stack
from vapi_provider.deployment.exported import ids_in, instant, name_in
from vapi_provider.deployment.preflight import Snapshot, finish_held, run_checks
from vapi_provider.errors import ConfigurationError, NotFoundError
from vapi_provider.journal.intents import Intent
from vapi_provider.journal.journal import Journal
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.recovery.leftovers import CLOCKS_DIFFER, Decision, declaration_in
from vapi_provider.recovery.pending import Settled, settle
from vapi_provider.recovery.purchases import Interrupted
from vapi_provider.settings.config import Settings

LOOK_SECONDS = 2.0
"""Between two looks for what may still be under way."""

LONG_AGO_SECONDS = 600.0
"""A run that last wrote its state before this has nothing under way any more."""

BACKUPS = Path(".pulumi") / "recover"


@dataclass(frozen=True)
class Found:
    """What there is to do, and what is only to be told.

    `interrupted` are the journal's unfinished intents that no pending operation covers.
    """

    exported: Mapping[str, Any]
    settled: Settled | None = None
    unheld: list[Row] = field(default_factory=list[Row])
    interrupted: Sequence[Interrupted] = ()

    @property
    def decisions(self) -> Sequence[Decision]:
        """What becomes of each pending operation."""
        return self.settled.decisions if self.settled else ()

    @property
    def writable(self) -> bool:
        """Whether there is something to write, and nothing in the state is open."""
        if self.settled is not None:
            return not self.settled.open
        return any(one.is_over for one in self.interrupted)

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do and nothing to tell."""
        return self.settled is None and not self.unheld and not self.interrupted

    @property
    def is_left(self) -> bool:
        """Whether something is left to a person once it is written."""
        return bool(self.unheld) or any(not one.is_over for one in self.interrupted)


@dataclass(frozen=True)
class Recovery:
    """One stack, its account, and the states that share the account."""

    stack: Stack
    settings: Settings
    account: VapiClient
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
        """Opens the stack's account."""
        named = Stack(stack)
        settings = settings_of(named)
        with account_of(settings) as account:
            yield cls(named, settings, account, held_by(deployments(also, files)), say)

    def look(self, choices: Collection[str]) -> Found:
        """What was left, settled as far as it can be; the state is not touched.

        Intents whose record some stack's state holds are finished: that is proven.
        """
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        snapshot = snapshot_of(self.stack.name, self.say, deployment)
        intents = {one.key: one for one in run_checks(snapshot, [finish_held]).unfinished}
        operations = _pending(deployment)
        if not operations and not intents:
            return Found(exported, unheld=self._unheld(deployment, snapshot))
        held = {*self.held_elsewhere, *held_by(state for _, state in snapshot.others())}
        chosen = _by_urn(deployment, choices)
        keys = {declaration_in(one["resource"]) for one in operations if one["type"] == "creating"}
        left = [intent for key, intent in intents.items() if key not in keys]
        journal = Intents(self._journal(), self.account, self.settings, left)
        until = max(self._quiet_at(deployment) if operations else 0.0, *self._late(intents))

        def settled() -> tuple[Settled | None, Sequence[Interrupted]]:
            records = self._records(intents.values())
            own = {*ids_in(deployment), *held}
            free = [one for one in records if one.id not in own]
            if not operations:
                return None, journal.outcomes(free)
            whole = settle(
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

        state, interrupted = settled()
        left_seconds = until - self.clock()
        if may_change() and left_seconds > 0:
            self.say(
                f"Waiting up to {left_seconds:.0f} s for a request that may still be under way."
            )
        while may_change() and (left_seconds := until - self.clock()) > 0:
            self.sleep(min(LOOK_SECONDS, left_seconds))
            state, interrupted = settled()
        # Where the journal knows nothing of this account, only the last update's time is known.
        is_known = state is not None or any(one.outcome != "other account" for one in interrupted)
        unheld = [] if is_known else self._unheld(deployment, snapshot)
        return Found(exported, state, unheld, interrupted)

    def write(self, found: Found) -> str | None:
        """Imports the settled state; the path of the backup of what it was, if it was changed."""
        backup = None
        if found.settled is not None:
            if self.stack.export() != found.exported:
                raise PulumiError("another run has changed the state meanwhile: run recover again")
            backup = kept(self.stack.name, found.exported, BACKUPS)
            self.stack.load({**found.exported, "deployment": found.settled.deployment})
            note_settled(self._journal(), found.exported["deployment"], found.settled, self.account)
        note_interrupted(self._journal(), found.interrupted)
        return None if backup is None else str(backup)

    def _late(self, intents: Mapping[str, Intent]) -> list[float]:
        """When the requests of open intents can complete no more, by this clock."""
        now = self.clock()
        return [0.0] + [
            now + one.late_seconds + LOOK_SECONDS
            for one in intents.values()
            if one.record is None and one.late_seconds > 0
        ]

    def _records(self, intents: Iterable[Intent]) -> list[PhoneNumberRecord]:
        """The account's records; those that the journal names, also where the list lags behind."""
        records = list(self.account.all_phone_numbers())
        listed = {one.id for one in records}
        for intent in intents:
            if intent.record is not None and intent.record not in listed:
                with suppress(NotFoundError):
                    records.append(self.account.get_phone_number(intent.record))
        return records

    def _quiet_at(self, deployment: Mapping[str, Any]) -> float:
        """When a request that the killed run sent last must have ended, by this clock.

        No plugin sends another once its engine is dead, and the engine is by now.
        """
        now = self.clock()
        written = instant(deployment.get("manifest", {}).get("time"))
        if written is not None and written.timestamp() < now - LONG_AGO_SECONDS:
            return now
        return now + self.settings.late_seconds + LOOK_SECONDS

    def _unheld(self, deployment: Mapping[str, Any], snapshot: Snapshot) -> list[Row]:
        """Records since the last update began, where it failed, that no given state holds."""
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

    def _journal(self) -> Journal:
        return Journal(self.settings.journal, self.settings.account, self.settings.backend)


def _pending(deployment: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return cast(Sequence[Mapping[str, Any]], deployment.get("pending_operations") or [])


def _by_urn(deployment: Mapping[str, Any], choices: Collection[str]) -> dict[str, str]:
    """``NAME=ID`` choices by the URN of the pending operation that each is about."""
    urns = {one["resource"]["urn"] for one in _pending(deployment)}
    chosen: dict[str, str] = {}
    for choice in choices:
        name, equals, id_ = choice.rpartition("=")
        found = [urn for urn in urns if name in (urn, name_in(urn))]
        if not equals or not id_ or len(found) != 1:
            names = ", ".join(sorted(name_in(urn) for urn in urns))
            raise ConfigurationError(
                f"--take {choice}: write NAME=ID or NAME=none, with one of the pending "
                f"operations' names ({names}), or its whole URN"
            )
        chosen[found[0]] = id_
    return chosen
