"""Reading the backend's other stacks with `pulumi`, which a script stands in for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.pulumi_stub import stub_pulumi
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import AbandonedError
from vapi_provider.pulumi_cli.deployments import other_deployments

pytestmark = pytest.mark.posix

LIST_AND_EXPORT = """
case "$*" in
stack\\ ls*) cat stacks.json ;;
*broken*) echo "error: no access" >&2; exit 1 ;;
*) echo '{"deployment": {"resources": []}}' ;;
esac
"""


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the stacks that the backend of the project `numbers` lists."""
    project = tmp_path / "numbers"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: numbers\nruntime: python\n", encoding="utf-8")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://a-bucket-for-tests-only")
    return stub_pulumi(project, LIST_AND_EXPORT, monkeypatch) / "stacks.json"


def lists(stacks: Path, *names: str) -> None:
    """Let the backend list these stacks."""
    stacks.write_text(json.dumps([{"name": name} for name in names]), encoding="utf-8")


def test_every_other_stack_is_read_and_a_broken_one_reported(stacks: Path) -> None:
    """The own stack is not exported; one that cannot be read hides no other one."""
    lists(stacks, "dev", "prod", "broken", "organization/shop/dev")
    said: list[Message] = []
    found = other_deployments("numbers", "dev", said.append)
    assert [name for name, _ in found] == ["prod", "organization/shop/dev"]
    (line,) = map(str, said)
    assert "stack broken" in line
    assert line.endswith("[VAPI-STACK-UNREADABLE]")


def test_a_backend_without_the_own_stack_is_another_one(stacks: Path) -> None:
    """A relative URL means another folder where the plugin runs: that is reported."""
    lists(stacks, "prod")
    said: list[Message] = []
    other_deployments("numbers", "dev", said.append, must_exist=True)
    assert ["stack dev is not in the backend" in str(line) for line in said] == [True]


def test_many_stacks_are_announced_and_reading_them_ends_with_the_engine(stacks: Path) -> None:
    """A plugin whose engine has exited reads no further stack."""
    lists(stacks, "dev", *(f"stack-{number}" for number in range(20)))
    said: list[Message] = []
    assert len(other_deployments("numbers", "dev", said.append)) == 20
    assert ["reading 20 stacks" in str(line) for line in said] == [True]

    def gone() -> None:
        raise AbandonedError(said[0])

    with pytest.raises(AbandonedError):
        other_deployments("numbers", "dev", said.append, gone)


def test_a_pulumi_that_does_not_start_is_reported(stacks: Path) -> None:
    """It ends in a line about the other stacks, not in a traceback."""
    (stacks.parents[1] / "bin" / "pulumi").write_text("not a program", encoding="utf-8")
    said: list[Message] = []
    assert other_deployments("numbers", "dev", said.append) == []
    assert ["other stacks of this backend" in str(line) for line in said] == [True]


def test_a_folder_without_the_own_stack_is_another_one(
    stacks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state files of a wrong folder do not count as a backend without other stacks."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{stacks.parent}")
    said: list[Message] = []
    assert other_deployments("numbers", "dev", said.append, must_exist=True) == []
    assert ["stack dev is not in the backend" in str(line) for line in said] == [True]
