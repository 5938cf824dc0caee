"""A purchase of a run that was killed: the next run takes it over, or waits for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    AUTOMATIC_NAME,
    DECLARATION,
    MINIMAL,
    Clock,
    FlakyApi,
    failure,
    program_inputs,
    wire_record,
)
from tests.support.builders import provider as new_provider
from tests.support.builders import settings as new_settings
from tests.support.purchases import OWN, OWN_NAME, POST, LossyApi, journal_of
from vapi_provider.api.client import VapiClient
from vapi_provider.journal.boot_clock import BootClock
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.lifecycle.session import Session
from vapi_provider.provider import PhoneNumberProvider

MADE = {**wire_record(id_="made", name=AUTOMATIC_NAME), "createdAt": "2030-01-01T00:00:00.000Z"}
"""The record that a killed run's request creates late."""


def lose_purchase(journal: Path, age: float) -> None:
    """Write the intent of a run that sent its POST `age` seconds ago and was killed."""
    settings, machine = new_settings(journal=journal), BootClock.of_machine()
    killed = journal_of(journal, BootClock(machine.boot, lambda: machine.now() - age))
    killed.write_intent(
        DECLARATION, OWN, AccountWatermark("", frozenset()), settings.completion_grace_seconds
    )


def test_a_killed_run_heals(journal: Path) -> None:
    """What a run made and could not record is taken over by the next, and brought up to date."""
    api = FlakyApi()
    made = new_provider(api, journal=journal).create(program_inputs(name="Main", squad_id="old"))
    again = new_provider(api, journal=journal).create(program_inputs(name="Main", squad_id="new"))
    assert again.id == made.id
    assert list(api.records) == [made.id]
    assert api.records[made.id]["squadId"] == "new"
    assert again.outs["squad_id"] == "new"


def test_a_forced_replacement_does_not_release_what_it_took_over(journal: Path) -> None:
    """A taint right after an `up`: create takes the record over, and its delete is not sent."""
    api = FlakyApi()
    news = program_inputs(name="Main", **MINIMAL["vapi"])
    made = new_provider(api, journal=journal).create(news)
    forced = new_provider(api, journal=journal)
    forced.check({}, news)
    again = forced.create(news)
    forced.delete(made.id, made.outs)
    assert again.id == made.id
    assert list(api.records) == [made.id]


def test_an_area_code_added_since_is_not_waited_for(journal: Path) -> None:
    """A left-over SIP record has no digits to come, whatever is declared by now."""
    api, clock = FlakyApi(), Clock()
    api.created = {"number": None, "status": "active"}
    new_provider(api, journal=journal).create(program_inputs(sip_uri="sip:a@b"))
    news = program_inputs(sip_uri="sip:a@b", number_desired_area_code="415")
    again = new_provider(api, clock, journal=journal).create(news)
    assert "number_desired_area_code" not in again.outs
    assert clock.slept == []


def test_another_area_code_since_is_recorded_as_it_is(journal: Path) -> None:
    """A left-over number keeps its code in the record, so that the next run replaces it."""
    api = FlakyApi()
    new_provider(api, journal=journal).create(program_inputs(number_desired_area_code="415"))
    again = new_provider(api, journal=journal).create(
        program_inputs(number_desired_area_code="212")
    )
    assert again.outs["number_desired_area_code"] == "415"
    assert len(api.records) == 1


@pytest.mark.parametrize("call", ["diff", "read", "update"])
def test_what_a_state_holds_is_not_taken_over(journal: Path, call: str) -> None:
    """Once the engine calls with the id a state has it: a create after that is refused."""
    api = FlakyApi()
    news = program_inputs(name="Main", **MINIMAL["vapi"])
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
    api = FlakyApi()
    news = program_inputs(name="Main", **MINIMAL["vapi"])
    made = new_provider(api, journal=journal).create(news)
    new_provider(api, journal=journal).delete(made.id, made.outs)
    assert new_provider(api, journal=journal).create(news).id != made.id


def test_a_plugin_without_its_engine_buys_nothing(journal: Path) -> None:
    """A plugin that outlived its engine stops before the POST, and leaves no intent."""
    api = FlakyApi()
    working = PhoneNumberProvider()
    client = VapiClient(api.transport())
    working.attach_session(Session(new_settings(journal=journal), client, is_alive=lambda: False))
    assert "the engine has exited" in failure(working.create, program_inputs())
    assert POST not in api.sent


def test_an_engine_that_is_gone_ends_the_repeats(journal: Path) -> None:
    """A purchase put off by 429 is not made once its engine is gone, and leaves no intent."""
    api = LossyApi("lost", "lost", error=httpx.Response(429, json={}))
    working = PhoneNumberProvider()
    client = VapiClient(api.transport())
    working.attach_session(
        Session(new_settings(journal=journal), client, is_alive=lambda: POST not in api.sent)
    )
    assert "the engine has exited" in failure(working.create, program_inputs())
    assert api.sent.count(POST) == 1
    assert journal_of(journal).find(DECLARATION) is None


