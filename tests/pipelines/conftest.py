"""A repository as a team has it, on this machine: the stacks of this project, their own state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.engine.conftest import (  # noqa: F401  fixtures
    Project,
    _pulumi,
    account,
    project,
)
from tests.support.repository import copy_repository

Configure = Callable[[str, Mapping[str, str]], None]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What would be committed, without the tests."""
    folder = tmp_path / "repository"
    copy_repository(folder)
    (tmp_path / "state").mkdir()
    return folder


@pytest.fixture
def configure(tmp_path: Path, repository: Path) -> Configure:
    """Makes a stack and gives it the secrets of its config, encrypted, as a team commits them."""

    def configured(stack: str, variables: Mapping[str, str]) -> None:
        person = Project.at(repository, tmp_path / "state")
        person.environment |= {"PULUMI_HOME": str(tmp_path / f"home-{stack}"), **variables}
        made = person.pulumi("stack", "init", "--no-select", stack)
        assert made.code == 0, made.text
        secrets = ("--secret", "sipPassword=a-sip-password-of-20", "--secret", "serverToken=token")
        told = person.pulumi("config", "set-all", "--stack", stack, *secrets)
        assert told.code == 0, told.text

    return configured
