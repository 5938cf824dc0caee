"""What the plugin processes of one engine operation share: events in one order, and no trace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vapi_provider.errors import LimitError, OwnershipError
from vapi_provider.journal.operation import Event, OperationEvents
from vapi_provider.journal.process_locks import ProcessLocks
from vapi_provider.lifecycle.ownership import Ownership
from vapi_provider.lifecycle.release_limit import ReleaseLimit

ENGINE = "127.0.0.1:40000 4711"
KEY = "acme/shop/dev/VapiPhoneNumber/{}"


def files(folder: Path) -> list[str]:
    """What lies beside the journal."""
    return [path.name for path in folder.iterdir()]


def end(events: OperationEvents) -> None:
    """Let go of what a process that ends lets go of."""
    os.close(events._file)
    assert events._own_lock is not None
    events._own_lock.let_go()


def test_a_run_without_events_leaves_no_trace(tmp_path: Path) -> None:
    """Nothing is opened by a run that adopts, creates and releases nothing."""
    events = OperationEvents(ENGINE, tmp_path)
    ownership = Ownership(events)
    ownership.register_check(KEY.format("a"), recorded=KEY.format("a"))
    ownership.hold("x", KEY.format("a"))
    assert ownership.holder("y") is None
    assert files(tmp_path) == []


def test_what_one_process_gains_the_others_know(tmp_path: Path) -> None:
    """An adopted record is known to the process that is asked to delete it."""
    here, there = (OperationEvents(ENGINE, tmp_path) for _ in range(2))
    one, other = Ownership(here), Ownership(there)
    one.register_check(KEY.format("new"), "ID")
    one.gain("id", KEY.format("new"))
    assert other.adopter("id") == KEY.format("new")
    assert other.holder("Id") == KEY.format("new")
    with pytest.raises(OwnershipError, match="declared twice"):
        other.register_check(KEY.format("third"), "id")


def test_a_process_says_what_its_resources_keep(tmp_path: Path) -> None:
    """A record that another process adopts is known there to be held here, or to be given up."""
    here, there = (OperationEvents(ENGINE, tmp_path) for _ in range(2))
    one, other = Ownership(here), Ownership(there)
    for id_, name in (("kept", "a"), ("given-up", "b")):
        one.register_check(KEY.format(name), recorded=KEY.format(name))
        one.hold(id_, KEY.format(name))
    one.keep("kept", KEY.format("a"))
    one.note_replaced("given-up", KEY.format("b"))
    for id_ in ("KEPT", "given-up"):
        other.register_check(KEY.format(f"new {id_}"), id_)
    one.announce_kept()
    assert other.holder("kept") == KEY.format("a")
    assert other.holder("given-up") is None


def test_what_a_process_that_has_ended_told_is_still_known(tmp_path: Path) -> None:
    """The engine may stop one plugin before the other has heard anything: nothing is forgotten."""
    first = OperationEvents(ENGINE, tmp_path)
    Ownership(first).gain("id", KEY.format("a"))
    end(first)
    assert Ownership(OperationEvents(ENGINE, tmp_path)).holder("id") == KEY.format("a")
    assert Ownership(OperationEvents(ENGINE + "5", tmp_path)).holder("id") is None


def test_an_engine_that_is_known_by_its_address_alone(tmp_path: Path) -> None:
    """The file that another process has open is this engine's, any other an old one's."""
    address = ENGINE.partition(" ")[0]
    first = OperationEvents(address, tmp_path)
    Ownership(first).gain("id", KEY.format("a"))
    second = OperationEvents(address, tmp_path)
    assert Ownership(second).holder("id") == KEY.format("a")
    for one in (first, second):
        end(one)
    assert Ownership(OperationEvents(address, tmp_path)).holder("id") is None


def test_files_of_engines_that_are_long_gone_are_removed(tmp_path: Path) -> None:
    """Whoever writes the first event takes old files away, but none that a process has open."""
    stale, held, young = (tmp_path / f"{name}.run" for name in ("stale", "held", "young"))
    for path in (stale, held, young):
        path.touch()
    for path in (stale, held):
        os.utime(path, (0, 0))
    mark = ProcessLocks(held)
    mark.hold()
    OperationEvents(ENGINE, tmp_path).publish(Event("gained", "id", "key"))
    mark.let_go()
    assert {"held.run", "young.run"} < set(files(tmp_path))
    assert "stale.run" not in files(tmp_path)


@pytest.mark.posix
def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    """Nobody else can tell a plugin whose a number is."""
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    ownership = Ownership(OperationEvents(ENGINE, folder))
    ownership.gain("id", KEY.format("a"))
    assert ownership.holder("id") == KEY.format("a")
    assert files(folder) == []


def test_releases_are_counted_over_all_processes(tmp_path: Path) -> None:
    """Two processes together release no more numbers than one may, and each number once."""
    one, other = (ReleaseLimit(2, OperationEvents(ENGINE, tmp_path)) for _ in range(2))
    one.count("a")
    other.count("A")
    other.count("b")
    for release_limit in (one, other):
        with pytest.raises(LimitError):
            release_limit.count("c")


def test_an_announced_replacement_is_counted_once() -> None:
    """The deletion that follows an announcement of its resource is not counted again."""
    release_limit = ReleaseLimit(1)
    release_limit.announce(KEY.format("a"))
    release_limit.count("old", KEY.format("a"))
    release_limit.count("old", KEY.format("a"))
    with pytest.raises(LimitError):
        release_limit.count("another", KEY.format("a"))
    with pytest.raises(LimitError):
        release_limit.announce(KEY.format("b"))


def test_a_folder_that_cannot_be_written_keeps_events_in_the_process(tmp_path: Path) -> None:
    """Where the file cannot be made the process goes on by what it knows itself."""
    blocked = tmp_path / "file"
    blocked.touch()
    ownership = Ownership(OperationEvents(ENGINE, blocked / "folder"))
    ownership.gain("id", KEY.format("a"))
    assert ownership.holder("id") == KEY.format("a")