def test_a_killed_runs_request_is_given_time(journal: Path) -> None:
    """A record that comes after the run that asked for it was killed is waited for and taken."""
    lose_purchase(journal, 0)

    class Late(FlakyApi):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if len(self.requests) == 4:
                self.records["made"] = MADE
            return super().__call__(request)

    api, clock = Late(), Clock()
    news = program_inputs(**OWN_NAME)
    assert new_provider(api, clock, journal=journal).create(news).id == "made"
    assert POST not in api.sent


def test_a_listing_from_before_the_end_of_the_time_proves_nothing(journal: Path) -> None:
    """A record that comes after another thread's last listing, but in time, is waited for."""
    settings = new_settings(journal=journal)
    lose_purchase(journal, settings.completion_grace_seconds - 1)

    class OtherThread(Clock):
        def sleep(self, seconds: float) -> None:
            account = session.account
            self.now += 0.2
            account.records(after=account.listings)
            api.records["made"] = MADE
            super().sleep(seconds - 0.2)

    api, clock, working = FlakyApi(), OtherThread(), PhoneNumberProvider()
    session = Session(settings, VapiClient(api.transport(clock)), clock.sleep, clock)
    working.attach_session(session)
    assert working.create(program_inputs(**OWN_NAME)).id == "made"
    assert POST not in api.sent


def test_a_listing_that_began_in_time_and_ended_after_it_proves_nothing(journal: Path) -> None:
    """A record that comes while the account is listed, but in time, is waited for."""
    settings = new_settings(journal=journal)
    lose_purchase(journal, settings.completion_grace_seconds - 1)

    class SlowToList(FlakyApi):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            page = super().__call__(request)
            self.records["made"] = MADE
            clock.now += 2
            return page

    api, clock = SlowToList(), Clock()
    assert new_provider(api, clock, journal=journal).create(program_inputs(**OWN_NAME)).id == "made"
    assert POST not in api.sent


@pytest.mark.parametrize("age", [0, 20, 29, 31, 10**9])
def test_what_a_killed_run_did_not_make_is_made_in_the_end(journal: Path, age: float) -> None:
    """A killed request is waited for as long as the killed run would have waited."""
    settings = new_settings(journal=journal)
    lose_purchase(journal, age)
    api, clock = FlakyApi(), Clock()
    new_provider(api, clock, journal=journal).create(program_inputs(**OWN_NAME))
    assert clock.now == pytest.approx(max(settings.request_timeout_seconds - age, 0), abs=1)
    assert len(api.records) == 1


@pytest.mark.parametrize("boot", ["another", ""])
def test_an_intent_of_another_boot_is_given_its_whole_time(journal: Path, boot: str) -> None:
    """After a restart no clock says when a request was sent: its time counts from now on."""
    killed = journal_of(journal, BootClock(boot, lambda: 10.0**9))
    killed.write_intent(DECLARATION, OWN, AccountWatermark("", frozenset()), 60)
    api, clock = FlakyApi(), Clock()
    new_provider(api, clock, journal=journal).create(program_inputs(**OWN_NAME))
    assert clock.now == pytest.approx(60, abs=1)
    assert len(api.records) == 1


def test_an_orphan_takes_nobodys_intent_away(journal: Path) -> None:
    """A plugin whose engine died while it waited leaves the intents of others alone."""
    settings = new_settings(journal=journal)
    journal_of(journal).write_intent(DECLARATION, OWN, AccountWatermark("", frozenset()), 60)
    api, clock = FlakyApi(), Clock()
    working = PhoneNumberProvider()
    client = VapiClient(api.transport())
    alive = [True, True, False]
    working.attach_session(Session(settings, client, clock.sleep, clock, lambda: alive.pop(0)))
    text = failure(working.create, program_inputs(name="Main", **MINIMAL["vapi"]))
    assert "the engine has exited" in text
    assert clock.now < 10
    assert POST not in api.sent
    assert journal_of(journal).find(DECLARATION) is not None


def test_a_run_waits_for_one_that_is_still_at_it(journal: Path) -> None:
    """What a living process is making is not made beside it; once it is done it is taken over."""
    news = program_inputs(**OWN_NAME)
    first = journal_of(journal)
    api, clock = FlakyApi(), Clock()
    with first.owner_lock():
        first.write_intent(DECLARATION, OWN, AccountWatermark("", frozenset()), 0)
        text = failure(new_provider(api, clock, journal=journal).create, news)
        assert "another run is still creating this number" in text
        assert clock.now >= 300
        assert POST not in api.sent
    api.records["made"] = MADE
    assert new_provider(api, journal=journal).create(news).id == "made"
    assert POST not in api.sent
