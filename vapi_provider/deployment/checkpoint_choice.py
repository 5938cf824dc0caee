"""The decision of the make targets whether the engine saves the state after each step.

Without checkpoints, a killed run leaves the state from before it started, and the journal restores
what it purchased. That is safe only where the next run reads the same journal, and where nothing
but the journal's records is created.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from vapi_provider.deployment.exported import OURS, resources_of
from vapi_provider.models.constants import CLASS_NAMES
from vapi_provider.models.fields import as_object
from vapi_provider.settings.checkpoints import SKIP, VARIABLE, has_checkpoints
from vapi_provider.settings.journal_location import JournalPlace
from vapi_provider.settings.values import on_or_off

_RESTORABLE = frozenset(
    {"pulumi:providers:pulumi-python", "pulumi:providers:pulumi"}
    | {f"{OURS}{name}" for name in CLASS_NAMES.values()}
)
"""Types of Vapi resources, and of the providers of dynamic resources and stack references.

A program may declare a dynamic resource of its own in the module ``vapi``, which no journal covers.
"""


@dataclass(frozen=True)
class CheckpointChoice:
    """Whether the engine writes checkpoints, and the line that tells the user why."""

    are_on: bool
    line: str


def decide(
    environment: Mapping[str, str],
    journal: JournalPlace,
    deployment: Mapping[str, Any],
    *,
    state_folder: Path | None,
    packages: Sequence[str],
) -> CheckpointChoice:
    """Return whether a run of the make targets writes checkpoints.

    `state_folder` is the folder of a state in files, else None; `packages` are the installed
    packages of other providers. Raises ConfigurationError where `VAPI_CHECKPOINTS` is invalid.
    """
    choice = on_or_off(environment, VARIABLE)
    if choice is not None:
        return _choice(choice, f"{VARIABLE}={'on' if choice else 'off'}", "")
    if not has_checkpoints(environment):
        return _choice(False, f"{SKIP} is set", f". {VARIABLE}=on turns them on")
    reason = _reason_for(journal, deployment, state_folder, packages)
    if reason is not None:
        return _choice(True, reason, f". {VARIABLE}=off turns them off (docs/fleets.md)")
    place = "the journal is shared"
    if journal.shared is None:
        place = "state and journal are files of this machine"
    reason = f"{place}, and the state holds only Vapi resources"
    return _choice(False, reason, f". {VARIABLE}=on turns them on")


def is_restorable(type_: str) -> bool:
    """Return whether a killed run's custom resource of this type is restored or needs no restore.

    These are Vapi resources, which the journal restores, and the providers that the engine adds
    for them.
    """
    return type_ in _RESTORABLE


def provider_packages(folders: Iterable[str] = sys.path) -> list[str]:
    """Return the installed packages that bring a Pulumi provider, without importing any.

    Pulumi marks them by a `pulumi-plugin.json`; packages from before that are named `pulumi_…`.
    """
    found: set[str] = set()
    for folder in folders:
        with suppress(OSError):
            found.update(_packages_in(Path(folder or ".")))
    return sorted(found)


def _reason_for(
    journal: JournalPlace,
    deployment: Mapping[str, Any],
    state_folder: Path | None,
    packages: Sequence[str],
) -> str | None:
    """Return why checkpoints stay on; None where the journal can restore everything."""
    if journal.shared is None:
        if state_folder is None:
            return "the journal is a file of this machine, and the state is not"
        # One of them may be a mount, such as a network folder or a container's volume. The next
        # run, on another machine or in a new container, would then have the state alone.
        if _file_system_of(journal.file) != _file_system_of(state_folder):
            return f"the state and the journal ({journal.file}) are on different file systems"
    foreign = next(_foreign(deployment), None)
    if foreign is not None:
        return f"the state holds {foreign}, which is not a Vapi resource"
    if packages:
        return f"the provider package {packages[0]} is installed"
    return None


def _file_system_of(path: Path) -> int | None:
    """Return the device of a path, or of its nearest parent that exists."""
    path = path.absolute()
    for existing in (path, *path.parents):
        with suppress(OSError):
            return existing.stat().st_dev
    return None


def _foreign(deployment: Mapping[str, Any]) -> Iterator[str]:
    """Yield the URNs of custom resources that a killed run could lose; reads lose nothing."""
    operations = cast(Sequence[Any], deployment.get("pending_operations") or [])
    pending = [as_object(as_object(operation).get("resource")) for operation in operations]
    for resource in (*resources_of(deployment), *pending):
        is_created = resource.get("custom") and not resource.get("external")
        if is_created and not is_restorable(str(resource.get("type", ""))):
            yield str(resource.get("urn", "a resource without URN"))


def _packages_in(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        name = path.name
        if name.startswith("pulumi_") and name.endswith(".dist-info"):
            name = name.partition("-")[0]
            path = folder / name
        elif not (path / "pulumi-plugin.json").is_file():
            continue
        if _has_provider(path):
            yield name


def _has_provider(package: Path) -> bool:
    """Return whether a package brings a provider; a policy SDK says that it does not."""
    try:
        text = (package / "pulumi-plugin.json").read_text(encoding="utf-8")
        return as_object(json.loads(text)).get("resource") is not False
    except (OSError, ValueError):
        return True


def _choice(are_on: bool, reason: str, advice: str) -> CheckpointChoice:
    return CheckpointChoice(
        are_on, f"Checkpoints are {'on' if are_on else 'off'}: {reason}{advice}"
    )
