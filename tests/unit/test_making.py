"""A record is made exactly once, whatever becomes of the answer, the run or the process."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    AUTOMATIC_NAME,
    DECLARATION,
    LEAST,
    RECORDED,
    UUID,
    Api,
    Clock,
    answer,
    bag,
    failure,
)
from tests.support.builders import provider as new_provider
from tests.support.builders import settings as new_settings
from vapi_provider.api.client import VapiClient
from vapi_provider.journal.boot import BootClock
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.lifecycle.session import Session
from vapi_provider.models.kinds import KINDS
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.reconcile.fingerprint import fingerprint_of

POST = "POST /phone-number"
OWN_NAME = {"name": AUTOMATIC_NAME, **LEAST["vapi"]}
"""A declaration whose name tells that it is this resource's, whenever its record came."""
OWN = fingerprint_of(KINDS["vapi"], OWN_NAME)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """One journal for all runs of a test."""
    return tmp_path / "journal.sqlite"


def journal_of(file: Path, clock: BootClock | None = None) -> Journal:
    """The journal as another process has it."""
    settings = new_settings(journal=file)
    return Journal(file, settings.account, settings.backend, clock)


class Losing(Api):
    """An account whose first POSTs are carried out, or not, and never answered."""

    def __init__(self, *fates: str, error: Exception | httpx.Response | None = None) -> None:
        super().__init__()
        self.fates = list(fates)
        self.error = error or httpx.ReadError("reset")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or not self.fates:
            return super().__call__(request)
        if self.fates.pop(0) == "made":
            super().__call__(request)
        else:
            self.requests.append(request)
        if isinstance(self.error, Exception):
            raise self.error
        return self.error


LOST = [httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.Response(500, json={}),
        httpx.Response(502, text="<html>"), httpx.Response(201, text="")]  # fmt: skip


@pytest.mark.parametrize("error", LOST, ids=str)
def test_a_record_whose_answer_was_lost_is_found(journal: Path, error: Any) -> None:
    """After a lost answer the account is looked through, and the one record taken."""
    api = Losing("made", error=error)
    result = new_provider(api, journal=journal).create(bag(name="Main line", **LEAST["vapi"]))
    assert list(api.records) == [result.id]
    assert api.sent.count(POST) == 1


class Masking(Losing):
    """An account whose list shows numbers in part."""

    def _listed(self, request: httpx.Request) -> httpx.Response:
        page = super()._listed(request).json()
        return httpx.Response(200, json=[{**item, "number": "+141****0123"} for item in page])


def test_a_record_that_is_found_is_recorded_with_its_whole_number(journal: Path) -> None:
    """Where a list shows numbers in part, what is found in it is read once more."""
    result = new_provider(Masking("made"), journal=journal).create(bag(**LEAST["vapi"]))
    assert result.outs["number"] == "+14155550123"


@pytest.mark.parametrize("error", [LOST[0], LOST[2], LOST[3]], ids=str)
def test_what_was_not_made_is_made_then(journal: Path, error: Any) -> None:
    """Where several looks find nothing the POST is repeated, and one record is there."""
    api, clock = Losing("lost", error=error), Clock()
    result = new_provider(api, clock, journal=journal).create(bag())
    assert list(api.records) == [result.id]
    assert api.sent.count(POST) == 2
    assert sum(clock.slept) >= 5


@pytest.mark.parametrize("error", [LOST[1], httpx.Response(504, text="slow")], ids=str)
def test_what_may_still_come_is_left_to_the_next_run(journal: Path, error: Any) -> None:
    """A slow API may be at it yet: no second POST in this run, one record after the next.

    The next run gives it as much time again before it buys.
    """
    api = Losing("lost", error=error)
    text = failure(new_provider(api, journal=journal).create, bag(**OWN_NAME))
    assert "the journal knows of it" in text
    assert api.sent.count(POST) == 1
    intent = journal_of(journal).find(DECLARATION)
    assert intent is not None
    assert intent.remaining_seconds == pytest.approx(new_settings().request_timeout_seconds, abs=5)
    late = {**answer(id_="late", name=AUTOMATIC_NAME), "createdAt": "2026-03-26T15:44:00.000Z"}
    api.records["late"] = late
    assert new_provider(api, journal=journal).create(bag(**OWN_NAME)).id == "late"
    assert list(api.records) == ["late"]


