"""Reader of the engine's events, as `pulumi preview --json` streams them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from vapi_provider.catalogue.message import split
from vapi_provider.deployment.exported import name_in
from vapi_provider.models.constants import SIP_HOSTS
from vapi_provider.models.fields import as_object
from vapi_provider.reconcile import diff_notes
from vapi_provider.settings.guards import REFUSED_BY_PROGRAM

# The engine adds these to every failed run, beside the error that gives the reason.
_GENERIC_ERROR = re.compile(
    r"(preview|update|refresh) failed|.*program exited with non-zero exit code: \d+|"
    + re.escape(split(REFUSED_BY_PROGRAM).text)
)
STACK = "pulumi:pulumi:Stack"

_FAILED = re.compile(r"(Preview|refresh|update) failed: (vapi: )?", re.IGNORECASE)
# Anchored at a word's start: otherwise the search is quadratic in the length of a long word.
_PROBLEM = re.compile(r"(?<!\S)\S+ resource '[^']*' has a problem: ")
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True)
class Notice:
    """A warning or an error in one line, and the name of its resource, if it has one.

    `text` ends with the code of the message, if it has one.
    """

    resource: str | None
    text: str


@dataclass(frozen=True)
class Step:
    """One step of the engine on a resource; `old` and `new` are its states before and after."""

    op: str
    urn: str
    type: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


@dataclass
class Events:
    """The events of one preview or refresh."""

    config: Mapping[str, str] = field(default_factory=dict[str, str])
    """The stack's config; the engine has masked its secrets."""
    planned: list[Step] = field(default_factory=list[Step])
    done: list[Step] = field(default_factory=list[Step])
    warnings: list[Notice] = field(default_factory=list[Notice])
    errors: list[Notice] = field(default_factory=list[Notice])
    noted: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The paths that the plugin reported as different, by the record's id."""
    stack: Step | None = None
    """The last step of the stack itself, which has its outputs."""
    default_region: str = "us"
    """The account's region if the stack's config names none."""

    @property
    def region(self) -> str | None:
        """The account's region; None if it is not known."""
        region = self.config.get("vapi:region") or self.default_region
        return region if region in SIP_HOSTS else None


def read_events(events: Iterable[Mapping[str, Any]], region: str | None = None) -> Events:
    """Return the engine's events by their meaning; other kinds of events are skipped.

    `region` is the account's if the stack's config names none.
    """
    result = Events(default_region=region or "us")
    for event in events:
        if "preludeEvent" in event:
            result.config = as_object(event["preludeEvent"].get("config"))
        elif "resourcePreEvent" in event:
            result.planned.append(_step(event["resourcePreEvent"]["metadata"]))
        elif "resOutputsEvent" in event:
            step = _step(event["resOutputsEvent"]["metadata"])
            result.done.append(step)
            if step.type == STACK:
                result.stack = step
        elif "diagnosticEvent" in event:
            _add_diagnostic(result, event["diagnosticEvent"])
    result.warnings = _deduplicate(result.warnings)
    errors = _deduplicate(result.errors)
    specific = [error for error in errors if not _GENERIC_ERROR.fullmatch(split(error.text).text)]
    result.errors = specific or errors
    return result


def _step(metadata: Mapping[str, Any]) -> Step:
    return Step(
        metadata["op"],
        metadata["urn"],
        metadata["type"],
        cast(Any, metadata.get("old")),
        cast(Any, metadata.get("new")),
    )


def _add_diagnostic(events: Events, diagnostic: Mapping[str, Any]) -> None:
    severity, message = diagnostic.get("severity"), str(diagnostic.get("message", "")).strip()
    if severity == "debug":
        noted = diff_notes.parse_note(message)
        if noted is not None:
            events.noted[noted[0]] = noted[1]
    elif severity in ("warning", "error"):
        urn = diagnostic.get("urn")
        notice = Notice(name_in(urn) if urn else None, join_lines(message, urn))
        if severity == "warning" and (urn is None or f"::{STACK}::" in urn):
            resource, text = diff_notes.split_subject(notice.text)
            notice = Notice(resource, text) if resource is not None else notice
        (events.errors if severity == "error" else events.warnings).append(notice)


def join_lines(message: str, urn: str | None = None) -> str:
    """Return a message of the engine as one line, without the URN of its resource."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if _TRACEBACK in message:
        return f"{lines[0].partition(_TRACEBACK)[0].rstrip(' :')}: {lines[-1]}"
    text = _PROBLEM.sub("", _FAILED.sub("", " ".join(lines), count=1), count=1)
    return text.replace(urn, name_in(urn)) if urn else text


def _deduplicate(notices: list[Notice]) -> list[Notice]:
    return sorted(set(notices), key=lambda notice: (notice.resource or "", notice.text))
