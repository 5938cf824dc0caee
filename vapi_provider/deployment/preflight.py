"""What is checked in a stack's state before a run: one read of it, and a list of checks.

Every command that starts an engine runs them (`vapi_provider.cli.preflight_workflow`).
A check looks at the snapshot and adds to the findings; a new one is one more entry of `CHECKS`.
Imports nothing dear: the whole costs a make target at most 0.2 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vapi_provider.deployment.facts import StateFacts
from vapi_provider.deployment.foreign_code import has_encrypted, refuse_foreign_code
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.backend import Backend, backend_of, project_name

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent, Journal

OURS = "pulumi-python:dynamic/vapi:"
"""How the types of our resources start."""

PENDING = "pending"
MISSING = "missing"
UNFINISHED = "unfinished"

Deployment = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """A stack's state as it was read once, and where more can be read.

    `deployment` is None where there is no such stack. `others` reads the deployments of the
    backend's other stacks, by name: dear on a store, so it is called only where a check needs them.
    """

    project: str
    stack: str
    deployment: Deployment | None
    others: Callable[[], Sequence[tuple[str, Deployment]]]
    journal_file: Path
    backend: Backend
    account: str = ""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    decrypted: Callable[[], Deployment] = dict[str, Any]
    """Reads the state once more, with its secrets shown."""

    @cached_property
    def resources(self) -> Sequence[Mapping[str, Any]]:
        """The phone numbers that the state holds; those that it only reads are not its own."""
        return own_resources(self.deployment or {})

    @cached_property
    def journal(self) -> Journal | None:
        """The journal; None where nothing was ever written to it."""
        if not self.journal_file.exists():
            return None
        from vapi_provider.journal.journal import Journal

        return Journal(self.journal_file, self.account, self.backend)


@dataclass
class Findings:
    """What the checks found: words for the caller, lines for the person, facts for the plugin."""

    words: set[str] = field(default_factory=set[str])
    lines: list[str] = field(default_factory=list[str])
    facts: StateFacts = field(default_factory=StateFacts)
    unfinished: list[Intent] = field(default_factory=list["Intent"])
    deployment: Deployment | None = None
    """The state as it was read; None where there is no such stack."""


Check = Callable[[Snapshot, Findings], None]


def refuse_foreign(snapshot: Snapshot, _findings: Findings) -> None:
    """Raise ConfigurationError where the engine would run code that the state brings with it.

    Providers are encrypted where somebody else's program wrote them: the engine decrypts them then.
    """
    deployment = snapshot.deployment or {}
    if has_encrypted(deployment):
        deployment = snapshot.decrypted()
    refuse_foreign_code(deployment, snapshot.environment)


def note_missing(snapshot: Snapshot, findings: Findings) -> None:
    """Note that there is no such stack."""
    if snapshot.deployment is None:
        findings.words.add(MISSING)


def note_pending(snapshot: Snapshot, findings: Findings) -> None:
    """Note operations that a killed run left pending."""
    if (snapshot.deployment or {}).get("pending_operations"):
        findings.words.add(PENDING)


def collect_facts(snapshot: Snapshot, findings: Findings) -> None:
    """Collect what the plugin cannot know: it sees no state."""
    holders: dict[str, list[str]] = {}
    organizations: set[str] = set()
    for resource in snapshot.resources:
        organization = _mapping(resource.get("outputs")).get("org_id")
        if isinstance(organization, str):
            organizations.add(organization)
        key, id_ = declaration_of(resource), resource.get("id")
        is_live = not resource.get("delete") and not resource.get("pendingReplacement")
        if key and id_ and is_live:
            holders.setdefault(id_, []).append(key)
    findings.facts = StateFacts(
        frozenset(organizations),
        {id_: tuple(keys) for id_, keys in holders.items()},
        frozenset(key for one in tainted(snapshot.resources) if (key := declaration_of(one))),
    )


def warn_of_tainted(snapshot: Snapshot, findings: Findings) -> None:
    """Warn of numbers that the next `up` releases although no diff announces it."""
    for resource in tainted(snapshot.resources):
        findings.lines.append(f"warning: {taint_warning(resource)}")


def finish_held(snapshot: Snapshot, findings: Findings) -> None:
    """Finish the intents whose record some stack of this backend holds; collect the others.

    The other stacks are read only where the own state does not hold a record that is known.
    """
    journal = snapshot.journal
    if journal is None or snapshot.deployment is None:
        return
    try:
        left = journal.unfinished(snapshot.project, snapshot.stack)
        left = _finish(journal, left, snapshot.deployment)
        if any(intent.record and not journal.is_under_way(intent) for intent in left):
            for _, deployment in snapshot.others():
                left = _finish(journal, left, deployment)
    except ConfigurationError as error:
        # The plugin refuses to buy without a journal; a preview or a destroy needs none.
        findings.lines.append(f"warning: {error}")
        return
    findings.unfinished = left
    if left:
        findings.words.add(UNFINISHED)


CHECKS: tuple[Check, ...] = (
    refuse_foreign,
    note_missing,
    note_pending,
    collect_facts,
    warn_of_tainted,
    finish_held,
)


def run_checks(snapshot: Snapshot, checks: Sequence[Check] = CHECKS) -> Findings:
    """Run the checks, one after the other, over one snapshot."""
    findings = Findings()
    for check in checks:
        check(snapshot, findings)
    return findings


def has_answered(environment: Mapping[str, str], folder: Path, stack: str) -> bool:
    """Return whether the journal has an answered intent of this stack that is not finished."""
    from vapi_provider.settings.config import journal_in

    file = journal_in(environment, folder)
    if not file.exists():
        return False
    from vapi_provider.journal.journal import Journal

    parts = stack.split("/")
    project = parts[1] if len(parts) == 3 else project_name(folder) or ""
    journal = Journal(file, "", backend_of(environment, folder))
    return any(intent.record for intent in journal.unfinished(project, parts[-1]))


def project_in(deployment: Deployment) -> str | None:
    """Return the project of a state, by its resources' URNs; None where it has none."""
    for resource in cast(Sequence[Mapping[str, Any]], deployment.get("resources") or []):
        parts = str(resource.get("urn", "")).split("::")
        if len(parts) > 1:
            return parts[1]
    return None