def test_a_killed_run_heals(journal: Path) -> None:
    """What a run made and could not record is taken over by the next, and brought up to date."""
    api = Api()
    made = new_provider(api, journal=journal).create(bag(name="Main", squad_id="old"))
    again = new_provider(api, journal=journal).create(bag(name="Main", squad_id="new"))
    assert again.id == made.id
    assert list(api.records) == [made.id]
    assert api.records[made.id]["squadId"] == "new"
    assert again.outs["squad_id"] == "new"


def test_a_forced_replacement_does_not_release_what_it_took_over(journal: Path) -> None:
    """A taint right after an `up`: create takes the record over, and its delete is not sent."""
    api = Api()
    news = bag(name="Main", **LEAST["vapi"])
    made = new_provider(api, journal=journal).create(news)
    forced = new_provider(api, journal=journal)
    forced.check({}, news)
    again = forced.create(news)
    forced.delete(made.id, made.outs)
    assert again.id == made.id
    assert list(api.records) == [made.id]


def test_an_area_code_added_since_is_not_waited_for(journal: Path) -> None:
    """A left-over SIP record has no digits to come, whatever is declared by now."""
    api, clock = Api(), Clock()
    api.created = {"number": None, "status": "active"}
    new_provider(api, journal=journal).create(bag(sip_uri="sip:a@b"))
    news = bag(sip_uri="sip:a@b", number_desired_area_code="415")
    again = new_provider(api, clock, journal=journal).create(news)
    assert "number_desired_area_code" not in again.outs
    assert clock.slept == []


def test_another_area_code_since_is_recorded_as_it_is(journal: Path) -> None:
    """A left-over number keeps its code in the record, so that the next run replaces it."""
    api = Api()
    new_provider(api, journal=journal).create(bag(number_desired_area_code="415"))
    again = new_provider(api, journal=journal).create(bag(number_desired_area_code="212"))
    assert again.outs["number_desired_area_code"] == "415"
    assert len(api.records) == 1


@pytest.mark.parametrize("call", ["diff", "read", "update"])
def test_what_a_state_holds_is_not_taken_over(journal: Path, call: str) -> None:
    """Once the engine calls with the id a state has it: a create after that is refused."""
    api = Api()
    news = bag(name="Main", **LEAST["vapi"])
    made = new_provider(api, journal=journal).create(news)
    later = new_provider(api, journal=journal)
    calls: dict[str, tuple[Any, ...]] = {
        "diff": (made.id, made.outs, news),
        "read": (made.id, made.outs),
        "update": (made.id, made.outs, {**news, "squad_id": "s"}),
    }
    getattr(later, call)(*calls[call])
    text = failure(new_provider(api, journal=journal).create, news)
    assert f"{made.id} was bought for this resource" in text
    assert list(api.records) == [made.id]


def test_what_was_released_is_made_anew(journal: Path) -> None:
    """A record that this package released is in nobody's way."""
    api = Api()
    news = bag(name="Main", **LEAST["vapi"])
    made = new_provider(api, journal=journal).create(news)
    new_provider(api, journal=journal).delete(made.id, made.outs)
    assert new_provider(api, journal=journal).create(news).id != made.id


def test_nothing_is_taken_over_without_an_intent(journal: Path) -> None:
    """A record with the automatic name that no run here left open could be a colleague's."""
    api = Api(answer(name=AUTOMATIC_NAME))
    text = failure(new_provider(api, journal=journal).create, bag(name=AUTOMATIC_NAME))
    assert UUID in text
    assert POST not in api.sent


