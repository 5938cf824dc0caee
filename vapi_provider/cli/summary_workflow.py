"""The steps of ``preview`` and ``drift``: running the engine, and writing the summary."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vapi_provider.catalogue.commands import PREVIEW_BESIDE_PENDING
from vapi_provider.catalogue.configuration import INVALID_SETTING
from vapi_provider.catalogue.ownership import TOO_MANY_RELEASES
from vapi_provider.cli.preflight_workflow import facts_for
from vapi_provider.deployment.exported import OURS
from vapi_provider.deployment.preflight import Findings
from vapi_provider.deployment.preview_outputs import write_preview_outputs
from vapi_provider.errors import ConfigurationError, VapiError
from vapi_provider.pulumi_cli.deployments import deployment_of
from vapi_provider.pulumi_cli.stack import PulumiError, Stack
from vapi_provider.settings.config import max_releases
from vapi_provider.shared import terminal
from vapi_provider.shared.text import escape_unprintable
from vapi_provider.summary.changes import drop_ignored, summarize_drift, summarize_preview
from vapi_provider.summary.content import Summary
from vapi_provider.summary.document import render_document
from vapi_provider.summary.events import Events, Notice, read_events
from vapi_provider.summary.markdown import render_markdown
from vapi_provider.summary.text import render_text
from vapi_provider.summary.words import format_notice


def preview(stack: Stack) -> Summary:
    """Return what `up` would do, with an error if it would release more than the stack allows.

    Raises PulumiError if the engine or the state cannot be read.
    """
    with facts_for(stack.name) as findings:
        deployment = _deployment(stack, findings)
        with write_preview_outputs(deployment) as variables:
            events = _events(stack, "preview", variables=variables)
    if pending := deployment.get("pending_operations"):
        # The engine reports them at an update only.
        warning = Notice(None, PREVIEW_BESIDE_PENDING(number=len(pending)))
        events.warnings.insert(0, warning)
    has_removals = any(
        step.op in ("delete", "replace") and step.type.startswith(OURS) for step in events.planned
    )
    # Only the state shows which resources are deleted together with another one.
    exported = stack.export()["deployment"] if has_removals and not events.errors else None
    summary = summarize_preview(stack.name, events, exported)
    limit = max_releases(events.config.get("vapi:maxReleases"), os.environ)
    if limit is not None and summary.releases > limit:
        text = f"{summary.releases} numbers would be released: {TOO_MANY_RELEASES(limit=limit)}"
        return replace(summary, errors=(*summary.errors, Notice(None, text)))
    return summary


def drift(stack: Stack) -> Summary:
    """Return how the account differs from the state, without fields under `ignore_changes`.

    Raises PulumiError if the engine or the state cannot be read, and ConfigurationError if
    RUN_PROGRAM is neither yes nor no.
    """
    # RUN_PROGRAM is the make targets' variable: the current config and key apply, but the program
    # has to run.
    program = ["--run-program"] if _runs_program() else []
    with facts_for(stack.name):
        summary = summarize_drift(stack.name, _events(stack, "refresh", "--preview-only", *program))
    if summary.changes and not summary.errors:
        summary = drop_ignored(summary, stack.export()["deployment"])
    return summary


def _runs_program() -> bool:
    """Return whether RUN_PROGRAM says yes, by the rules of scripts/yes_or_no.sh; unset means no.

    Raises ConfigurationError for a value that is neither yes nor no.
    """
    answer = os.environ.get("RUN_PROGRAM", "").lower()
    if answer in ("1", "y", "yes", "t", "true", "on"):
        return True
    if answer in ("", "0", "n", "no", "f", "false", "off"):
        return False
    raise ConfigurationError(
        INVALID_SETTING(setting="RUN_PROGRAM", value=answer, expected="yes or no")
    )


def write(summary: Summary, form: str) -> None:
    """Write the summary to stdout in the given form, and its errors to stderr."""
    if form == "json":
        terminal.write(json.dumps(render_document(summary), indent=2, ensure_ascii=False))
    elif form == "markdown":
        terminal.write(render_markdown(summary))
    elif not summary.errors:
        terminal.write(render_text(summary))
    for error in summary.errors:
        terminal.say(f"Error: {escape_unprintable(format_notice(error))}", err=True)


def run(summarize: Callable[[Stack], Summary], stack: str, form: str, what: Any) -> int:
    """Compute and write a summary, and return the exit code; show an expected error in it."""
    try:
        summary = summarize(Stack(stack))
    except VapiError as error:
        summary = Summary(what, stack, errors=(Notice(None, str(error)),))
    write(summary, form)
    return summary.exit_code


def _deployment(stack: Stack, findings: Findings | None) -> Mapping[str, Any]:
    """Return the stack's state: that of this process's preflight if there was one, else read now.

    It is empty if it cannot be read: the preview then reports why.
    """
    if findings is not None:
        return findings.deployment or {}
    with suppress(PulumiError):
        return deployment_of(stack.name) or {}
    return {}


def _events(stack: Stack, *words: str, variables: Mapping[str, str] | None = None) -> Events:
    streamed, reason = stack.watch(*words, variables=variables)
    events = read_events(streamed, os.environ.get("VAPI_REGION"))
    if reason is not None and not events.errors:
        events.errors.append(Notice(None, reason))
    return events
