"""429: waits until the next minute, waits that are asked for, and the one that ends a run."""

from __future__ import annotations

from itertools import chain, repeat
from typing import Any

import httpx
import pytest

from tests.support.answers import api, refused
from tests.support.builders import KEY, Clock, FlakyApi, http
from vapi_provider.api.retry import MAX_PAUSE_SECONDS, MINUTE_JITTER_SECONDS, Retry
from vapi_provider.api.transport import Transport
from vapi_provider.errors import RateLimitedError

OK = httpx.Response(200, json={"a": 1})
NOW = 1768464000.0 + 42.5
"""42.5 seconds into a minute by this machine's clock."""


def limited(
    account: FlakyApi, clock: Clock, said: list[str] | None = None, share: float = 0
) -> Any:
    """A transport to `account` at `NOW`; its jitter is that share of what it may be."""
    retry = Retry(
        clock.sleep,
        clock,
        [].append if said is None else said.append,
        lambda: NOW + clock.now,
        lambda least, most: least + share * (most - least),
    )
    return Transport(http(account), KEY, retry)


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Date": "Thu, 15 Jan 2026 08:00:57 GMT"}, 3),
        ({"Date": "Thu, 15 Jan 2026 08:00:00 GMT"}, 60),
        ({"Date": "Thu, 15 Jan 2026 11:30:59 +0330"}, 1),
        ({}, 17.5),
        ({"Date": "today"}, 17.5),
        ({"Date": "Thu, 15 Jan 2026 08:00:57 GMT", "Retry-After": "soon"}, 3),
        ({"Date": "Thu, 15 Jan 2026 08:00:57 GMT", "Retry-After": "inf"}, 3),
        ({"Date": "Thu, 15 Jan 2026 08:00:57 GMT", "Retry-After": "9"}, 9),
        ({"Date": "Thu, 15 Jan 2026 08:00:57 GMT", "X-RateLimit-Reset": "1768464060"}, 3),
        (
            {
                "Date": "Thu, 15 Jan 2026 09:00:57 GMT",
                "Retry-After": "Thu, 15 Jan 2026 09:01:07 GMT",
            },
            10,
        ),
    ],
    ids=str,
)
def test_where_nothing_says_how_long_the_next_minute_is_waited_for(
    headers: dict[str, str], waited: float
) -> None:
    """Requests are counted per UTC minute of the API's clock, which the answer's Date shows."""
    clock = Clock()
    account = api(refused(429, headers=headers), OK)
    assert limited(account, clock).request("POST", "/phone-number") == {"a": 1}
    assert clock.slept == [waited]


def test_runs_come_back_at_different_times() -> None:
    """Jitter spreads a fleet's runs over the first seconds of the minute, and never before it."""
    waits: list[float] = []
    for share in (0, 0.5, 1):
        clock = Clock()
        date = {"Date": "Thu, 15 Jan 2026 08:00:50 GMT"}
        limited(api(refused(429, headers=date), OK), clock, share=share).request("GET", "/a")
        waits += clock.slept
    assert waits == [10, 10 + MINUTE_JITTER_SECONDS / 2, 10 + MINUTE_JITTER_SECONDS]
    assert Retry()._jitter(0, 1) != Retry()._jitter(0, 1)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("asked", ["86400", "301", "1e200", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_wait_that_no_run_makes_ends_it_at_once(asked: str, method: str) -> None:
    """A wait above 300 seconds ends the request without one, and its line names the wait."""
    clock = Clock()
    account = api(*(refused(429, headers={"Retry-After": asked}) for _ in range(9)))
    with pytest.raises(RateLimitedError, match=r"asks to wait \d+ s") as error:
        limited(account, clock).request(method, "/phone-number")
    assert clock.slept == []
    assert len(account.requests) == 1
    assert len(str(error.value)) < 300
    if asked.isdecimal():
        assert f"asks to wait {asked} s" in str(error.value)


def test_nothing_more_is_sent_until_the_wait_is_over() -> None:
    """Once the API has asked for a longer wait, the run's other requests end as well."""
    clock, said = Clock(), list[str]()
    account = api(refused(429, headers={"Retry-After": "3600"}), OK)
    transport = limited(account, clock, said)
    for _ in range(3):
        with pytest.raises(RateLimitedError, match="asks to wait 3600 s"):
            transport.request("GET", "/phone-number")
    assert (len(account.requests), clock.slept, said) == (1, [], [])
    clock.now = 3600
    assert transport.request("GET", "/phone-number") == {"a": 1}


def test_a_wait_that_a_run_makes_is_made_whole() -> None:
    """Up to 300 seconds are waited for as asked, in one piece, and the person is told."""
    clock, said = Clock(), list[str]()
    account = api(refused(429, headers={"Retry-After": "300"}), OK)
    limited(account, clock, said).request("GET", "/phone-number")
    assert clock.slept == [MAX_PAUSE_SECONDS] == [300]
    assert [line.partition(",")[0] for line in said] == ["waiting 300 s"]


def test_minutes_are_waited_for_until_the_limit() -> None:
    """A 429 in each minute is borne for five of them."""
    clock = Clock()
    account = api(*chain(*repeat((refused(429),), 99)))
    with pytest.raises(RateLimitedError, match="429"):
        limited(account, clock).request("GET", "/phone-number")
    assert MAX_PAUSE_SECONDS <= clock.now <= MAX_PAUSE_SECONDS + 60
    assert len(account.requests) <= 7