def own_resources(deployment: Deployment) -> list[Mapping[str, Any]]:
    """Return the phone numbers that a state holds, without those that it only reads."""
    resources = cast(Sequence[Mapping[str, Any]], deployment.get("resources") or [])
    return [
        one
        for one in resources
        if str(one.get("type", "")).startswith(OURS) and not one.get("external")
    ]


def tainted(resources: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the resources that the engine replaces without asking the provider for a diff."""
    return [one for one in resources if one.get("taint") and not one.get("delete")]


def taint_warning(resource: Mapping[str, Any]) -> str:
    """Say what becomes of a tainted number."""
    outputs, name = _mapping(resource.get("outputs")), str(resource["urn"]).split("::", 3)[-1]
    reached = outputs.get("number") or outputs.get("sip_uri")
    called = f"{reached} ({resource.get('id')})" if isinstance(reached, str) else resource.get("id")
    return (
        f"{name!r} is tainted: the next `up` replaces it, and releases {called} for good. "
        f"`pulumi state untaint '{resource['urn']}'` keeps it"
    )


def declaration_of(resource: Mapping[str, Any]) -> str | None:
    """Return the declaration that a state has recorded; None for what the program only reads."""
    found = _mapping(resource.get("inputs")).get("declaration")
    return found if isinstance(found, str) else None


def _finish(journal: Journal, intents: Sequence[Intent], deployment: Deployment) -> list[Intent]:
    """Finish the intents whose record a state holds; return the others."""
    holders: dict[str, str] = {}
    for resource in own_resources(deployment):
        key, id_ = declaration_of(resource), resource.get("id")
        if key and isinstance(id_, str):
            holders[id_.lower()] = key
    left: list[Intent] = []
    for intent in intents:
        holder = holders.get((intent.record or "").lower())
        if intent.record is None or holder is None:
            left.append(intent)
        elif holder == intent.key:
            journal.finish_all([intent.record])
        else:
            # Adopted, imported or moved by a run that this journal did not see.
            journal.hold(holder, intent.record, intent.organizations)
    return left


def _mapping(value: Any) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], value) if isinstance(value, Mapping) else {}
