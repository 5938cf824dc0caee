"""Purchases of several processes at once, with the journal on each of its stores."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.support.builders import DECLARATION, MINIMAL, FlakyApi, program_inputs, settings
from vapi_provider.api.client import VapiClient
from vapi_provider.lifecycle.session import Session
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.pulumi_sdk.plugin import Failure
from vapi_provider.settings.journal_location import JournalPlace

MAIN = {"name": "Main", **MINIMAL["vapi"]}
MACHINES = 4


class Slow(FlakyApi):
    """An account that takes its time for a POST, after it has made the record."""

    def __init__(self, *, lost: int = 0) -> None:
        super().__init__()
        self.lost = lost
        self.lock = threading.Lock()
        self.at_once: list[int] = []
        self._posting = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            with self.lock:
                return super().__call__(request)
        with self.lock:
            self._posting += 1
            self.at_once.append(self._posting)
            made = super().__call__(request)
            is_lost, self.lost = self.lost > 0, self.lost - 1
        time.sleep(0.1)
        with self.lock:
            self._posting -= 1
        if is_lost:
            raise httpx.ReadError("reset")
        return made


@contextmanager
def machine(place: JournalPlace, api: FlakyApi) -> Iterator[Any]:
    """A plugin on a machine of its own, but for the journal; time is real."""
    ours = settings(journal=place.file, shared_journal=place.shared, request_timeout_seconds=1)
    session = Session(ours, VapiClient(api.transport()))
    made = PhoneNumberProvider()
    made.attach_session(session)
    yield made
    session.journal.close()


def buy(provider: Any, news: dict[str, Any]) -> str | Failure:
    """The id that a create returns, or what it raises."""
    try:
        return provider.create(news).id
    except Failure as error:
        return error


@pytest.mark.parametrize("lost", [0, 2], ids=["answered", "answers lost"])
def test_machines_buy_numbers_of_one_name_one_after_the_other(
    place: JournalPlace, lost: int
) -> None:
    """None takes another's for its own, also where the answer to a POST was lost."""
    api = Slow(lost=lost)
    together = threading.Barrier(MACHINES)

    def work(number: int) -> str | Failure:
        with machine(place, api) as provider:
            together.wait(timeout=60)
            key = DECLARATION.replace("/dev/", f"/stack-{number}/")
            return buy(provider, program_inputs(**MAIN, declaration=key))

    with ThreadPoolExecutor(MACHINES) as machines:
        results = list(machines.map(work, range(MACHINES)))
    assert sorted(map(str, results)) == sorted(api.records)
    assert len(api.records) == MACHINES
    assert set(api.at_once) == {1}


def test_machines_buy_different_numbers_at_once(place: JournalPlace) -> None:
    """Each its own, none twice, and what one has made is not taken for another's."""
    api = Slow()

    def work(number: int) -> str | Failure:
        with machine(place, api) as provider:
            key = DECLARATION.replace("/dev/", f"/stack-{number}/")
            return buy(
                provider, program_inputs(**{**MAIN, "name": f"Main {number}"}, declaration=key)
            )

    with ThreadPoolExecutor(MACHINES) as machines:
        results = list(machines.map(work, range(MACHINES)))
    assert sorted(map(str, results)) == sorted(api.records)
    assert len(api.records) == MACHINES
