"""The shared journal: leases, turns across machines, snapshots, faults; the clock is the test's."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journal.conftest import ACCOUNT, BACKEND
from tests.journal.memory import MemoryBlobs, unreachable
from tests.journal.test_contract import BODY, KEY, SCOPE, begin, never
from tests.support.builders import Clock
from vapi_provider.errors import ConfigurationError, JournalChangedError, OwnershipError
from vapi_provider.journal.blobs import StoreError
from vapi_provider.journal.commands import COMMANDS
from vapi_provider.journal.compaction import ENTRY_KEPT_SECONDS, MIN_ENTRIES, compact, remove_old
from vapi_provider.journal.entries import entry_name
from vapi_provider.journal.file_migration import EarlierJournal
from vapi_provider.journal.file_store import FileStore
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.journal.leases import DEAD_SECONDS, HOLD_SECONDS
from vapi_provider.journal.log import SharedLog
from vapi_provider.journal.replica import FRESH_SECONDS
from vapi_provider.journal.shared_store import SharedStore
from vapi_provider.journal.tables import Database

START = AccountWatermark("", frozenset())


@pytest.fixture
def clock() -> Clock:
    """The time, for all machines of a test."""
    return Clock()


@pytest.fixture
def blobs(clock: Clock) -> MemoryBlobs:
    """The place where the journal lies."""
    return MemoryBlobs(clock)


@pytest.fixture
def machine(blobs: MemoryBlobs, clock: Clock) -> Iterator[Callable[..., Journal]]:
    """Opens the journal as another machine does."""
    opened: list[Journal] = []

    def open_it(earlier: EarlierJournal | None = None) -> Journal:
        opened.append(Journal(SharedStore(blobs, "", earlier, clock), ACCOUNT, BACKEND))
        return opened[-1]

    yield open_it
    blobs.fault = lambda name: None
    for journal in opened:
        journal.close()


def wait_for(true: Callable[[], object]) -> None:
    """Wait for what a thread does beside."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_process_whose_lease_ran_out_is_dead_to_the_others(
    machine: Callable[..., Journal], clock: Clock
) -> None:
    """By the age of its mark, whatever the clocks of the machines say."""
    killed, other = machine(), machine()
    with killed.owner_lock():
        killed.write_intent(KEY, BODY, START, 30)
        found = other.find(KEY)
        assert found is not None
        assert other.is_under_way(found)
        clock.sleep(DEAD_SECONDS + FRESH_SECONDS)
        assert not other.is_under_way(found)


def test_a_request_of_a_killed_run_has_had_its_time_by_the_clock_of_the_store(
    machine: Callable[..., Journal], clock: Clock
) -> None:
    """A machine that comes later does not wait anew from when it first saw the intent."""
    begin(machine(), completion_grace_seconds=30)
    clock.sleep(10)
    found = machine().find(KEY)
    assert found is not None
    assert found.remaining_seconds == pytest.approx(20)
    clock.sleep(100)
    found = machine().find(KEY)
    assert found is not None
    assert found.remaining_seconds < 0


def test_a_run_that_is_too_slow_buys_nothing(
    machine: Callable[..., Journal], blobs: MemoryBlobs, clock: Clock
) -> None:
    """Where its lease may soon be taken over once the intent is written, no POST is sent."""

    def slow(name: str) -> None:
        if name == "created":
            clock.sleep(HOLD_SECONDS + 1)

    journal = machine()
    with journal.owner_lock():
        assert journal.find(KEY) is None
        blobs.fault = slow
        with pytest.raises(OwnershipError, match="too slow.*nothing more was bought"):
            journal.write_intent(KEY, BODY, START, 30)


