"""What every store of the journal promises; each test runs on all three."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journal.conftest import ACCOUNT, BACKEND, Open
from vapi_provider.errors import JournalChangedError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.backend import Backend

SCOPE = "acme/shop/dev/VapiPhoneNumber"
KEY = f"{SCOPE}/main"
BODY = {"digests": {"name": "digest"}}
WORKERS = 16


def begin(journal: Journal, key: str = KEY, completion_grace_seconds: float = 30) -> None:
    """Write an intent as a purchase does."""
    with journal.owner_lock():
        journal.write_intent(
            key, BODY, AccountWatermark("2026", frozenset({"a"})), completion_grace_seconds
        )


def never() -> None:
    """Wait for nobody."""
    raise AssertionError("there is nobody to wait for")


def pause() -> None:
    """Wait a moment for another process."""
    time.sleep(0.02)


def until_finished(journal: Journal, key: str = KEY) -> None:
    """Wait until a view shows that the intent is finished: a shared store does it beside."""
    end = time.monotonic() + 20
    while journal.find(key) is not None:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_an_intent_is_seen_by_others_when_begin_returns(open_one: Open) -> None:
    """All of it: body, watermark, organizations; and that nothing is known of its record."""
    open_one().write_intent(
        KEY, BODY, AccountWatermark("2026", frozenset({"a"})), 30, organizations=["org"]
    )
    found = open_one().find(KEY)
    assert found is not None
    assert (found.key, found.account, found.organizations) == (KEY, ACCOUNT, frozenset({"org"}))
    assert (found.body, found.before) == (BODY, AccountWatermark("2026", frozenset({"a"})))
    assert found.record is None
    assert 0 < found.remaining_seconds <= 30


def test_intents_begun_together_are_all_written(open_one: Open) -> None:
    """By sixteen threads of each of two processes at once."""
    journals = [open_one(), open_one()]
    together = threading.Barrier(WORKERS)

    def work(worker: int) -> None:
        together.wait(timeout=60)
        for number in range(4):
            begin(journals[worker % 2], f"{SCOPE}/n{worker}-{number}")

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(work, range(WORKERS)))
    assert len(open_one().unfinished("shop", "dev")) == 4 * WORKERS


def test_one_key_is_begun_by_one_of_two(open_one: Open) -> None:
    """Two processes that saw the key free, at once: one writes its intent, the other is told."""
    journals = [open_one() for _ in range(4)]
    for journal in journals:
        assert journal.find(KEY) is None
    together = threading.Barrier(len(journals))

    def work(journal: Journal) -> bool:
        together.wait(timeout=60)
        try:
            begin(journal)
        except JournalChangedError:
            return False
        return True

    with ThreadPoolExecutor(len(journals)) as workers:
        assert sum(workers.map(work, journals)) == 1


def test_an_intent_of_a_dead_process_is_taken_over_by_who_saw_it(open_one: Open) -> None:
    """The one that begins anew owns it; it has learnt meanwhile what others created."""
    first, second = open_one(), open_one()
    begin(first)
    seen = second.find(KEY)
    assert seen is not None
    assert not second.is_of_this_operation(seen.owner)
    begin(second, completion_grace_seconds=60)
    found = open_one().find(KEY)
    assert found is not None
    assert second.is_of_this_operation(found.owner)


def test_an_intent_begun_after_the_one_that_was_seen_is_not_taken_over(open_one: Open) -> None:
    """A process that saw an intent, and then none, may not replace the owner's next one."""
    owner, other = open_one(), open_one()
    begin(owner)
    assert other.find(KEY) is not None
    owner.withdraw_intent(KEY)
    until_finished(other)
    begin(owner)
    with pytest.raises(JournalChangedError):
        begin(other)


def test_an_answer_is_known_and_told_to_the_others(open_one: Open) -> None:
    """Its intent has the record; every other open intent knows that it is not its own."""
    journal = open_one()
    begin(journal)
    begin(journal, f"{SCOPE}/other")
    journal.record_id(KEY, "record", ["number:+1"], ["org"])
    other = open_one()
    answered, unanswered = other.find(KEY), other.find(f"{SCOPE}/other")
    assert answered is not None
    assert unanswered is not None
    assert (answered.record, answered.organizations) == ("record", frozenset({"org"}))
    assert unanswered.record is None
    assert "record" in unanswered.before.known
    assert other.ledger.with_texts(["number:+1", "number:+2"]) == {"record"}
    assert other.ledger.holders("RECORD") == {KEY}


