"""What `recover` does, step by step: export, look, wait for what is under way, import.

The account is only read. The decisions are `vapi_provider.recovery`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from vapi_provider.cli.account import (
    Row,
    account_of,
    deployments,
    held_by,
    kept,
    row,
    settings_of,
)
from vapi_provider.cli.pulumi_cli import PulumiError, Stack
from vapi_provider.client import VapiClient
from vapi_provider.errors import ConfigurationError, VapiError
from vapi_provider.exported import ids_in, instant, name_in, resources_of
from vapi_provider.identity import Journal
from vapi_provider.leftovers import CLOCKS_DIFFER, Decision
from vapi_provider.recovery import Settled, settle
from vapi_provider.settings import Settings

LOOK_SECONDS = 2.0
"""Between two looks for what may still be under way."""

LONG_AGO_SECONDS = 600.0
"""A run that last wrote its state before this has nothing under way any more."""

BACKUPS = Path(".pulumi") / "recover"


@dataclass(frozen=True)
class Found:
    """What there is to do, and what is only to be told."""

    exported: Mapping[str, Any]
    settled: Settled | None = None
    unheld: list[Row] = field(default_factory=list[Row])

    @property
    def decisions(self) -> Sequence[Decision]:
        """What becomes of each pending operation."""
        return self.settled.decisions if self.settled else ()

    @property
    def writable(self) -> bool:
        """Whether there is a settled state, and nothing in it is open."""
        return self.settled is not None and not self.settled.open

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to do and nothing to tell."""
        return self.settled is None and not self.unheld


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
        """What was left, settled as far as it can be; the state is not touched."""
        exported = self.stack.export()
        deployment: Mapping[str, Any] = exported["deployment"]
        if not deployment.get("pending_operations"):
            return Found(exported, unheld=self._unheld(deployment))
        chosen = _by_urn(deployment, choices)
        until = self._quiet_at(deployment)
        settled = self._settle(deployment, chosen)
        left = until - self.clock()
        if settled.may_change and left > 0:
            self.say(f"Waiting up to {left:.0f} s for a request that may still be under way.")
        while settled.may_change and (left := until - self.clock()) > 0:
            self.sleep(min(LOOK_SECONDS, left))
            settled = self._settle(deployment, chosen)
        return Found(exported, settled)

    def write(self, found: Found) -> str:
        """Imports the settled state; the path of the backup of what it was."""
        assert found.settled is not None  # noqa: S101 - see Found.writable
        if self.stack.export() != found.exported:
            raise PulumiError("another run has changed the state meanwhile: run recover again")
        backup = kept(self.stack.name, found.exported, BACKUPS)
        self.stack.load({**found.exported, "deployment": found.settled.deployment})
        self._note_in_journal(found.exported["deployment"], found.settled)
        return str(backup)

    def _settle(self, deployment: Mapping[str, Any], chosen: Mapping[str, str]) -> Settled:
        return settle(
            deployment,
            list(self.account.all_phone_numbers()),
            held_elsewhere=self.held_elsewhere,
            confirmed_empty=self.settings.confirmed_empty_account,
            chosen=chosen,
        )

    def _quiet_at(self, deployment: Mapping[str, Any]) -> float:
        """When a request that the killed run sent last must have ended, by this clock.

        No plugin sends another once its engine is dead, and the engine is by now.
        """
        now = self.clock()
        written = instant(deployment.get("manifest", {}).get("time"))
        if written is not None and written.timestamp() < now - LONG_AGO_SECONDS:
            return now
        return now + self.settings.late_seconds + LOOK_SECONDS

    def _unheld(self, deployment: Mapping[str, Any]) -> list[Row]:
        """Records since the last update began, where it failed, that no given state holds."""
        last = self.stack.last_update()
        began = instant(last.get("startTime")) if last else None
        if last is None or last.get("result") != "failed" or began is None:
            return []
        if any(self._journal().unfinished(*_stack_of(one)) for one in resources_of(deployment)):
            return []  # The journal here takes over what was made, with the next `up`.
        held = {*ids_in(deployment, read_only=True), *self.held_elsewhere}
        now = datetime.now(timezone.utc)
        oldest = datetime.min.replace(tzinfo=timezone.utc)
        return [
            row(record, now)
            for record in self.account.all_phone_numbers()
            if record.id not in held
            and (instant(record.created_at) or oldest) >= began - CLOCKS_DIFFER
        ]

    def _journal(self) -> Journal:
        return Journal(self.settings.journal, self.settings.account, self.settings.backend)

    def _note_in_journal(self, deployment: Mapping[str, Any], settled: Settled) -> None:
        """Tells this machine's journal which record an intent made: the next run closes it."""
        journal = self._journal()
        made = {one.urn: one.record for one in settled.decisions if one.outcome == "made"}
        for operation in deployment["pending_operations"]:
            resource = operation["resource"]
            declaration = resource.get("inputs", {}).get("declaration")
            record = made.get(resource["urn"])
            if record and isinstance(declaration, str):
                # The state is written: the next run finds the number there, journal or not.
                with suppress(VapiError):
                    journal.hold(declaration, record)
                    journal.forget(declaration)


def _stack_of(resource: Mapping[str, Any]) -> tuple[str, str]:
    """The project and the stack in a resource's URN."""
    stack, project, *_ = resource["urn"].removeprefix("urn:pulumi:").split("::")
    return project, stack


def _by_urn(deployment: Mapping[str, Any], choices: Collection[str]) -> dict[str, str]:
    """``NAME=ID`` choices by the URN of the pending operation that each is about."""
    urns = {one["resource"]["urn"] for one in deployment["pending_operations"]}
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
