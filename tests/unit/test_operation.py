"""What the plugin processes of one engine operation share: events in one order, and no trace."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest

from vapi_provider.errors import LimitError, OwnershipError
from vapi_provider.identity import Claims
from vapi_provider.operation import Event, Operation
from vapi_provider.releases import Releases

ENGINE = "127.0.0.1:40000"
KEY = "acme/shop/dev/VapiPhoneNumber/{}"


def files(folder: Path) -> list[str]:
    """What lies beside the journal."""
    return [path.name for path in folder.iterdir()]


def test_a_run_without_events_leaves_no_trace(tmp_path: Path) -> None:
    """Nothing is opened by a run that adopts, creates and releases nothing."""
    operation = Operation(tmp_path / "journal", ENGINE)
    claims = Claims(operation)
    claims.declare(KEY.format("a"), recorded=KEY.format("a"))
    claims.own("x", KEY.format("a"))
    assert claims.holder("y") is None
    assert files(tmp_path) == []


def test_what_one_process_gains_the_others_know(tmp_path: Path) -> None:
    """An adopted record is known to the process that is asked to delete it."""
    here, there = (Operation(tmp_path / "journal", ENGINE) for _ in range(2))
    one, other = Claims(here), Claims(there)
    one.declare(KEY.format("new"), "ID")
    one.gain("id", KEY.format("new"))
    assert other.adopter("id") == KEY.format("new")
    assert other.holder("Id") == KEY.format("new")
    with pytest.raises(OwnershipError, match="declared twice"):
        other.declare(KEY.format("third"), "id")
    here.close()
    assert len(files(tmp_path)) == 1
    there.close()
    assert files(tmp_path) == []


def test_another_engine_shares_nothing(tmp_path: Path) -> None:
    """Events are an operation's own; those of an engine that is gone are dropped."""
    Claims(first := Operation(tmp_path / "journal", ENGINE)).gain("id", KEY.format("a"))
    other = Claims(second := Operation(tmp_path / "journal", "127.0.0.1:40001"))
    other.gain("another", KEY.format("b"))
    assert other.holder("id") is None
    # Its plugin was killed: the file stays, and nobody holds it.
    os.close(first._file)
    first._file = -1
    again = Operation(tmp_path / "journal", ENGINE)
    assert Claims(again).holder("id") is None
    again.close()
    second.close()
    assert files(tmp_path) == []


def test_files_of_engines_that_are_gone_are_removed(tmp_path: Path) -> None:
    """Whoever writes the first event takes away what killed plugins left, and nothing else."""
    stale, held = (tmp_path / f"journal.{at * 12}.run" for at in "ab")
    for path in (stale, held, tmp_path / "journal.turns"):
        path.touch()
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        operation = Operation(tmp_path / "journal", ENGINE)
        operation.tell(Event("gained", "id", "key"))
        operation.close()
        assert sorted(files(tmp_path)) == [held.name, "journal.turns"]


def _adopt(journal: Path, name: str, won: multiprocessing.Queue) -> None:  # type: ignore[type-arg]
    claims = Claims(Operation(journal, ENGINE))
    try:
        claims.declare(KEY.format(name), "id")
    except OwnershipError:
        won.put(0)
    else:
        won.put(1)


def test_of_many_processes_that_adopt_one_record_one_wins(tmp_path: Path) -> None:
    """The order of the file decides, the same for all."""
    context = multiprocessing.get_context("spawn")
    won = context.Queue()
    keeper = Operation(tmp_path / "journal", ENGINE)
    keeper.tell(Event("other", "", ""))
    names = [f"n{at}" for at in range(4)]
    workers = [
        context.Process(target=_adopt, args=(tmp_path / "journal", name, won)) for name in names
    ]
    for worker in workers:
        worker.start()
    assert sum(won.get(timeout=60) for _ in workers) == 1
    for worker in workers:
        worker.join(timeout=60)
    keeper.close()


def test_releases_are_counted_over_all_processes(tmp_path: Path) -> None:
    """Two processes together release no more numbers than one may, and each number once."""
    one, other = (Releases(2, Operation(tmp_path / "journal", ENGINE)) for _ in range(2))
    one.expect("a")
    other.expect("A")
    other.expect("b")
    for releases in (one, other):
        with pytest.raises(LimitError):
            releases.expect("c")


def test_an_announced_replacement_is_counted_once() -> None:
    """The deletion that follows an announcement of its resource is not counted again."""
    releases = Releases(1)
    releases.announce(KEY.format("a"))
    releases.expect("old", KEY.format("a"))
    releases.expect("old", KEY.format("a"))
    with pytest.raises(LimitError):
        releases.expect("another", KEY.format("a"))
    with pytest.raises(LimitError):
        releases.announce(KEY.format("b"))


def test_a_folder_that_cannot_be_written_keeps_events_in_the_process(tmp_path: Path) -> None:
    """Where the file cannot be made the process goes on by what it knows itself."""
    blocked = tmp_path / "file"
    blocked.touch()
    claims = Claims(Operation(blocked / "journal", ENGINE))
    claims.gain("id", KEY.format("a"))
    assert claims.holder("id") == KEY.format("a")
