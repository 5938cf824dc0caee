"""Locks between processes: marks of living processes, and locks by key on few files."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from vapi_provider.journal.process_locks import SLOTS, KeyedLocks, ProcessLocks

ROOT = Path(__file__).parents[2]
_HEAD = """\
import sys, time
from pathlib import Path
from vapi_provider.journal.process_locks import KeyedLocks, ProcessLocks
folder = Path(sys.argv[1]) / 'journal.sqlite'
def wait():
    time.sleep(0.005)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts another process that works on the same files; it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def run(body: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _HEAD + textwrap.dedent(body), str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a process writes."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    """Lets a process that waits for its input go on."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


MARKED = """
    mark = ProcessLocks(folder)
    mark.hold()
    print(mark.own, flush=True)
    sys.stdin.readline()
    mark.let_go()
    print("gone", flush=True)
    sys.stdin.readline()
"""


def test_a_mark_shows_that_another_process_lives(tmp_path: Path, start: Start) -> None:
    """A mark holds until its process lets go of it, and leaves no file."""
    other = start(MARKED)
    owner = line(other)
    assert ProcessLocks(tmp_path / "journal.sqlite").is_alive(owner)
    go_on(other)
    assert line(other) == "gone"
    assert not ProcessLocks(tmp_path / "journal.sqlite").is_alive(owner)
    assert list(tmp_path.iterdir()) == []


def test_a_dead_process_holds_nothing(tmp_path: Path, start: Start) -> None:
    """The mark of a killed process is free, and its file goes with the first look."""
    other = start(MARKED)
    owner = line(other)
    other.kill()
    other.wait()
    assert not ProcessLocks(tmp_path / "journal.sqlite").is_alive(owner)
    assert list(tmp_path.iterdir()) == []


def test_a_process_does_not_meet_itself(tmp_path: Path) -> None:
    """Our own mark does not count as another's, and is held as often as it was asked for."""
    mark = ProcessLocks(tmp_path / "journal.sqlite")
    mark.hold()
    mark.hold()
    mark.let_go()
    assert not mark.is_alive(mark.own)
    assert len(list(tmp_path.iterdir())) == 1
    mark.let_go()
    assert list(tmp_path.iterdir()) == []
    assert not mark.is_alive("an-owner-that-never-was")
    assert list(tmp_path.iterdir()) == []


HOLDING = """
    with KeyedLocks(folder).of(wait, "key"):
        print("held", flush=True)
        sys.stdin.readline()
    print("free", flush=True)
"""


class TooLongError(Exception):
    """Nobody waits any more."""


def raise_too_long() -> None:
    """Does not wait for another process."""
    raise TooLongError


def test_another_process_is_waited_for(tmp_path: Path, start: Start) -> None:
    """`wait` is called while another process holds the key, and what it raises ends the waiting."""
    locks = KeyedLocks(tmp_path / "journal.sqlite")
    other = start(HOLDING)
    assert line(other) == "held"
    with pytest.raises(TooLongError), locks.of(raise_too_long, "key"):
        pytest.fail("two processes hold one key")
    go_on(other)
    assert line(other) == "free"
    with locks.of(raise_too_long, "key"):
        pass


def test_the_lock_of_a_dead_process_is_free(tmp_path: Path, start: Start) -> None:
    """A killed process keeps no key."""
    other = start(HOLDING)
    assert line(other) == "held"
    other.kill()
    other.wait()
    with KeyedLocks(tmp_path / "journal.sqlite").of(raise_too_long, "key"):
        pass


BUSY = """
    locks = KeyedLocks(folder)
    for at in range(20):
        with locks.of(wait, "key"):
            print(at, flush=True)
            time.sleep(0.02)
"""


def test_two_busy_processes_both_advance(tmp_path: Path, start: Start) -> None:
    """A process that takes a key again and again lets another in between."""
    one, two = start(BUSY), start(BUSY)
    counts: dict[int, int] = {}
    reports: list[int] = []
    lock = threading.Lock()

    def listen(process: subprocess.Popen[str], name: int) -> None:
        while line(process):
            with lock:
                counts[name] = counts.get(name, 0) + 1
                reports.append(name)

    listeners = [threading.Thread(target=listen, args=pair) for pair in ((one, 1), (two, 2))]
    for thread in listeners:
        thread.start()
    for thread in listeners:
        thread.join(60)
    assert counts == {1: 20, 2: 20}
    first = reports.index(2 if reports[0] == 1 else 1)
    both = reports[first : first + 10]
    assert {1, 2} <= set(both)


def test_threads_take_turns(tmp_path: Path) -> None:
    """One thread at a time holds a key, whatever its threads do."""
    locks = KeyedLocks(tmp_path / "journal.sqlite")
    inside = 0
    most = 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with locks.of(raise_too_long, "key"):
                inside += 1
                most = max(most, inside)
                time.sleep(0)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1


def test_threads_share_a_slot(tmp_path: Path) -> None:
    """Threads with different keys do not wait for each other, although the keys share a slot."""
    locks = KeyedLocks(tmp_path / "journal.sqlite", slots=1)
    both = threading.Barrier(2, timeout=60)
    met: list[str] = []

    def work(key: str) -> None:
        with locks.of(raise_too_long, key):
            both.wait()
            met.append(key)

    threads = [threading.Thread(target=work, args=(key,)) for key in ("one", "another")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(met) == ["another", "one"]
    with locks.of(raise_too_long, "one"):
        pass


CROWDED = """
    import threading
    locks = KeyedLocks(folder, slots=1)
    inside = threading.Semaphore(0)
    def work(name):
        with locks.of(wait, name):
            inside.release()  # Threads that print would mix their lines.
        while True:
            with locks.of(wait, name):
                time.sleep(0.02)
    for at in range(4):
        threading.Thread(target=work, args=(f"key {at}",), daemon=True).start()
    for at in range(4):
        inside.acquire()
    print("busy", flush=True)
    sys.stdin.readline()
"""


def test_threads_that_share_a_slot_let_another_process_in(tmp_path: Path, start: Start) -> None:
    """However many threads follow each other in a slot, a process that waits comes next."""
    other = start(CROWDED)
    assert line(other) == "busy"
    until = time.monotonic() + 60

    def wait() -> None:
        if time.monotonic() > until:
            raise TooLongError
        time.sleep(0.005)

    with KeyedLocks(tmp_path / "journal.sqlite", slots=1).of(wait, "ours"):
        pass


CROSSED = """
    locks = KeyedLocks(folder)
    for _ in range(20):
        with locks.of(wait, *{keys}):
            time.sleep(0.005)
    print("done", flush=True)
"""


def test_several_keys_are_held_in_one_order(tmp_path: Path, start: Start) -> None:
    """Two processes that name two keys in different order do not wait for each other forever."""
    keys = ["a", "b", "c"]
    one = start(CROSSED.format(keys=keys))
    two = start(CROSSED.format(keys=keys[::-1]))
    assert [line(one), line(two)] == ["done", "done"]


def test_marks_of_one_operation_are_known(tmp_path: Path) -> None:
    """Processes of one engine operation know each other's marks, and no mark of another's."""
    file = tmp_path / "journal.sqlite"
    ours, same, other = (ProcessLocks(file, name) for name in ("engine", "engine", "another"))
    assert ours.is_of_this_operation(ours.own)
    assert ours.is_of_this_operation(same.own)
    assert not ours.is_of_this_operation(other.own)
    alone = ProcessLocks(file)
    assert alone.is_of_this_operation(alone.own)
    assert not alone.is_of_this_operation(ProcessLocks(file).own)


@pytest.mark.posix
def test_a_mark_follows_no_symbolic_link(tmp_path: Path) -> None:
    """A link in the place of a mark makes nothing elsewhere."""
    (tmp_path / "journal.sqlite.owner.lock").symlink_to(tmp_path / "made")
    with suppress(OSError):
        ProcessLocks(tmp_path / "journal.sqlite").is_alive("owner")
    assert not (tmp_path / "made").exists()


def test_a_thread_may_hold_a_slot_twice(tmp_path: Path) -> None:
    """Two keys of one slot do not stop the thread that holds both."""
    locks = KeyedLocks(tmp_path / "journal.sqlite", slots=1)
    with locks.of(raise_too_long, "one"), locks.of(raise_too_long, "another"):
        pass
    with locks.of(raise_too_long, "one"):
        pass


def test_a_fleet_leaves_few_files(tmp_path: Path) -> None:
    """A thousand keys leave a bounded number of files."""
    locks = KeyedLocks(tmp_path / "journal.sqlite")
    for at in range(1000):
        with locks.of(raise_too_long, f"key {at}"):
            pass
    assert len(list(tmp_path.iterdir())) <= 2 * SLOTS


def test_the_locks_of_a_journal_are_one_object(tmp_path: Path) -> None:
    """The threads of a process share the locks of a journal, whoever asks for them."""
    assert KeyedLocks.beside(tmp_path) is KeyedLocks.beside(tmp_path)
