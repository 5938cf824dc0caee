"""A list that shows a new record late: nothing is bought twice, and what appears is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    AUTOMATIC_NAME,
    MINIMAL,
    Clock,
    FlakyApi,
    program_inputs,
)
from tests.support.builders import provider as new_provider
from tests.support.builders import settings as new_settings
from tests.support.purchases import journal_of

MAIN = program_inputs(name="Main", **MINIMAL["vapi"])
OWN = program_inputs(name=AUTOMATIC_NAME, **MINIMAL["vapi"])


class Lagging(FlakyApi):
    """An account whose POSTs are carried out without an answer, and listed some seconds later."""

    def __init__(self, clock: Clock, lag: float, error: Any, *, lost: int = 1) -> None:
        super().__init__()
        self.clock, self.lag, self.error, self.lost = clock, lag, error, lost
        self.posted: list[float] = []
        self.hidden: dict[str, float] = {}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return super()._answer(request)
        before = set(self.records)
        made = super()._answer(request)
        self.posted.append(self.clock.now)
        self.hidden.update(dict.fromkeys(set(self.records) - before, self.clock.now + self.lag))
        if len(self.posted) > self.lost:
            return made
        if isinstance(self.error, Exception):
            raise self.error
        return self.error

    def _listed(self, request: httpx.Request) -> httpx.Response:
        everything = self.records
        self.records = {
            id_: item
            for id_, item in everything.items()
            if self.hidden.get(id_, 0) <= self.clock.now
        }
        try:
            return super()._listed(request)
        finally:
            self.records = everything


LOST = [httpx.ReadError("reset"), httpx.Response(500, json={}), httpx.Response(502, text="<html>")]


@pytest.mark.parametrize("news", [MAIN, OWN], ids=["explicit", "automatic"])
@pytest.mark.parametrize("error", LOST, ids=str)
@pytest.mark.parametrize("lag", [0, 3, 8, 20, 29])
def test_a_list_that_lags_behind_a_post_buys_nothing_twice(
    journal: Path, lag: float, error: Any, news: dict[str, Any]
) -> None:
    """A POST without an answer is not repeated while the account may not show its record yet."""
    clock = Clock()
    api = Lagging(clock, lag, error)
    made = new_provider(api, clock, journal=journal).create(news)
    assert list(api.records) == [made.id]


def test_a_lost_post_is_repeated_once_its_time_has_passed(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run waits for `requestTimeoutSeconds`, says why, and only then sends again."""
    clock = Clock()
    api = Lagging(clock, 10**6, LOST[0])
    new_provider(api, clock, journal=journal).create(MAIN)
    assert len(api.posted) == 2
    assert api.posted[1] - api.posted[0] >= new_settings().request_timeout_seconds
    assert "for its record for up to 30 s" in capsys.readouterr().err


def test_a_record_that_shows_later_still_is_named(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a repeated POST's first try created is named by each run, until it is gone."""
    clock = Clock()
    api = Lagging(clock, 45, LOST[0])
    made = new_provider(api, clock, journal=journal).create(MAIN)
    (late,) = set(api.records) - {made.id}
    clock.now += 60
    journal_of(journal).finish_intents([made.id])
    for _ in range(2):
        capsys.readouterr()
        new_provider(api, clock, journal=journal).diff(made.id, made.outs, MAIN)
        assert f"{late} " in capsys.readouterr().err
    del api.records[late]
    api.date = "Thu, 26 Mar 2026 16:43:17 GMT"
    new_provider(api, clock, journal=journal).diff(made.id, made.outs, MAIN)
    before = len(api.requests)
    new_provider(api, clock, journal=journal).diff(made.id, made.outs, MAIN)
    assert len(api.requests) == before


def test_a_run_that_sees_no_late_record_leaves_it_to_the_next(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that the list shows an hour after its POST is named, whatever ran meanwhile."""
    clock = Clock()
    api = Lagging(clock, 3000, LOST[0])
    made = new_provider(api, clock, journal=journal).create(MAIN)
    (late,) = set(api.records) - {made.id}
    journal_of(journal).finish_intents([made.id])
    new_provider(api, clock, journal=journal).diff(made.id, made.outs, MAIN)
    assert late not in capsys.readouterr().err
    clock.now += 3000
    new_provider(api, clock, journal=journal).diff(made.id, made.outs, MAIN)
    assert f"{late} " in capsys.readouterr().err
