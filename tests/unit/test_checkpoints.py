"""The decision of the make targets whether the engine saves the state after each step."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from vapi_provider.deployment.checkpoint_choice import (
    CheckpointChoice,
    decide,
    is_restorable,
    provider_packages,
)
from vapi_provider.errors import ConfigurationError
from vapi_provider.models.kinds import KINDS, Kind
from vapi_provider.settings.checkpoints import has_checkpoints
from vapi_provider.settings.journal_location import JournalPlace, parse

FILE = JournalPlace(Path("j.sqlite"))
FOLDER = Path("state")
SHARED = dataclasses.replace(FILE, shared=parse("s3://bucket"))
OURS = "pulumi-python:dynamic/vapi:VapiPhoneNumber"
BY_HAND = {"PULUMI_SKIP_CHECKPOINTS": "1"}


def resource(type_: str, **more: Any) -> dict[str, Any]:
    """A custom resource of a state."""
    return {"type": type_, "urn": f"urn:pulumi:dev::shop::{type_}::a", "custom": True, **more}


OWN = [
    resource("pulumi:pulumi:Stack", custom=False),
    resource("pulumi:providers:pulumi-python"),
    resource("shop:index:Team", custom=False),
    resource(OURS, id="one"),
]


def decided(
    *others: Mapping[str, Any],
    journal: JournalPlace = FILE,
    environment: Mapping[str, str] | None = None,
    state_folder: Path | None = FOLDER,
    packages: Sequence[str] = (),
    **more: Any,
) -> CheckpointChoice:
    """The decision for a state with our resources, components and `others`."""
    return decide(
        environment or {},
        journal,
        {"resources": [*OWN, *others], **more},
        state_folder=state_folder,
        packages=packages,
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.class_name)
def test_each_kind_is_restorable(kind: Kind) -> None:
    """The journal restores each of our resource classes."""
    assert is_restorable(f"pulumi-python:dynamic/vapi:{kind.class_name}")


def test_a_state_of_ours_needs_no_checkpoints() -> None:
    """Checkpoints are off where journal and state are both of this machine, or both shared."""
    assert not decided().are_on
    assert not decided(journal=SHARED, state_folder=None).are_on
    assert not decided(journal=SHARED).are_on
    assert not decide({}, FILE, {}, state_folder=FOLDER, packages=()).are_on


def test_a_journal_of_one_machine_needs_checkpoints_for_shared_state() -> None:
    """Another machine could not read what a killed run left in a file."""
    decision = decided(state_folder=None)
    assert decision.are_on
    assert "the journal is a file of this machine" in decision.line


def test_a_mounted_state_needs_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next container has the mounted state, and not the journal of this container's user."""
    real, root, mount = Path.stat, Path("/").stat(), Path("/mnt/state").absolute()

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if not path.is_relative_to(mount):
            return real(path, follow_symlinks=follow_symlinks)
        if path != mount:
            raise FileNotFoundError(path)
        return os.stat_result((*root[:2], root.st_dev + 1, *root[3:10]))

    monkeypatch.setattr(Path, "stat", stat)
    mounted = mount / "new" / "folder"
    decision = decided(state_folder=mounted)
    assert decision.are_on
    assert "the state and the journal (j.sqlite) are on different file systems" in decision.line
    assert not decided(state_folder=mounted, journal=SHARED).are_on
    assert not decided(state_folder=mounted, journal=JournalPlace(mounted / "j.sqlite")).are_on


@pytest.mark.parametrize(
    "type_",
    [
        "pulumi-python:dynamic/cert:Certificate",
        "pulumi-python:dynamic/vapi:Assistant",
        "aws:s3/bucket:Bucket",
        "pulumi:index:Stash",
    ],
)
def test_a_resource_that_the_journal_does_not_know_needs_checkpoints(type_: str) -> None:
    """A foreign custom resource is named; a pending one counts, one that is only read does not."""
    decision = decided(resource(type_))
    assert decision.are_on
    assert f"{type_}::a" in decision.line
    assert decided(pending_operations=[{"resource": resource(type_), "type": "creating"}]).are_on
    assert not decided(resource(type_, external=True)).are_on


def test_an_installed_provider_needs_checkpoints() -> None:
    """The program may declare its resources at any time."""
    decision = decided(packages=["pulumi_aws"])
    assert decision.are_on
    assert "pulumi_aws" in decision.line


@pytest.mark.parametrize(("value", "are_on"), [("on", True), ("OFF", False)])
def test_the_setting_overrides_the_choice(value: str, are_on: bool) -> None:
    """`VAPI_CHECKPOINTS` decides in each case, and the line says so."""
    environment = {"VAPI_CHECKPOINTS": value}
    for decision in (
        decided(environment=environment),
        decided(resource("aws:s3/bucket:Bucket"), environment=environment, state_folder=None),
        decided(environment=environment | BY_HAND),
    ):
        assert decision.are_on is are_on
        assert decision.line.endswith(f"VAPI_CHECKPOINTS={value.lower()}")


def test_pulumis_own_setting_is_kept() -> None:
    """Checkpoints that the user turned off by Pulumi's variables stay off."""
    decision = decided(environment=BY_HAND, state_folder=None)
    assert not decision.are_on
    assert "PULUMI_SKIP_CHECKPOINTS is set" in decision.line


def test_a_setting_that_is_neither_on_nor_off_is_refused() -> None:
    """A misspelled value does not silently choose."""
    with pytest.raises(
        ConfigurationError, match="VAPI_CHECKPOINTS is 'maybe': set it to on or off"
    ):
        decided(environment={"VAPI_CHECKPOINTS": "maybe"})


@pytest.mark.parametrize("more", [{}, {"PULUMI_EXPERIMENTAL": "0"}, {"PULUMI_EXPERIMENTAL": "1"}])
def test_one_variable_of_pulumi_turns_checkpoints_off(more: Mapping[str, str]) -> None:
    """`PULUMI_EXPERIMENTAL` has no effect on it."""
    assert not has_checkpoints({**BY_HAND, **more})
    assert has_checkpoints({"PULUMI_SKIP_CHECKPOINTS": "0", **more})
    assert has_checkpoints(more)


def test_packages_with_a_provider_are_found(tmp_path: Path) -> None:
    """Marked packages and older ones named `pulumi_…` count, the SDK and policies do not."""
    for name, text in {
        "pulumi_random": '{"resource": true, "name": "random"}',
        "acme_cloud": '{"resource": true}',
        "broken": "{",
        "pulumi_policy": '{"resource": false}',
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pulumi-plugin.json").write_text(text, encoding="utf-8")
    for name in ("pulumi_old-1.0", "pulumi_policy-1.2", "pulumi-3.1", "httpx-1"):
        (tmp_path / f"{name}.dist-info").mkdir()
    (tmp_path / "pulumi").mkdir()
    folders = [str(tmp_path), str(tmp_path / "missing")]
    assert provider_packages(folders) == ["acme_cloud", "broken", "pulumi_old", "pulumi_random"]


def test_the_package_itself_brings_no_provider_package() -> None:
    """What the requirements install leaves checkpoints off."""
    assert provider_packages() == []