def test_another_backends_intent_is_not_ours(journal: Path) -> None:
    """Two states of one stack share no intent, even on one machine."""
    api = Api()
    news = bag(name=AUTOMATIC_NAME, number_desired_area_code="415")
    made = new_provider(api, journal=journal, backend="file://a").create(news)
    text = failure(new_provider(api, journal=journal, backend="file://b").create, news)
    assert made.id in text
    assert list(api.records) == [made.id]


@pytest.mark.parametrize("refusal", [400, 401, 403, 429])
def test_a_refused_purchase_leaves_no_intent(journal: Path, refusal: int) -> None:
    """What the API said no to was not made, so nothing is looked for later."""
    api = Api()
    api.instead = [httpx.Response(200, json=[]), *[httpx.Response(refusal, json={})] * 99]
    failure(new_provider(api, journal=journal).create, bag(name="Main"))
    stranger = answer(id_="other", name="Main")
    other = Api(stranger)
    assert new_provider(other, journal=journal).create(bag(name="Main")).id != "other"


def test_several_candidates_stop_the_run(journal: Path) -> None:
    """Where two records may be what was made, both are listed and nothing is bought."""
    api = Losing("made", error=httpx.ReadTimeout("slow"))
    twin = {**answer(id_="twin", name="Main"), "createdAt": "2031-01-01T00:00:00.000Z"}
    made = super(Losing, api)._made

    def made_twice(request: httpx.Request) -> httpx.Response:
        api.records["twin"] = dict(twin)
        return made(request)

    api._made = made_twice
    text = failure(new_provider(api, journal=journal).create, bag(name="Main", **LEAST["vapi"]))
    assert "2 records may be what it made" in text
    assert "twin" in text
    assert api.sent.count(POST) == 1


@pytest.mark.parametrize("is_recorded", [True, False])
def test_the_hint_for_an_unclear_record_can_be_followed(journal: Path, is_recorded: bool) -> None:
    """`adopt_id` is named for a resource without a number; for one that is replaced, `recover`."""
    late = answer(id_="late", name="Main", number="+12125550123")
    api = Api(answer(name="Main"), {**late, "createdAt": "2031-01-01T00:00:00.000Z"})
    old = bag(name="Main", number_desired_area_code="415")
    news = bag(name="Main", number_desired_area_code="212")
    before = AccountWatermark("2026-03-26T15:43:16.145Z", frozenset({UUID}))
    journal_of(journal).write_intent(DECLARATION, fingerprint_of(KINDS["vapi"], news), before, 0)
    rerun = new_provider(api, journal=journal)
    if is_recorded:
        rerun.check(old, news)
    text = failure(rerun.create, rerun.check({}, news).inputs)
    assert "one record may be what it made: late" in text
    assert ("recover --stack dev --take support=late`" in text) == is_recorded
    assert ("adopt_id" in text) != is_recorded
    assert POST not in api.sent


def test_a_plugin_without_its_engine_buys_nothing(journal: Path) -> None:
    """A plugin that outlived its engine stops before the POST, and leaves no intent."""
    api = Api()
    working = PhoneNumberProvider()
    client = VapiClient(api.transport())
    working.use(Session(new_settings(journal=journal), client, lives=lambda: False))
    assert "the engine that asked for it is gone" in failure(working.create, bag())
    assert POST not in api.sent


def test_an_engine_that_is_gone_ends_the_repeats(journal: Path) -> None:
    """A purchase put off by 429 is not made once its engine is gone, and leaves no intent."""
    api = Losing("lost", "lost", error=httpx.Response(429, json={}))
    working = PhoneNumberProvider()
    client = VapiClient(api.transport())
    working.use(Session(new_settings(journal=journal), client, lives=lambda: POST not in api.sent))
    assert "the engine that asked for it is gone" in failure(working.create, bag())
    assert api.sent.count(POST) == 1
    assert journal_of(journal).find(DECLARATION) is None