def test_the_turn_of_a_dead_process_is_taken_over_and_it_writes_no_more(
    machine: Callable[..., Journal], clock: Clock
) -> None:
    """Fenced by the log: what it writes after that counts for nothing."""
    slow, other = machine(), machine()
    with slow.turn(never, "name:main"), slow.owner_lock():
        slow.write_intent(KEY, BODY, START, 30)
        with (
            other.turn(never, "name:main"),
            other.owner_lock(),
            pytest.raises(JournalChangedError),
        ):
            other.write_intent(f"{SCOPE}/other", BODY, START, 30)
        waited: list[float] = []

        def wait() -> None:
            waited.append(clock.now)
            clock.sleep(10)

        with other.turn(wait, "name:main"), other.owner_lock():
            other.write_intent(f"{SCOPE}/other", BODY, START, 30)
        assert len(waited) == 3
        with pytest.raises(OwnershipError, match="another run may have taken over"):
            slow.write_intent(f"{SCOPE}/more", BODY, START, 30)
        with pytest.raises(OwnershipError):
            slow.record_id(KEY, "record", ["name:main"])
    found = machine().find(KEY)
    assert found is not None
    assert found.record is None
    assert "record" in machine().find(f"{SCOPE}/other").before.known  # type: ignore[union-attr]


def test_who_comes_second_sees_what_the_first_has_bought(machine: Callable[..., Journal]) -> None:
    """It looked before the first was done: its intent is refused, and the next look shows it."""
    first, second = machine(), machine()
    with second.turn(never, "name:main"), second.owner_lock():
        assert second.ledger.with_texts(["name:main"]) == set()
        with first.turn(never, "name:main"), first.owner_lock():
            first.write_intent(KEY, BODY, START, 30)
            first.record_id(KEY, "record", ["name:main"])
        with pytest.raises(JournalChangedError):
            second.write_intent(f"{SCOPE}/other", BODY, START, 30)
    with second.turn(never, "name:main"), second.owner_lock():
        assert second.ledger.with_texts(["name:main"]) == {"record"}
        second.write_intent(f"{SCOPE}/other", BODY, START, 30)


def test_nothing_is_bought_where_the_store_cannot_be_reached(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """One line says which journal, why, and what to set; it works again when the store does."""
    journal = machine()
    blobs.fault = unreachable
    for buy in (lambda: journal.find(KEY), lambda: begin(journal)):
        with pytest.raises(ConfigurationError) as refused:
            buy()
        assert "memory://journal cannot be reached" in str(refused.value)
        assert "nothing was bought" in str(refused.value)
        assert "VAPI_JOURNAL" in str(refused.value)
        assert "\n" not in str(refused.value)
    blobs.fault = lambda name: None
    begin(journal)
    assert machine().find(KEY) is not None


def test_an_entry_whose_answer_was_lost_is_not_written_twice(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """The second try meets its own entry, and takes it for what it is."""
    lost: list[str] = []

    def lose_once(name: str) -> None:
        if name == "created" and not lost:
            lost.append(name)
            raise StoreError("connection reset")

    journal = machine()
    with journal.owner_lock():
        journal.write_intent(f"{SCOPE}/first", BODY, START, 30)
        blobs.fault = lose_once
        with pytest.raises(ConfigurationError):
            journal.write_intent(KEY, BODY, START, 30)
        journal.write_intent(KEY, BODY, START, 30)
    assert [one.key for one in machine().unfinished("shop", "dev")] == [f"{SCOPE}/first", KEY]


def test_an_entry_behind_a_gap_counts_once_the_gap_is_filled(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """A process that was killed may have left one: the next that writes takes the free number."""
    first, second = machine(), machine()
    begin(first)
    later = json.loads(blobs.texts[entry_name(1)])
    later["id"] = "another"
    later["ops"][0][1]["row"]["key"] = f"{SCOPE}/behind"
    blobs.texts[entry_name(3)] = json.dumps(later)
    blobs.put_at[entry_name(3)] = 0.0
    assert [one.key for one in second.unfinished("shop", "dev")] == [KEY]
    begin(second, f"{SCOPE}/fills")
    keys = {one.key for one in machine().unfinished("shop", "dev")}
    assert keys == {KEY, f"{SCOPE}/behind", f"{SCOPE}/fills"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"v": 99, "id": "x", "ops": []}', "written by a later version"),
        ('{"v": 1, "id": "x", "ops": [["unheard_of", {}]]}', "written by a later version"),
        ("<html>", "something else has written there"),
    ],
)
def test_what_this_version_does_not_know_is_refused(
    machine: Callable[..., Journal], blobs: MemoryBlobs, text: str, words: str
) -> None:
    """In one line, again and again, and nothing is bought."""
    begin(machine())
    blobs.texts[entry_name(2)] = text
    journal = machine()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=words):
            journal.find(KEY)
        with pytest.raises(ConfigurationError, match=words):
            begin(journal, f"{SCOPE}/other")


