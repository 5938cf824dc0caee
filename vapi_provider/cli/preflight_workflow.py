"""The steps of the preflight: reading the state, checking it, and passing facts to the engines.

The state is read from the file if the backend is a folder, else by one export. The checks are in
`vapi_provider.deployment.preflight`.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from vapi_provider.deployment.exported import project_in
from vapi_provider.deployment.facts import VARIABLE
from vapi_provider.deployment.intents import finish_held_intents, open_written
from vapi_provider.deployment.preflight import (
    CHECKPOINTS_OFF,
    CHECKPOINTS_ON,
    CHECKS,
    PENDING,
    Findings,
    Snapshot,
    refuse_foreign,
    run_checks,
)
from vapi_provider.pulumi_cli.backend_files import repair
from vapi_provider.pulumi_cli.deployments import deployment_of, other_deployments
from vapi_provider.pulumi_cli.stack import Stack
from vapi_provider.settings.backend import backend_of, folder_of, names_of
from vapi_provider.settings.config import journal_in
from vapi_provider.settings.journal_location import require_lasting
from vapi_provider.shared.terminal import say

Deployment = Mapping[str, Any]


def preflight(
    stack: str, *, no_engine: bool = False, checkpoints: bool = False, writes: bool = False
) -> Findings:
    """Repair the stack's files if they need it, read its state once, and check it.

    With `checkpoints`, also decide whether the engine writes checkpoints. Where the target `writes`
    the state, add the decision to the lines, and require a journal that outlives the run; while
    operations are pending, decide nothing then: the caller resolves them and reads the state again.
    Raises PulumiError if the state cannot be read, and the errors of the checks.
    """
    if writes:
        require_lasting(os.environ, Path.cwd())
    repair(stack)
    snapshot = snapshot_of(stack)
    # Code that is stored in the state runs only in an engine.
    checks = [check for check in CHECKS if not (no_engine and check is refuse_foreign)]
    findings = run_checks(snapshot, checks)
    findings.deployment = snapshot.deployment
    if checkpoints and not (writes and PENDING in findings.words):
        line = _decide_on_checkpoints(snapshot, findings)
        findings.lines[:0] = [line] if writes else []
    return findings


def _decide_on_checkpoints(snapshot: Snapshot, findings: Findings) -> str:
    """Add the decision to the words for the shell; return the line that gives its reason."""
    # Lazy import: most commands start no engine that writes a state.
    from vapi_provider.deployment.checkpoint_choice import decide, provider_packages

    decision = decide(
        snapshot.environment,
        snapshot.journal_place,
        snapshot.deployment or {},
        state_folder=folder_of(snapshot.environment, Path.cwd()),
        packages=provider_packages(),
    )
    findings.words.add(CHECKPOINTS_ON if decision.are_on else CHECKPOINTS_OFF)
    return decision.line


@contextmanager
def facts_for(stack: str) -> Generator[Findings | None]:
    """Pass what the state holds to the engines of this process; yield the findings.

    Yield None if make has done so already. The lines are not shown: a summary itself warns of each
    replacement.
    """
    if os.environ.get(VARIABLE):
        yield None
        return
    findings = preflight(stack)
    import tempfile  # Lazy import: a make target provides its own file.

    with tempfile.TemporaryDirectory(prefix="vapi-preflight-") as folder:
        file = Path(folder, "facts.json")
        findings.facts.write(file)
        os.environ[VARIABLE] = str(file)
        try:
            yield findings
        finally:
            del os.environ[VARIABLE]


def snapshot_of(stack: str, deployment: Deployment | None = None) -> Snapshot:
    """Return a stack's state with what the checks need; read it unless `deployment` is given."""
    project, name = names_of(stack, Path.cwd())
    state = deployment if deployment is not None else deployment_of(stack)
    return Snapshot(
        # A state that was moved here by hand keeps its URNs, and the plugin uses those.
        project_in(state or {}) or project,
        name,
        state,
        cache(lambda: other_deployments(project, name, partial(say, err=True))),
        journal_in(os.environ, Path.cwd()),
        backend_of(os.environ, Path.cwd()),
        environment=os.environ,
        decrypted=lambda: Stack(stack).export(show_secrets=True).get("deployment") or {},
    )


def finish_own(stack: str) -> None:
    """Finish the stack's intents whose record its state holds, after an engine has ended.

    The state is read only if an intent has a known record; the other stacks are not read. Raises
    PulumiError if the state cannot be read, and ConfigurationError if the journal cannot be used.
    """
    environment, folder = os.environ, Path.cwd()
    own = names_of(stack, folder)
    place, backend = journal_in(environment, folder), backend_of(environment, folder)
    journal = open_written(place, backend)
    if journal is not None and journal.has_known_records(*own):
        finish_held_intents(journal, journal.unfinished(*own), deployment_of(stack) or {}, list)