def test_a_killed_runs_request_is_given_time(journal: Path) -> None:
    """A record that comes after the run that asked for it was killed is waited for and taken."""
    settings = new_settings(journal=journal)
    killed = journal_of(journal)
    killed.write_intent(
        DECLARATION, OWN, AccountWatermark("", frozenset()), settings.completion_grace_seconds
    )
    made = {**answer(id_="made", name=AUTOMATIC_NAME), "createdAt": "2030-01-01T00:00:00.000Z"}

    class Late(Api):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if len(self.requests) == 4:
                self.records["made"] = made
            return super().__call__(request)

    api, clock = Late(), Clock()
    news = bag(**OWN_NAME)
    assert new_provider(api, clock, journal=journal).create(news).id == "made"
    assert POST not in api.sent


@pytest.mark.parametrize("age", [0, 20, 29, 31, 10**9])
def test_what_a_killed_run_did_not_make_is_made_in_the_end(journal: Path, age: float) -> None:
    """A killed request is waited for as long as the killed run would have waited."""
    settings = new_settings(journal=journal)
    machine = BootClock.of_machine()
    killed = journal_of(journal, BootClock(machine.boot, lambda: machine.now() - age))
    killed.write_intent(
        DECLARATION, OWN, AccountWatermark("", frozenset()), settings.completion_grace_seconds
    )
    api, clock = Api(), Clock()
    new_provider(api, clock, journal=journal).create(bag(**OWN_NAME))
    assert clock.now == pytest.approx(max(settings.request_timeout_seconds - age, 0), abs=1)
    assert len(api.records) == 1


@pytest.mark.parametrize("boot", ["another", ""])
def test_an_intent_of_another_boot_is_given_its_whole_time(journal: Path, boot: str) -> None:
    """After a restart no clock says when a request was sent: its time counts from now on."""
    killed = journal_of(journal, BootClock(boot, lambda: 10.0**9))
    killed.write_intent(DECLARATION, OWN, AccountWatermark("", frozenset()), 60)
    api, clock = Api(), Clock()
    new_provider(api, clock, journal=journal).create(bag(**OWN_NAME))
    assert clock.now == pytest.approx(60, abs=1)
    assert len(api.records) == 1


def test_a_sister_of_the_same_body_is_not_taken(journal: Path) -> None:
    """What a run made and recorded for one resource is never an equal one's left-over."""
    other = DECLARATION.replace("support", "other")
    pool = {"name": "Pool", **LEAST["vapi"]}
    api = Losing("lost", error=httpx.ReadTimeout("slow"))
    run = new_provider(api, journal=journal)
    failure(run.create, bag(**pool))
    sister = run.create(bag(declaration=other, **pool))
    rerun = new_provider(api, journal=journal)
    rerun.check({}, bag(declaration=other, **pool))
    again = rerun.create(bag(**pool))
    assert again.id != sister.id
    assert set(api.records) == {again.id, sister.id}


def test_what_was_adopted_is_not_taken_over_later(journal: Path) -> None:
    """After `adopt_id` has ended a lost answer, a replacement makes a number and frees the old."""
    news = bag(name="Main", number_desired_area_code="415")
    api = Losing("lost", error=httpx.ReadTimeout("slow"))
    failure(new_provider(api, journal=journal).create, news)
    api.records["late"] = {**answer(id_="late", name="Main"), "createdAt": "2030-01-01T00:00:00Z"}
    run = new_provider(api, journal=journal)
    adopted = run.create({**news, "adopt_id": "late"})
    assert adopted.id == "late"
    run = new_provider(api, journal=journal)
    after = {**news, "number_desired_area_code": "212"}
    assert run.diff("late", adopted.outs, after).replaces == ["number_desired_area_code"]
    new = run.create(after)
    assert new.id != "late"
    run.delete("late", adopted.outs)
    assert list(api.records) == [new.id]


