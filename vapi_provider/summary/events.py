"""The engine's events, as `pulumi preview --json` streams them, reduced to what we look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.deployment.exported import name_in
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.fields import as_object
from vapi_provider.reconcile import diff_notes
from vapi_provider.settings.guards import TOLD

# Said of every run that ends with an error, beside what says why.
_BESIDE = re.compile(
    r"(preview|update|refresh) failed|.*program exited with non-zero exit code: \d+|"
    + re.escape(TOLD)
)
STACK = "pulumi:pulumi:Stack"

_FAILED = re.compile(r"(Preview|refresh|update) failed: (vapi: )?", re.IGNORECASE)
# Starts where a word does: from inside of a long one each place would be tried, to its end.
_PROBLEM = re.compile(r"(?<!\S)\S+ resource '[^']*' has a problem: ")
_STACK = "::pulumi:pulumi:Stack::"
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Said:
    """A warning or an error in one line, and the resource that it is about, if it is about one."""

    resource: str | None
    text: str


@dataclass(frozen=True)
class Step:
    """What the engine does with one resource; `old` and `new` are its states, if there are any."""

    op: str
    urn: str
    type: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


@dataclass
class Events:
    """One preview or refresh."""

    config: Mapping[str, str] = field(default_factory=dict[str, str])
    """The stack's config, secrets blinded."""
    planned: list[Step] = field(default_factory=list[Step])
    done: list[Step] = field(default_factory=list[Step])
    warnings: list[Said] = field(default_factory=list[Said])
    errors: list[Said] = field(default_factory=list[Said])
    noted: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Paths in which the plugin has seen a record differ, by its id."""
    stack: Step | None = None
    """The stack itself, as its outputs were told last."""

    @property
    def region(self) -> str | None:
        """The account's region as far as the stack's config names it."""
        region = self.config.get("vapi:region")
        return region if region in SIP_HOSTS else None


def read_events(events: Iterable[Mapping[str, Any]]) -> Events:
    """Sorts the engine's events; those of other kinds are left out."""
    found = Events()
    for event in events:
        if "preludeEvent" in event:
            found.config = as_object(event["preludeEvent"].get("config"))
        elif "resourcePreEvent" in event:
            found.planned.append(_step(event["resourcePreEvent"]["metadata"]))
        elif "resOutputsEvent" in event:
            step = _step(event["resOutputsEvent"]["metadata"])
            found.done.append(step)
            if step.type == STACK:
                found.stack = step
        elif "diagnosticEvent" in event:
            _hear(found, event["diagnosticEvent"])
    found.warnings = _once(found.warnings)
    errors = _once(found.errors)
    own = [said for said in errors if not _BESIDE.fullmatch(said.text)]
    found.errors = own or errors
    return found


def _step(metadata: Mapping[str, Any]) -> Step:
    return Step(
        metadata["op"],
        metadata["urn"],
        metadata["type"],
        cast(Any, metadata.get("old")),
        cast(Any, metadata.get("new")),
    )


def _hear(found: Events, diagnostic: Mapping[str, Any]) -> None:
    severity, message = diagnostic.get("severity"), str(diagnostic.get("message", "")).strip()
    if severity == "debug":
        noted = diff_notes.read(message)
        if noted is not None:
            found.noted[noted[0]] = noted[1]
    elif severity in ("warning", "error"):
        urn = diagnostic.get("urn")
        said = Said(name_in(urn) if urn else None, one_line(message, urn))
        if severity == "warning" and (urn is None or _STACK in urn):
            resource, text = diff_notes.subject(said.text)
            said = Said(resource, text) if resource is not None else said
        (found.errors if severity == "error" else found.warnings).append(said)


def one_line(message: str, urn: str | None = None) -> str:
    """A message of the engine as one line that stands beside the resource's name."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if _TRACEBACK in message:
        return f"{lines[0].partition(_TRACEBACK)[0].rstrip(' :')}: {lines[-1]}"
    text = _PROBLEM.sub("", _FAILED.sub("", " ".join(lines), count=1), count=1)
    return text.replace(urn, name_in(urn)) if urn else text


def _once(said: list[Said]) -> list[Said]:
    return sorted(set(said), key=lambda one: (one.resource or "", one.text))
