"""Requests in flight after a 429, as the account sees them: threads that share one transport."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.answers import api, refused
from tests.support.builders import KEY, Clock, http
from vapi_provider.api.concurrency_limit import AdaptiveLimit
from vapi_provider.api.retry import Retry
from vapi_provider.api.transport import Transport
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import RateLimitedError, RejectedError, ServerError, UnclearError

OK = {"a": 1}


class Account:
    """Refuses the first `refusals` requests, all in flight together; counts the later ones."""

    def __init__(self, refusals: int, clock: Clock) -> None:
        self.together = threading.Barrier(refusals)
        self.left = refusals
        self.clock = clock
        self.lock = threading.Lock()
        self.in_flight = self.peak = 0
        self.times: list[float] = []

    def __call__(self, _request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.times.append(self.clock())
            is_refused = self.left > 0
            self.left -= is_refused
        if is_refused:
            self.together.wait(timeout=10)
            return refused(429, headers={"Retry-After": "7"})
        with self.lock:
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        time.sleep(0.001)  # Others that may be in flight come in meanwhile.
        with self.lock:
            self.in_flight -= 1
        return httpx.Response(200, json=OK)


def send(account: Account, ceiling: int, requests: int) -> AdaptiveLimit:
    """Send requests from as many threads as the ceiling; return the limit that they shared."""
    limit = AdaptiveLimit(ceiling)
    retry = Retry(account.clock.sleep, account.clock)
    transport = Transport(http(account), KEY, retry, limit=limit)
    with ThreadPoolExecutor(ceiling) as threads:
        done = threads.map(lambda _: transport.request("GET", "/a"), range(requests))
        assert list(done) == [OK] * requests
    return limit


def test_a_refused_round_leaves_half_in_flight() -> None:
    """After eight refusals of eight requests in flight, four are, and one more a round."""
    account = Account(8, Clock())
    limit = send(account, ceiling=8, requests=9)
    assert account.peak <= 5
    assert limit.limit == 6  # 4 answers, then 5.
    assert limit.in_flight == 0


def test_who_takes_a_refused_requests_place_waits_as_well() -> None:
    """A request that waited for its turn is not sent before the pause that a 429 asked for."""
    account = Account(1, Clock())
    send(account, ceiling=1, requests=5)
    assert account.times[0] == 0
    assert all(sent_at >= 7 for sent_at in account.times[1:])


def test_a_pause_that_begins_before_a_request_is_sent_holds_it() -> None:
    """While a purchase is written to the journal another 429 may come: it is written again."""
    clock, account = Clock(), api(httpx.Response(200, json=OK))
    retry, written = Retry(clock.sleep, clock), list[float]()

    def before_send() -> None:
        written.append(clock.now)
        if len(written) == 1:
            retry.start_pause(RateLimitedError(Message("too many"), 429, 5))

    transport = Transport(http(account), KEY, retry, limit=AdaptiveLimit(1))
    assert transport.request("POST", "/a", before_send=before_send) == OK
    assert (written, clock.slept, len(account.requests)) == ([0, 5], [5], 1)


@pytest.mark.parametrize(
    ("answer", "error", "limit_after"),
    [
        (lambda: refused(400), RejectedError, 3),
        (lambda: refused(500), ServerError, 3),
        (lambda: httpx.ReadTimeout("slow"), UnclearError, 2),
    ],
    ids=["400", "500", "no answer"],
)
def test_other_errors_do_not_lower_the_limit(answer, error, limit_after) -> None:
    """Any other answer counts for a round without a 429; no answer counts for nothing."""
    clock, limit = Clock(), AdaptiveLimit(4)
    limit.limit = 2
    transport = Transport(
        http(api(answer(), answer())), KEY, Retry(clock.sleep, clock), limit=limit
    )
    for _ in range(2):
        with pytest.raises(error):
            transport.request("POST", "/a")
    assert (limit.limit, limit.in_flight) == (limit_after, 0)


def test_what_ends_a_request_before_it_is_sent_frees_its_place() -> None:
    """An error of the journal leaves nothing in flight."""
    limit = AdaptiveLimit(1)
    transport = Transport(http(api(httpx.Response(200, json=OK))), KEY, limit=limit)

    def fail() -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - ours, from just above
        transport.request("POST", "/a", before_send=fail)
    assert transport.request("POST", "/a") == OK
