"""Purchases of equal declarations at once: each resource gets a record of its own."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import httpx

from tests.support.builders import (
    DECLARATION,
    MINIMAL,
    Clock,
    program_inputs,
)
from tests.support.builders import provider as new_provider
from tests.support.purchases import POST, LossyApi


def test_equal_names_are_made_one_after_the_other(journal: Path) -> None:
    """A lost answer never takes what another resource of the same name is just making."""
    other = DECLARATION.replace("support", "other")
    begun, go = threading.Event(), threading.Event()

    class Slow(LossyApi):
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
        news = program_inputs(declaration=declaration, name="Pool", **MINIMAL["vapi"], **more)
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


def test_twenty_equal_creates_never_share_a_record(journal: Path) -> None:
    """Equal bodies in flight, each second answer lost: twenty resources, twenty records."""
    api = LossyApi()
    api.fates = ["made", "lost"] * 3
    working = new_provider(api, journal=journal)
    ids: list[str] = []

    def create(at: int) -> None:
        declaration = DECLARATION.replace("support", f"n{at}")
        ids.append(
            working.create(
                program_inputs(declaration=declaration, name="Main", **MINIMAL["vapi"])
            ).id
        )

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
    pool = {"name": "Pool", **MINIMAL["vapi"]}
    api = LossyApi("lost")
    ids: list[str] = []
    other = new_provider(api, journal=journal)
    beside: list[threading.Thread] = []

    def make_another() -> None:
        other.check({}, program_inputs(**pool))
        ids.append(other.create(program_inputs(declaration=sister, **pool)).id)

    class Looking(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if not beside:
                beside.append(threading.Thread(target=make_another))
                beside[0].start()
            # What it could send it sends in this time.
            time.sleep(0.1)

    ids.append(new_provider(api, Looking(), journal=journal).create(program_inputs(**pool)).id)
    beside[0].join(timeout=20)
    assert len(set(ids)) == 2
    assert set(api.records) == set(ids)