def test_a_store_without_conditional_puts_is_refused(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """Tried once a run, before anything is bought; the line names the way out."""

    class Careless(MemoryBlobs):
        def create(self, name: str, text: str) -> bool:
            self.put(name, text)
            return True

    journal = Journal(SharedStore(Careless(blobs.clock)), ACCOUNT, BACKEND)
    with (
        pytest.raises(ConfigurationError, match="second conditional put.*VAPI_JOURNAL=<path>"),
        journal.owner_lock(),
    ):
        raise AssertionError("something is bought")
    journal.close()


def test_a_snapshot_holds_what_the_entries_said(
    machine: Callable[..., Journal], blobs: MemoryBlobs, clock: Clock
) -> None:
    """A reader needs no more of the log than what came after it."""
    journal = machine()
    for number in range(MIN_ENTRIES + 2):
        begin(journal, f"{SCOPE}/{number:03d}")
    wait_for(lambda: [name for name in blobs.texts if ".snapshot." in name])
    before = machine().unfinished("shop", "dev")
    (snapshot,) = [name for name in blobs.texts if ".snapshot." in name]
    for name in [name for name in blobs.texts if name.startswith("log/") and name < snapshot]:
        del blobs.texts[name]
    assert [one.key for one in machine().unfinished("shop", "dev")] == [one.key for one in before]
    assert len(before) == MIN_ENTRIES + 2


def test_old_entries_are_removed_once_a_snapshot_has_held_them_for_an_hour(
    blobs: MemoryBlobs, clock: Clock
) -> None:
    """Not before: a process that has not looked for a while must not take their numbers."""

    def log() -> tuple[SharedLog, Database]:
        database = Database.in_memory()
        return SharedLog(blobs, lambda position, ops: [None] * len(ops), database.restore), database

    first, database = log()
    for _ in range(3):
        first.append_blindly([("gone", {"record": "r"})])
    first.sync()
    compact(first, database, blobs)
    remove_old(blobs)
    assert len(blobs.names("log/")) == 4
    clock.sleep(ENTRY_KEPT_SECONDS + 1)
    first.append_blindly([("gone", {"record": "r"})])
    remove_old(blobs)
    assert blobs.names("log/") == ["log/000000000003.snapshot.0", entry_name(4)]
    second, _ = log()
    second.sync()
    assert second.position == 4


@pytest.mark.parametrize("way", ["finish_intents", "finish_held"])
def test_a_run_that_changes_nothing_asks_once(
    machine: Callable[..., Journal], blobs: MemoryBlobs, way: str
) -> None:
    """Where the journal shows nothing unfinished, the ids of a whole stack cost one request."""
    journal = machine()
    begin(journal)
    journal.record_id(KEY, "record")
    getattr(journal, way)(["record"])
    wait_for(lambda: any(name.endswith(".snapshot.0") for name in blobs.texts))
    blobs.calls.clear()
    plugin = machine()
    for number in range(50):
        plugin.finish_earlier_intent(f"record-{number}")
    plugin.close()
    assert blobs.calls == ["names"]


def test_the_program_finishes_intents_without_reading_the_log(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """The plugin writes to it meanwhile: only names are asked for."""
    plugin, program = machine(), machine()
    begin(plugin)
    plugin.record_id(KEY, "record")
    blobs.calls.clear()
    program.finish_intents(["record", "another"])
    program.close()
    assert "read" not in blobs.calls
    assert machine().find(KEY) is None


def test_a_release_that_cannot_be_recorded_is_found_out_later(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """The release itself does not fail: the ledger keeps the record, and the account lacks it."""
    journal = machine()
    journal.record_adoption(KEY, "record")
    blobs.fault = unreachable
    journal.forget_record("record")
    blobs.fault = lambda name: None
    (held,) = machine().ledger.held(KEY)
    assert held.record == "record"


def test_intents_of_an_earlier_file_are_asked_for(
    machine: Callable[..., Journal], tmp_path: Path
) -> None:
    """They move to the shared journal, with what the file knows a state to hold; once."""
    file = tmp_path / "journal.sqlite"
    before = Journal(file, ACCOUNT, BACKEND)
    begin(before)
    before.record_adoption(f"{SCOPE}/held", "held", ["org"])

    def earlier() -> EarlierJournal:
        return EarlierJournal(FileStore(file), BACKEND.identity)

    journal = machine(earlier())
    assert journal.may_have_unfinished()
    found = journal.find(KEY)
    assert found is not None
    assert not journal.is_under_way(found)
    assert machine(earlier()).ledger.holders("held") == {f"{SCOPE}/held"}
    assert before.unfinished("shop", "dev") == []
    journal.discard_intent(KEY)
    assert machine(earlier()).find(KEY) is None


def test_an_intent_of_a_living_process_stays_in_the_earlier_file(
    machine: Callable[..., Journal], tmp_path: Path
) -> None:
    """Until that has ended: the file's lock shows it, and no lease does."""
    file = tmp_path / "journal.sqlite"
    before = Journal(file, ACCOUNT, BACKEND)
    journal = machine(EarlierJournal(FileStore(file), BACKEND.identity))
    with before.owner_lock():
        before.write_intent(KEY, BODY, START, 30)
        assert journal.unfinished("shop", "dev") == []
        assert before.find(KEY) is not None
    assert [one.key for one in journal.unfinished("shop", "dev")] == [KEY]
    assert before.find(KEY) is None


def test_a_purchase_waits_for_two_requests(
    machine: Callable[..., Journal], blobs: MemoryBlobs
) -> None:
    """Its intent, which takes the turn with it, and its answer, which frees it."""
    journal = machine()

    def buy(number: int) -> None:
        with journal.turn(never, f"name:{number}"), journal.owner_lock():
            assert journal.find(f"{SCOPE}/{number}") is None
            assert journal.ledger.held_in_any_form(f"{SCOPE}/{number}") == {}
            assert journal.unfinished_of_others("shop", "dev") == []
            journal.write_intent(f"{SCOPE}/{number}", BODY, START, 30)
            journal.record_id(f"{SCOPE}/{number}", f"record-{number}", [f"name:{number}"])

    buy(0)  # It reads the log, and takes the lease.
    blobs.calls.clear()
    for number in range(1, 6):
        buy(number)
    assert blobs.calls == ["create", "created"] * 10


def test_a_journal_that_is_no_longer_used_closes_its_tables() -> None:
    """Python 3.13 and newer warn of a connection that is garbage-collected while it is open."""
    database = Database.in_memory()
    connection = database.connection
    del database
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_the_names_of_commands_in_logs_never_change() -> None:
    """A log that an earlier version wrote names the same commands as this version's."""
    assert set(COMMANDS) == {
        "answer",
        "begin",
        "bring",
        "bury",
        "drop",
        "exclude",
        "finish",
        "forget",
        "forget_repeat",
        "free_turns",
        "gone",
        "hold",
        "release",
        "rename",
        "take_away",
        "take_turns",
    }
