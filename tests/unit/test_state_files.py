"""The files of a backend folder: states, other stacks, and attributes that a kill left empty."""

from __future__ import annotations

import gzip
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vapi_provider.deployment.state_files import StateFiles, UnreadableError


@pytest.fixture
def files(tmp_path: Path) -> StateFiles:
    """A backend with the stacks dev and other of one project."""
    for stack in ("dev", "other"):
        state(tmp_path, f"shop/{stack}", {"resources": [stack]})
    return StateFiles(tmp_path, lambda seconds: None)


def state(folder: Path, name: str, latest: Any) -> Path:
    """A stack's state as Pulumi keeps it in a folder."""
    file = folder / ".pulumi" / "stacks" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": latest}}), encoding="utf-8")
    return file


def emptied(file: Path) -> Path:
    """The file's attributes, left empty some time ago."""
    attributes = file.with_name(f"{file.name}.attrs")
    attributes.touch()
    os.utime(attributes, (1, 1))
    return attributes


def lock(folder: Path, stack: str, pid: int, host: str) -> None:
    """A lock as Pulumi writes it."""
    place = folder / ".pulumi" / "locks" / "organization" / "shop" / stack
    place.mkdir(parents=True)
    text = json.dumps({"pid": pid, "username": "u", "hostname": host, "timestamp": ""})
    (place / "a-lock.json").write_text(text, encoding="utf-8")


def dead_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_a_state_is_read_from_its_file(files: StateFiles, tmp_path: Path) -> None:
    """Plain, packed, or without a project in its path; None where there is none."""
    assert files.read("shop", "dev") == {"resources": ["dev"]}
    assert files.read("shop", "nonesuch") is None
    assert StateFiles(tmp_path / "nowhere").read("shop", "dev") is None
    plain = state(tmp_path, "old", None)
    assert files.read("shop", "old") == {}
    plain.with_name("packed.json.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert files.read("shop", "packed") == {}


@pytest.mark.parametrize("name", ["dev.json.zst", "dev.json.gz"])
def test_what_only_pulumi_reads_is_left_to_it(files: StateFiles, tmp_path: Path, name: str) -> None:
    """A form that is not known here, or two states of one stack, are no state to go by."""
    (tmp_path / ".pulumi" / "stacks" / "shop" / name).write_bytes(b"")
    with pytest.raises(UnreadableError):
        files.read("shop", "dev")


def test_the_others_are_all_but_the_own(files: StateFiles, tmp_path: Path) -> None:
    """Stacks of the same and of other projects are read; backups and attributes are no stacks."""
    state(tmp_path, "elsewhere/dev", {"resources": ["x"]})
    own = tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json"
    own.with_name("dev.json.bak").write_bytes(own.read_bytes())
    found = dict(files.others("shop", "dev"))
    assert sorted(found) == ["elsewhere/dev", "shop/other"]


def test_empty_attributes_are_removed(files: StateFiles, tmp_path: Path) -> None:
    """Beside every stack's state and the own history; attributes that say something stay."""
    stacks = tmp_path / ".pulumi" / "stacks" / "shop"
    history = tmp_path / ".pulumi" / "history" / "shop" / "dev"
    history.mkdir(parents=True)
    empty = [emptied(stacks / "dev.json"), emptied(stacks / "other.json"), emptied(history / "x")]
    whole = stacks / "dev.json.bak.attrs"
    whole.write_text("{}", encoding="utf-8")
    assert len(files.repair("shop", "dev")) == 3
    assert not any(one.exists() for one in empty)
    assert whole.exists()
    assert files.repair("shop", "dev") == []


def test_a_locked_stack_is_left_alone(files: StateFiles, tmp_path: Path) -> None:
    """While its lock's run may live nothing is removed; a person can say that none does."""
    attributes = emptied(tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json")
    lock(tmp_path, "dev", os.getpid(), socket.gethostname())
    (line,) = files.repair("shop", "dev")
    assert "is locked by" in line
    assert attributes.exists()
    assert len(files.repair("shop", "dev", is_idle=True)) == 1
    assert not attributes.exists()


@pytest.mark.parametrize(("host", "is_held"), [(socket.gethostname(), False), ("another", True)])
def test_the_lock_of_a_dead_run_holds_nothing(
    files: StateFiles, tmp_path: Path, host: str, is_held: bool
) -> None:
    """A lock counts unless its process was of this machine and has ended."""
    attributes = emptied(tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json")
    lock(tmp_path, "dev", dead_process(), host)
    files.repair("shop", "dev")
    assert attributes.exists() == is_held


def test_a_lock_holds_where_no_process_can_be_asked_for(
    files: StateFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a lock counts, and no process gets a signal."""
    attributes = emptied(tmp_path / ".pulumi" / "stacks" / "shop" / "dev.json")
    lock(tmp_path, "dev", dead_process(), socket.gethostname())
    monkeypatch.delattr(os, "uname")
    monkeypatch.delattr(os, "kill")
    (line,) = files.repair("shop", "dev")
    assert "is locked by" in line
    assert attributes.exists()


def test_attributes_that_are_being_written_are_waited_for(tmp_path: Path) -> None:
    """A file that is only just empty is looked at again."""
    file = state(tmp_path, "shop/dev", None)
    attributes = file.with_name("dev.json.attrs")
    attributes.touch()
    files = StateFiles(tmp_path, lambda _: None if attributes.write_text("{}", "utf-8") else None)
    assert files.repair("shop", "dev") == []
    assert attributes.exists()
