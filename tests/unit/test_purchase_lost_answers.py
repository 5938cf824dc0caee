"""A purchase whose answer is lost: the record is found, or bought again once it cannot come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    AUTOMATIC_NAME,
    DECLARATION,
    MINIMAL,
    UUID,
    Clock,
    FlakyApi,
    failure,
    program_inputs,
    wire_record,
)
from tests.support.builders import provider as new_provider
from tests.support.builders import settings as new_settings
from tests.support.purchases import OWN_NAME, POST, LossyApi, journal_of
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.fingerprint import fingerprint_of

LOST = [httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.Response(500, json={}),
        httpx.Response(502, text="<html>"), httpx.Response(201, text="")]  # fmt: skip


class Masking(LossyApi):
    """An account whose list shows numbers in part."""

    def _listed(self, request: httpx.Request) -> httpx.Response:
        page = super()._listed(request).json()
        return httpx.Response(200, json=[{**item, "number": "+141****0123"} for item in page])


@pytest.mark.parametrize("error", LOST, ids=str)
def test_a_record_whose_answer_was_lost_is_found(journal: Path, error: Any) -> None:
    """After a lost answer the account is looked through, and the one record taken."""
    api = LossyApi("made", error=error)
    result = new_provider(api, journal=journal).create(
        program_inputs(name="Main line", **MINIMAL["vapi"])
    )
    assert list(api.records) == [result.id]
    assert api.sent.count(POST) == 1


def test_a_record_that_is_found_is_recorded_with_its_whole_number(journal: Path) -> None:
    """Where a list shows numbers in part, what is found in it is read once more."""
    result = new_provider(Masking("made"), journal=journal).create(
        program_inputs(**MINIMAL["vapi"])
    )
    assert result.outs["number"] == "+14155550123"


@pytest.mark.parametrize("error", [LOST[0], LOST[2], LOST[3]], ids=str)
def test_what_was_not_made_is_made_then(journal: Path, error: Any) -> None:
    """Where several looks find nothing the POST is repeated, and one record is there."""
    api, clock = LossyApi("lost", error=error), Clock()
    result = new_provider(api, clock, journal=journal).create(program_inputs())
    assert list(api.records) == [result.id]
    assert api.sent.count(POST) == 2
    assert sum(clock.slept) >= 5


@pytest.mark.parametrize("error", [LOST[1], httpx.Response(504, text="slow")], ids=str)
def test_what_may_still_come_is_left_to_the_next_run(journal: Path, error: Any) -> None:
    """A slow API may be at it yet: no second POST in this run, one record after the next.

    The next run gives it as much time again before it buys.
    """
    api = LossyApi("lost", error=error)
    text = failure(new_provider(api, journal=journal).create, program_inputs(**OWN_NAME))
    assert "the journal knows of it" in text
    assert api.sent.count(POST) == 1
    intent = journal_of(journal).find(DECLARATION)
    assert intent is not None
    assert intent.remaining_seconds == pytest.approx(new_settings().request_timeout_seconds, abs=5)
    late = {**wire_record(id_="late", name=AUTOMATIC_NAME), "createdAt": "2026-03-26T15:44:00.000Z"}
    api.records["late"] = late
    assert new_provider(api, journal=journal).create(program_inputs(**OWN_NAME)).id == "late"
    assert list(api.records) == ["late"]


def test_several_candidates_stop_the_run(journal: Path) -> None:
    """Where two records may be what was made, both are listed and nothing is bought."""
    api = LossyApi("made", error=httpx.ReadTimeout("slow"))
    twin = {**wire_record(id_="twin", name="Main"), "createdAt": "2031-01-01T00:00:00.000Z"}
    made = super(LossyApi, api)._made

    def made_twice(request: httpx.Request) -> httpx.Response:
        api.records["twin"] = dict(twin)
        return made(request)

    api._made = made_twice
    text = failure(
        new_provider(api, journal=journal).create, program_inputs(name="Main", **MINIMAL["vapi"])
    )
    assert "2 records may be its result" in text
    assert "twin" in text
    assert api.sent.count(POST) == 1


@pytest.mark.parametrize("is_recorded", [True, False])
def test_the_hint_for_an_unclear_record_can_be_followed(journal: Path, is_recorded: bool) -> None:
    """`adopt_id` is named for a resource without a number; for one that is replaced, `recover`."""
    late = wire_record(id_="late", name="Main", number="+12125550123")
    api = FlakyApi(wire_record(name="Main"), {**late, "createdAt": "2031-01-01T00:00:00.000Z"})
    old = program_inputs(name="Main", number_desired_area_code="415")
    news = program_inputs(name="Main", number_desired_area_code="212")
    before = AccountWatermark("2026-03-26T15:43:16.145Z", frozenset({UUID}))
    journal_of(journal).write_intent(DECLARATION, fingerprint_of(KINDS["vapi"], news), before, 0)
    rerun = new_provider(api, journal=journal)
    if is_recorded:
        rerun.check(old, news)
    text = failure(rerun.create, rerun.check({}, news).inputs)
    assert "one record may be its result: late" in text
    assert ("recover --stack dev --take support=late`" in text) == is_recorded
    assert ("adopt_id" in text) != is_recorded
    assert POST not in api.sent


def test_a_list_that_lags_hides_nothing_that_was_answered(journal: Path) -> None:
    """What a killed run had the answer of is looked at by its id, and is not bought again."""

    class Lagging(FlakyApi):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and request.url.path == "/phone-number":
                self.requests.append(request)
                return httpx.Response(200, json=[])
            return super().__call__(request)

    api, news = Lagging(), program_inputs(name="Main", **MINIMAL["vapi"])
    made = new_provider(api, journal=journal).create(news)
    assert new_provider(api, journal=journal).create(news).id == made.id
    assert list(api.records) == [made.id]


def test_clocks_of_the_api_may_differ_a_little(journal: Path) -> None:
    """A lost record whose time is just before the newest one's is found all the same."""
    api = LossyApi("lost", error=httpx.ReadTimeout("slow"))
    for at in range(3):
        moment = f"2026-03-26T15:43:16.{145 + at}Z"
        api.records[f"n{at}"] = {**wire_record(id_=f"n{at}", name=f"n{at}"), "createdAt": moment}
    news = program_inputs(name="Main", **MINIMAL["vapi"])
    failure(new_provider(api, journal=journal).create, news)
    late = {**wire_record(id_="late", name="Main"), "createdAt": "2026-03-26T15:43:16.146Z"}
    api.records["late"] = late
    assert new_provider(api, journal=journal).create(news).id == "late"
