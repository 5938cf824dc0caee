"""The journal with many writers: every intent is written before its POST."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.backend import Backend

WORKERS = 16
BACKEND = Backend("backend", is_named=True)


def test_intents_begun_together_are_all_written(tmp_path: Path) -> None:
    """Whoever returns from `begin` finds its intent in the file, as another process would."""
    file = tmp_path / "journal.sqlite"
    journal, other = Journal(file, "account", BACKEND), Journal(file, "account", BACKEND)
    together = threading.Barrier(WORKERS)

    def begin(worker: int) -> None:
        together.wait(timeout=20)
        for at in range(10):
            name = f"acme/shop/dev/VapiPhoneNumber/n{worker}-{at}"
            journal.write_intent(
                name, {"digests": {"name": name}}, AccountWatermark("2026", frozenset({"a"})), 60
            )
            found = other.find(name)
            assert found is not None
            assert found.body == {"digests": {"name": name}}
            assert found.before == AccountWatermark("2026", frozenset({"a"}))

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(begin, range(WORKERS)))


def test_runs_that_create_the_journal_at_once_all_write_to_it(tmp_path: Path) -> None:
    """Stacks that are deployed at once on a new machine find no locked file."""
    for attempt in range(30):
        file = tmp_path / f"{attempt}.sqlite"
        journals = [Journal(file, "account", BACKEND) for _ in range(4)]
        together = threading.Barrier(len(journals))

        def begin(number: int, journal: Journal, together: threading.Barrier = together) -> None:
            together.wait(timeout=20)
            key = f"acme/shop/dev/VapiPhoneNumber/n{number}"
            journal.write_intent(key, {}, AccountWatermark("", frozenset()), 60)

        with ThreadPoolExecutor(len(journals)) as workers:
            list(workers.map(begin, range(4), journals))
        written = Journal(file, "account", BACKEND).unfinished("shop", "dev")
        assert [intent.key[-2:] for intent in written] == ["n0", "n1", "n2", "n3"]


def test_a_file_of_an_earlier_release_gets_the_indexes_added_since(tmp_path: Path) -> None:
    """Its intents stay, and it is searched as fast as a new file."""
    file = tmp_path / "journal.sqlite"
    key = "acme/shop/dev/VapiPhoneNumber/a"
    Journal(file, "account", BACKEND).write_intent(key, {}, AccountWatermark("", frozenset()), 60)
    indexes = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with closing(sqlite3.connect(file)) as earlier:
        made = earlier.execute(indexes).fetchall()
        for (name,) in made:
            earlier.execute(f"DROP INDEX {name}")
        assert earlier.execute(indexes).fetchall() == []
    assert Journal(file, "account", BACKEND).find(key) is not None
    with closing(sqlite3.connect(file)) as later:
        assert sorted(later.execute(indexes).fetchall()) == sorted(made) != []


def test_a_journal_that_fails_fails_for_each_of_them(tmp_path: Path) -> None:
    """Nobody takes another's failed write for a success."""
    journal = Journal(tmp_path, "account", BACKEND)  # A folder is no journal.
    together = threading.Barrier(WORKERS)

    def begin(worker: int) -> None:
        together.wait(timeout=20)
        with pytest.raises(ConfigurationError, match="set VAPI_JOURNAL"):
            journal.write_intent(
                f"acme/shop/dev/VapiPhoneNumber/{worker}", {}, AccountWatermark("", frozenset()), 60
            )

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(begin, range(WORKERS)))


class StillWaitingError(Exception):
    """Raised by whoever would wait for its turn."""


def waiting() -> None:
    """What a test does instead of waiting."""
    raise StillWaitingError


_HOLDER = """
import sys
from pathlib import Path
from vapi_provider.settings.backend import Backend
from vapi_provider.journal.journal import Journal
journal = Journal(Path(sys.argv[1]), "account", Backend("backend", is_named=True))
with journal.turn(lambda: None, sys.argv[2]):
    print("mine", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(file: Path, alike: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has the turn until it is killed, or the block ends."""
    words = [sys.executable, "-c", _HOLDER, str(file), alike]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, encoding="utf-8") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        yield holder


def test_what_looks_alike_is_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    """While another process has the turn ours waits, for this and nothing else, until it ends."""
    journal = Journal(tmp_path / "journal.sqlite", "account", BACKEND)
    with another_process(tmp_path / "journal.sqlite", "Our pool") as holder:
        with pytest.raises(StillWaitingError), journal.turn(waiting, "Our pool"):
            pass
        with journal.turn(waiting, "Our line"):
            pass
        holder.kill()
        holder.wait(timeout=20)
        with journal.turn(waiting, "Our pool"):
            pass


def test_turns_of_one_process_are_kept_from_all_others(tmp_path: Path) -> None:
    """One thread's end of its turn ends no other thread's, and the accounts have their own."""
    file = tmp_path / "journal.sqlite"
    journal, other = Journal(file, "account", BACKEND), Journal(file, "other", BACKEND)
    with another_process(file, "Our pool"), journal.turn(waiting, "ours"):
        with other.turn(waiting, "Our pool"):
            pass
        with pytest.raises(StillWaitingError), journal.turn(waiting, "Our pool"):
            pass


_MANY = """
import sys, time
from pathlib import Path
from vapi_provider.settings.backend import Backend
from vapi_provider.journal.journal import Journal
journal = Journal(Path(sys.argv[1]), "account", Backend("backend", is_named=True))
for at in range(300):
    with journal.turn(lambda: time.sleep(0.01), "Our pool"):
        if at == 0:
            print("mine", flush=True)
        time.sleep(0.1)
"""


def test_a_process_with_many_turns_lets_others_in(tmp_path: Path) -> None:
    """Who waits has its turn next, although the other begins its next one at once."""
    file = tmp_path / "journal.sqlite"
    words = [sys.executable, "-c", _MANY, str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, encoding="utf-8") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        until = time.monotonic() + 10

        def wait() -> None:
            if time.monotonic() > until:
                holder.kill()
                raise StillWaitingError
            time.sleep(0.01)

        with Journal(file, "account", BACKEND).turn(wait, "Our pool"):
            holder.kill()