@pytest.mark.parametrize("way", ["finish_earlier_intent", "finish_intents"])
def test_what_a_state_holds_is_finished(open_one: Open, way: str) -> None:
    """The record moves to the ledger; an intent of another record is left as it is."""
    journal = open_one()
    assert journal.ledger.organizations("shop", "dev") == frozenset()
    begin(journal)
    begin(journal, f"{SCOPE}/other")
    journal.record_id(KEY, "record", (), ["org"])
    later = open_one()
    if way == "finish_earlier_intent":
        later.finish_earlier_intent("record")
        later.finish_earlier_intent("unknown")
    else:
        later.finish_intents(["record", "unknown"])
    watching = open_one()
    until_finished(watching)
    (held,) = watching.ledger.held(KEY)
    assert (held.record, held.account, held.organizations) == ("record", ACCOUNT, {"org"})
    for one in (watching, journal):
        until_finished(one)
        assert one.ledger.organizations("shop", "dev") == {"org"}
    assert watching.find(f"{SCOPE}/other") is not None


def test_what_another_state_holds_is_finished_at_once(open_one: Open) -> None:
    """The process that found the record in a state, and every other one, sees no intent of it."""
    journal = open_one()
    begin(journal)
    journal.record_id(KEY, "record")
    later = open_one()
    assert later.find(KEY) is not None
    later.finish_held(["record"])
    for one in (later, open_one()):
        assert one.find(KEY) is None
        assert [held.record for held in one.ledger.held(KEY)] == ["record"]


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_call_of_the_engine_finishes_no_intent_of_its_own_run(
    open_one: Open, is_resumed: bool
) -> None:
    """Without checkpoints no state holds what this run created, or resumed for an earlier run."""
    journal = open_one(operation="run")
    if is_resumed:
        begin(open_one(operation="earlier"))
        assert journal.find(KEY) is not None
    else:
        begin(journal)
    journal.record_id(KEY, "record")
    same = [journal] if is_resumed else [journal, open_one(operation="run")]
    for process in same:
        process.finish_earlier_intent("record")
        process.close()  # A shared store finishes in the background.
    found = open_one().find(KEY)
    assert found is not None
    assert found.record == "record"
    later = open_one(operation="later")
    later.finish_earlier_intent("record")
    until_finished(open_one())


def test_a_record_that_is_adopted_finishes_its_intent(open_one: Open) -> None:
    """Whoever holds it from now on; the key's own unanswered intent is answered by it."""
    journal = open_one()
    begin(journal)
    journal.record_id(KEY, "record")
    begin(journal, f"{SCOPE}/other")
    open_one().record_adoption(f"{SCOPE}/other", "record", ["org"])
    later = open_one()
    assert later.unfinished("shop", "dev") == []
    assert later.ledger.holders_here("record") == {f"{SCOPE}/other"}


def test_what_was_refused_is_dropped_by_its_own_process(open_one: Open) -> None:
    """Another process cannot drop it, nor forget it once it is answered."""
    journal, other = open_one(), open_one()
    begin(journal)
    other.withdraw_intent(KEY)
    assert other.find(KEY) is not None
    journal.record_id(KEY, "record")
    other.discard_intent(KEY)
    assert open_one().find(KEY) is not None
    journal.withdraw_intent(KEY)
    assert open_one().find(KEY) is None