def test_an_unanswered_intent_is_not_closed_by_its_resource(journal: Path) -> None:
    """That a state holds some record for the resource does not say what the POST created."""
    news = bag(name="Main", **LEAST["vapi"])
    api = Losing("lost", error=httpx.ReadTimeout("slow"))
    failure(new_provider(api, journal=journal).create, news)
    recorded = {**RECORDED, **news, "created_at": "2030-01-01T00:00:00.000Z"}
    new_provider(api, journal=journal).diff("late", recorded, news)
    assert journal_of(journal).find(DECLARATION) is not None


def test_an_older_record_does_not_close_an_intent(journal: Path) -> None:
    """The record that a lost replacement was to take the place of leaves its intent open."""
    api = Losing("lost", error=httpx.ReadTimeout("slow"))
    api.records["old"] = answer(id_="old", name="Else")
    news = bag(name="Main", **LEAST["vapi"])
    failure(new_provider(api, journal=journal).create, news)
    created_at = api.records["old"]["createdAt"]
    recorded = {**RECORDED, **news, "created_at": created_at}
    new_provider(api, journal=journal).diff("old", recorded, news)
    assert journal_of(journal).find(DECLARATION) is not None


def test_what_was_made_is_kept_though_the_journal_fails(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A journal that breaks after the POST loses nothing: the id reaches the state, with a line."""

    class Breaking(Api):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            made = super().__call__(request)
            if request.method == "POST":
                with closing(sqlite3.connect(journal)) as broken, broken:
                    broken.execute("DROP TABLE intents")
            return made

    api = Breaking()
    made = new_provider(api, journal=journal).create(bag(name="Main", **LEAST["vapi"]))
    assert list(api.records) == [made.id]
    assert f"{made.id} was made, but the journal" in capsys.readouterr().err


def test_a_list_that_lags_hides_nothing_that_was_answered(journal: Path) -> None:
    """What a killed run had the answer of is looked at by its id, and is not bought again."""

    class Lagging(Api):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and request.url.path == "/phone-number":
                self.requests.append(request)
                return httpx.Response(200, json=[])
            return super().__call__(request)

    api, news = Lagging(), bag(name="Main", **LEAST["vapi"])
    made = new_provider(api, journal=journal).create(news)
    assert new_provider(api, journal=journal).create(news).id == made.id
    assert list(api.records) == [made.id]


def test_equal_names_are_made_one_after_the_other(journal: Path) -> None:
    """A lost answer never takes what another resource of the same name is just making."""
    other = DECLARATION.replace("support", "other")
    begun, go = threading.Event(), threading.Event()

    class Slow(Losing):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            made = super().__call__(request)
            if request.method == "POST" and b"hooks" in request.content:
                begun.set()
                go.wait(5)
            return made

    api = Slow()
    run = new_provider(api, journal=journal)
    ids: list[str] = []

    def create(declaration: str, **more: Any) -> None:
        # No hooks and none declared are two spellings of one body.
        news = bag(declaration=declaration, name="Pool", **LEAST["vapi"], **more)
        ids.append(run.create(news).id)

    first = threading.Thread(target=create, args=(DECLARATION,), kwargs={"hooks": []})
    first.start()
    assert begun.wait(5)
    api.fates = ["made"]
    second = threading.Thread(target=create, args=(other,))
    second.start()
    second.join(0.3)
    assert api.sent.count(POST) == 1
    go.set()
    first.join()
    second.join()
    assert len(set(ids)) == 2
    assert set(ids) == set(api.records)


def test_an_orphan_takes_nobodys_intent_away(journal: Path) -> None:
    """A plugin whose engine died while it waited leaves the intents of others alone."""
    settings = new_settings(journal=journal)
    journal_of(journal).write_intent(DECLARATION, OWN, AccountWatermark("", frozenset()), 60)
    api, clock = Api(), Clock()
    working = PhoneNumberProvider()
    client = VapiClient(api.transport())
    alive = [True, True, False]
    working.use(Session(settings, client, clock.sleep, clock, lambda: alive.pop(0)))
    text = failure(working.create, bag(name="Main", **LEAST["vapi"]))
    assert "the engine that asked for it is gone" in text
    assert clock.now < 10
    assert POST not in api.sent
    assert journal_of(journal).find(DECLARATION) is not None


def test_a_backend_that_was_not_named_then_stops_the_run(journal: Path) -> None:
    """Where it cannot be told whose intent it is, nothing is bought, and a line says what to do."""
    api, news = Losing("lost", error=httpx.ReadTimeout("slow")), bag(name="Main", **LEAST["vapi"])
    failure(new_provider(api, journal=journal, backend="").create, news)
    text = failure(new_provider(api, journal=journal, backend="s3://b").create, news)
    assert "PULUMI_BACKEND_URL" in text
    assert api.sent.count(POST) == 1


def test_a_slash_is_no_other_backend(journal: Path) -> None:
    """A backend spelled with a slash at its end is the same."""
    api, news = Api(), bag(name="Main", **LEAST["vapi"])
    made = new_provider(api, journal=journal, backend="s3://b").create(news)
    assert new_provider(api, journal=journal, backend="s3://b/").create(news).id == made.id


def test_clocks_of_the_api_may_differ_a_little(journal: Path) -> None:
    """A lost record whose time is just before the newest one's is found all the same."""
    api = Losing("lost", error=httpx.ReadTimeout("slow"))
    for at in range(3):
        moment = f"2026-03-26T15:43:16.{145 + at}Z"
        api.records[f"n{at}"] = {**answer(id_=f"n{at}", name=f"n{at}"), "createdAt": moment}
    news = bag(name="Main", **LEAST["vapi"])
    failure(new_provider(api, journal=journal).create, news)
    late = {**answer(id_="late", name="Main"), "createdAt": "2026-03-26T15:43:16.146Z"}
    api.records["late"] = late
    assert new_provider(api, journal=journal).create(news).id == "late"


def test_twenty_equal_creates_never_share_a_record(journal: Path) -> None:
    """Equal bodies in flight, each second answer lost: twenty resources, twenty records."""
    api = Losing()
    api.fates = ["made", "lost"] * 3
    working = new_provider(api, journal=journal)
    ids: list[str] = []

    def create(at: int) -> None:
        declaration = DECLARATION.replace("support", f"n{at}")
        ids.append(working.create(bag(declaration=declaration, name="Main", **LEAST["vapi"])).id)

    threads = [threading.Thread(target=create, args=(at,)) for at in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 20
    assert set(api.records) == set(ids)


def test_what_another_run_makes_is_nobody_elses_lost_record(journal: Path) -> None:
    """While a run looks for what came of a lost answer no other makes what looks the same."""
    sister = DECLARATION.replace("support", "sister")
    pool = {"name": "Pool", **LEAST["vapi"]}
    api = Losing("lost")
    ids: list[str] = []
    other = new_provider(api, journal=journal)
    beside: list[threading.Thread] = []

    def make_another() -> None:
        other.check({}, bag(**pool))
        ids.append(other.create(bag(declaration=sister, **pool)).id)

    class Looking(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not beside:
                beside.append(threading.Thread(target=make_another))
                beside[0].start()
            # What it could send it sends in this time.
            time.sleep(0.1)

    ids.append(new_provider(api, Looking(), journal=journal).create(bag(**pool)).id)
    beside[0].join(timeout=20)
    assert len(set(ids)) == 2
    assert set(api.records) == set(ids)


def test_what_another_run_made_since_the_listing_is_not_taken(journal: Path) -> None:
    """The look after a lost answer asks the journal whose a record is, however old our listing."""
    pool = {"name": "Pool", **LEAST["vapi"]}
    sister, first = (DECLARATION.replace("support", name) for name in ("sister", "first"))
    api = Losing()
    ours = new_provider(api, journal=journal)
    ours.create(bag(declaration=first, name="First", **LEAST["vapi"]))  # Lists the account.
    other = new_provider(api, journal=journal)
    for declaration in (first, DECLARATION):
        other.check({}, bag(declaration=declaration, **pool))
    theirs = other.create(bag(declaration=sister, **pool))
    ours.check({}, bag(declaration=sister, **pool))
    api.fates = ["lost"]
    made = ours.create(bag(**pool))
    assert made.id != theirs.id
    assert len(api.records) == 3


def test_what_is_closed_stays_anothers(journal: Path) -> None:
    """Who made a record is known to a lost answer's rerun after its intent is closed, too."""
    pool = {"name": "Pool", **LEAST["vapi"]}
    sister = DECLARATION.replace("support", "sister")
    api = Losing(error=httpx.ReadTimeout("slow"))
    early = new_provider(api, journal=journal)
    early.diff("x", RECORDED, RECORDED)  # Reads the journal, which is empty.
    unlisted = new_provider(api, journal=journal)
    unlisted.create(bag(declaration=DECLARATION.replace("support", "a"), name="A", **LEAST["vapi"]))
    other = new_provider(api, journal=journal)
    other.check({}, bag(declaration=DECLARATION.replace("support", "a"), **pool))
    theirs = other.create(bag(declaration=sister, **pool))
    unlisted.check({}, bag(declaration=sister, **pool))
    api.fates = ["lost"]
    failure(unlisted.create, bag(**pool))
    closing = new_provider(api, journal=journal)
    closing.diff(theirs.id, theirs.outs, bag(declaration=sister, **pool))
    rerun = new_provider(api, journal=journal)
    rerun.check({}, bag(declaration=DECLARATION.replace("support", "a"), **pool))
    again = rerun.create(bag(**pool))
    assert again.id != theirs.id


def test_a_run_waits_for_one_that_is_still_at_it(journal: Path) -> None:
    """What a living process is making is not made beside it; once it is done it is taken over."""
    news = bag(**OWN_NAME)
    first = journal_of(journal)
    made = {**answer(id_="made", name=AUTOMATIC_NAME), "createdAt": "2030-01-01T00:00:00.000Z"}
    api, clock = Api(), Clock()
    with first.owner_lock():
        first.write_intent(DECLARATION, OWN, AccountWatermark("", frozenset()), 0)
        text = failure(new_provider(api, clock, journal=journal).create, news)
        assert "another run is still making this number" in text
        assert clock.now >= 300
        assert POST not in api.sent
    api.records["made"] = made
    assert new_provider(api, journal=journal).create(news).id == "made"
    assert POST not in api.sent


def test_a_journal_that_cannot_be_written_stops_the_purchase(tmp_path: Path) -> None:
    """Without its journal nothing is bought, and one line says what to set."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    api = Api()
    text = failure(new_provider(api, journal=tmp_path / "file" / "j").create, bag())
    assert "VAPI_JOURNAL" in text
    assert POST not in api.sent


def test_the_journal_holds_no_secret(journal: Path) -> None:
    """Passwords, headers and tokens are in no file of the journal."""
    secret = "secret-for-tests-only-1"
    fields = {
        "sip_uri": "sip:a@b",
        "authentication": {"username": "user-for-tests-only-1", "password": secret},
        "server": {"url": "https://a", "headers": {"X": secret}},
    }
    new_provider(Api(), journal=journal).create(bag(**fields))
    for file in journal.parent.iterdir():
        assert secret.encode() not in file.read_bytes()
    assert journal.stat().st_mode & 0o077 == 0
