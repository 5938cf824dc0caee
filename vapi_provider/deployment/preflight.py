"""Checks of a stack's state before a run, which read the state once.

Every command that starts an engine runs them (`vapi_provider.cli.preflight_workflow`). A check
reads the snapshot and adds to the findings; `CHECKS` lists the checks. Keep the imports of this
module cheap: the preflight may add at most 0.2 s to a make target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import deployment as messages
from vapi_provider.deployment.exported import (
    is_live,
    name_in,
    own_resources,
    recorded_key,
    tainted_resources,
)
from vapi_provider.deployment.facts import StateFacts
from vapi_provider.deployment.foreign_code import has_encrypted, refuse_foreign_code
from vapi_provider.deployment.intents import finish_held_intents, open_written
from vapi_provider.deployment.organizations import organizations_in
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.fields import as_object
from vapi_provider.settings.backend import Backend
from vapi_provider.settings.journal_location import JournalPlace
from vapi_provider.shared.addresses import bare

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent, Journal

PENDING = "pending"
MISSING = "missing"
UNFINISHED = "unfinished"
CHECKPOINTS_ON, CHECKPOINTS_OFF = "checkpoints-on", "checkpoints-off"

Deployment = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """A stack's state, read once, and access to further states.

    `deployment` is None where the stack does not exist. `others` returns the deployments of the
    backend's other stacks by name; reading them is expensive on a remote backend, so a check calls
    it only when necessary.
    """

    project: str
    stack: str
    deployment: Deployment | None
    others: Callable[[], Sequence[tuple[str, Deployment]]]
    journal_place: JournalPlace
    backend: Backend
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    decrypted: Callable[[], Deployment] = dict[str, Any]
    """Reads the state again, with secrets shown."""

    @cached_property
    def resources(self) -> Sequence[Mapping[str, Any]]:
        """Phone numbers that the state holds, without those that it only reads."""
        return own_resources(self.deployment or {})

    @cached_property
    def journal(self) -> Journal | None:
        """The journal; None where nothing was ever written to it."""
        return open_written(self.journal_place, self.backend)


@dataclass
class Findings:
    """Results of the checks: keywords for the caller, messages for the user, facts for plugins."""

    words: set[str] = field(default_factory=set[str])
    lines: list[str] = field(default_factory=list[str])
    facts: StateFacts = field(default_factory=StateFacts)
    unfinished: list[Intent] = field(default_factory=list["Intent"])
    deployment: Deployment | None = None
    """The recorded state; None where the stack does not exist."""


Check = Callable[[Snapshot, Findings], None]


def refuse_foreign(snapshot: Snapshot, _findings: Findings) -> None:
    """Raise ConfigurationError where the engine would run foreign code from the state.

    An encrypted provider of another program is decrypted first, as the engine would do.
    """
    deployment = snapshot.deployment or {}
    if has_encrypted(deployment):
        deployment = snapshot.decrypted()
    refuse_foreign_code(deployment, snapshot.environment)


def note_condition(snapshot: Snapshot, findings: Findings) -> None:
    """Record that the stack does not exist, or that a killed run left pending operations."""
    if snapshot.deployment is None:
        findings.words.add(MISSING)
    elif snapshot.deployment.get("pending_operations"):
        findings.words.add(PENDING)


def collect_facts(snapshot: Snapshot, findings: Findings) -> None:
    """Collect the facts about the state that the plugin needs and cannot read."""
    holders: dict[str, list[str]] = {}
    for resource in snapshot.resources:
        key, id_ = recorded_key(resource), resource.get("id")
        if key and id_ and is_live(resource):
            holders.setdefault(id_, []).append(key)
    findings.facts = StateFacts(
        organizations_in(snapshot.resources),
        holders,
        frozenset(
            key
            for resource in tainted_resources(snapshot.resources)
            if (key := recorded_key(resource))
        ),
    )


def warn_of_tainted(snapshot: Snapshot, findings: Findings) -> None:
    """Warn of numbers that the next `up` releases without a diff that announces it."""
    for resource in tainted_resources(snapshot.resources):
        outputs, urn = as_object(resource.get("outputs")), resource["urn"]
        called = resource.get("id")
        reached = outputs.get("number") or outputs.get("sip_uri")
        if isinstance(reached, str):
            called = f"{bare(reached)} ({called})"
        warning = messages.TAINTED(name=name_in(urn), called=called, urn=urn)
        findings.lines.append(f"warning: {warning}")


def finish_held(snapshot: Snapshot, findings: Findings) -> None:
    """Finish the intents whose record a stack of this backend holds; collect the others."""
    journal = snapshot.journal
    if journal is None or snapshot.deployment is None:
        return
    try:
        if not journal.may_have_unfinished():
            return
        intents = journal.unfinished(snapshot.project, snapshot.stack)
        findings.unfinished = finish_held_intents(
            journal, intents, snapshot.deployment, snapshot.others
        )
    except ConfigurationError as error:
        # The plugin refuses to purchase without a journal; a preview or a destroy needs none.
        findings.lines.append(f"warning: {error}")
        return
    if findings.unfinished:
        findings.words.add(UNFINISHED)


CHECKS = (refuse_foreign, note_condition, collect_facts, warn_of_tainted, finish_held)


def run_checks(snapshot: Snapshot, checks: Sequence[Check] = CHECKS) -> Findings:
    """Run the checks in order over one snapshot, and return the findings."""
    findings = Findings()
    for check in checks:
        check(snapshot, findings)
    return findings