def test_what_is_released_or_gone_is_forgotten(open_one: Open) -> None:
    """Released by its resource; gone whoever had it."""
    journal = open_one()
    for number in range(2):
        journal.record_adoption(f"{SCOPE}/{number}", f"record-{number}")
    journal.forget_holder(f"{SCOPE}/0", "record-0")
    journal.forget_record("record-1")
    end = time.monotonic() + 20
    while any(open_one().ledger.holders(f"record-{number}") for number in range(2)):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_renamed_resource_keeps_its_record(open_one: Open) -> None:
    """The ledger knows it by its new key."""
    journal = open_one()
    journal.record_adoption(KEY, "record")
    journal.ledger.rename("record", KEY, f"{SCOPE}/renamed")
    end = time.monotonic() + 20
    while open_one().ledger.holders("record") != {f"{SCOPE}/renamed"}:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_backends_share_no_intent(open_one: Open) -> None:
    """Another backend's key is another resource, though its records are known."""
    journal, elsewhere = open_one(), open_one(Backend("elsewhere", is_named=True))
    begin(journal)
    journal.record_id(KEY, "record")
    assert elsewhere.find(KEY) is None
    assert elsewhere.unfinished("shop", "dev") == []
    begin(elsewhere)
    found = open_one(Backend("elsewhere", is_named=True)).find(KEY)
    assert found is not None
    assert "record" in found.before.known
    assert BACKEND.identity != "elsewhere"


def test_a_process_that_buys_is_seen_to_live(open_one: Open) -> None:
    """While it buys; not when it has ended."""
    journal, other = open_one(), open_one()
    with journal.owner_lock():
        journal.write_intent(KEY, BODY, AccountWatermark("", frozenset()), 30)
        found = other.find(KEY)
        assert found is not None
        assert other.is_under_way(found)
        assert not journal.is_under_way(found)
    end = time.monotonic() + 20
    while other.is_under_way(found):
        assert time.monotonic() < end
        time.sleep(0.2)


def test_processes_of_one_operation_know_each_other(open_one: Open) -> None:
    """By their owners; a process of another operation is another run."""
    journal = open_one(operation="engine")
    begin(journal)
    found = journal.find(KEY)
    assert found is not None
    assert open_one(operation="engine").is_of_this_operation(found.owner)
    assert not open_one(operation="another").is_of_this_operation(found.owner)


def test_what_could_not_be_told_apart_is_bought_one_after_the_other(open_one: Open) -> None:
    """Among threads and processes: the second begins once the first is answered, and sees it."""
    journals = [open_one() for _ in range(3)]
    inside: list[str] = []
    together = threading.Barrier(6)

    def buy(worker: int) -> str:
        journal, key = journals[worker % 3], f"{SCOPE}/n{worker}"
        together.wait(timeout=60)
        while True:
            try:
                with journal.turn(pause, "name:main", f"number:{worker}"), journal.owner_lock():
                    seen = sorted(journal.ledger.with_texts(["name:main"]))
                    journal.write_intent(key, BODY, AccountWatermark("", frozenset()), 30)
                    assert inside == []
                    inside.append(key)
                    time.sleep(0.05)
                    inside.remove(key)
                    journal.record_id(key, f"record-{worker}", ["name:main"])
                    return ",".join(seen)
            except JournalChangedError:
                continue

    with ThreadPoolExecutor(6) as workers:
        seen = sorted(workers.map(buy, range(6)), key=len)
    assert [len(text.split(",")) if text else 0 for text in seen] == list(range(6))


def test_turns_of_different_keys_wait_for_nobody(open_one: Open) -> None:
    """Two processes buy different numbers at once."""
    journal, other = open_one(), open_one()
    with journal.turn(never, "number:1"), journal.owner_lock():
        journal.write_intent(KEY, BODY, AccountWatermark("", frozenset()), 30)
        with other.turn(never, "number:65"), other.owner_lock():
            other.write_intent(f"{SCOPE}/other", BODY, AccountWatermark("", frozenset()), 30)


def test_a_repeated_purchase_is_remembered(open_one: Open) -> None:
    """Its first POST may have created something late; until that was looked for once."""
    journal = open_one()
    with journal.owner_lock():
        journal.write_intent(KEY, BODY, AccountWatermark("2026", frozenset({"a"})), 30, repeats=1)
    journal.record_id(KEY, "record")
    journal.finish_intents(["record"])
    watching = open_one()
    until_finished(watching)
    (repeated,) = watching.ledger.repeated("shop", "dev")
    assert (repeated.key, repeated.record, repeated.known) == (KEY, "record", {"a"})
    watching.ledger.forget_repeat(repeated)
    end = time.monotonic() + 20
    while open_one().ledger.repeated("shop", "dev"):
        assert time.monotonic() < end
        time.sleep(0.1)
