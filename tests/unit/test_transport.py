"""HTTP: what is repeated, what an answer means, what is never shown."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.answers import api, error_of, refused
from tests.support.builders import KEY, Clock, http, settings
from vapi_provider.api.retry import (
    ATTEMPTS,
    MAX_PAUSE_SECONDS,
    MAX_WAIT_SECONDS,
    MINUTE_JITTER_SECONDS,
    Retry,
    asked_to_wait,
    may_repeat,
)
from vapi_provider.api.transport import USER_AGENT, Transport, open_http
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    ServerError,
    TransportError,
    UnclearError,
)
from vapi_provider.settings.config import Settings

METHODS = ["GET", "PATCH", "DELETE", "POST"]
OK = httpx.Response(200, json={"a": 1})


def expected_class(status: int, body: bytes) -> type[ApiError]:
    """The error tree's class of a status, as the tree says."""
    special = {
        401: AuthenticationError,
        403: AuthenticationError,
        404: NotFoundError if body.startswith(b"{") else ServerError,
        408: ServerError,
        429: RateLimitedError,
    }
    return special.get(status, RejectedError if 400 <= status < 500 else ServerError)


@pytest.mark.parametrize("body", [b'{"message": "no"}', b"<html>error code: 1010</html>", b""])
def test_every_status_has_its_class(body: bytes) -> None:
    """Each status from 300 to 599 is the error of the tree; of 404 alone the body matters."""
    for status in range(300, 600):
        if status == 304:
            continue
        answers = [httpx.Response(status, content=body) for _ in range(99)]
        error = error_of(api(*answers))
        assert (status, type(error)) == (status, expected_class(status, body))
        assert isinstance(error, ApiError)
        assert error.status == status
        assert str(status) in str(error)


@pytest.mark.parametrize(
    ("error", "methods"),
    [
        (RateLimitedError(Message(""), 429), METHODS),
        (TransportError(Message("")), METHODS),
        (UnclearError(Message("")), METHODS[:3]),
        (ServerError(Message(""), 500), METHODS[:3]),
        (ServerError(Message(""), 408), METHODS[:3]),
        (ServerError(Message(""), 200), METHODS[:3]),
        (RejectedError(Message(""), 400), []),
        (AuthenticationError(Message(""), 401), []),
        (AuthenticationError(Message(""), 403), []),
        (NotFoundError(Message(""), 404), []),
        (ConfigurationError(Message("")), []),
        (ValueError(), []),
    ],
)
def test_what_may_be_repeated(error: Exception, methods: list[str]) -> None:
    """POST is repeated only where nothing can have been made; a refusal never is."""
    assert [method for method in METHODS if may_repeat(method, error)] == methods


FAILURES = [
    pytest.param(lambda: httpx.Response(500), True, id="500"),
    pytest.param(lambda: httpx.Response(408), True, id="408"),
    pytest.param(lambda: httpx.Response(302), True, id="redirect"),
    pytest.param(lambda: httpx.Response(200, text="<html>"), True, id="no JSON"),
    pytest.param(lambda: httpx.ReadTimeout("slow"), True, id="read timeout"),
    pytest.param(lambda: httpx.WriteTimeout("slow"), True, id="write timeout"),
    pytest.param(lambda: httpx.ReadError("reset"), True, id="connection reset"),
    pytest.param(lambda: httpx.RemoteProtocolError("dropped"), True, id="dropped"),
    pytest.param(lambda: refused(429), False, id="429"),
    pytest.param(lambda: httpx.ConnectError("refused"), False, id="connection refused"),
    pytest.param(lambda: httpx.ConnectTimeout("slow"), False, id="connect timeout"),
    pytest.param(lambda: httpx.PoolTimeout("busy"), False, id="pool timeout"),
]


@pytest.mark.parametrize(("failure", "may_have_made"), FAILURES)
@pytest.mark.parametrize("method", METHODS)
def test_a_failure_is_repeated_unless_it_could_buy_twice(
    method: str, failure: Any, may_have_made: bool
) -> None:
    """After a passing failure the answer comes; a POST that may have bought is sent once."""
    account = api(failure(), OK)
    if method == "POST" and may_have_made:
        assert isinstance(error_of(account, method), UnclearError | ServerError)
        assert len(account.requests) == 1
    else:
        assert account.transport().request(method, "/phone-number", body={}) == {"a": 1}
        assert len(account.requests) == 2


@pytest.mark.parametrize(("failure", "may_have_made"), FAILURES)
def test_repeating_ends(failure: Any, may_have_made: bool) -> None:
    """After the fifth failure, for 429 after five minutes, the last error is raised."""
    account = api(*(failure() for _ in range(99)))
    clock = Clock()
    error = error_of(account, "GET", clock)
    if isinstance(error, RateLimitedError):
        longest = 60 + MINUTE_JITTER_SECONDS
        assert MAX_PAUSE_SECONDS <= sum(clock.slept) <= MAX_PAUSE_SECONDS + longest
    else:
        assert len(account.requests) == ATTEMPTS == 5
        assert len(clock.slept) == 4


def test_no_answer_to_a_post_is_unclear() -> None:
    """A request whose answer was lost may have been carried out, and its error says so."""
    error = error_of(api(httpx.ReadTimeout("slow")), "POST")
    assert type(error) is UnclearError
    drops = [httpx.ReadTimeout("slow") for _ in range(99)]
    assert type(error_of(api(*drops), "PATCH")) is UnclearError


@pytest.mark.parametrize(
    ("first", "may_be_done"),
    [
        (httpx.ReadTimeout("slow"), True),
        (httpx.Response(502, text="<html>"), True),
        (httpx.ConnectError("refused"), False),
        (httpx.Response(429, json={}), False),
    ],
    ids=str,
)
def test_a_delete_that_finds_nothing_says_whether_it_may_be_its_own_work(
    first: Any, may_be_done: bool
) -> None:
    """404 says whether a try before it may have been carried out."""
    transport = api(first, httpx.Response(404, json={"message": "Not Found"})).transport()
    with pytest.raises(NotFoundError) as missing:
        transport.request("DELETE", "/phone-number/a")
    assert missing.value.after_unclear_try is may_be_done


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_undecodable_answer_is_in_the_tree(method: str) -> None:
    """An answer whose compression is broken is an error of the tree, and unclear for POST."""

    def broken(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b"no gzip")
        return httpx.Response(201, headers={"Content-Encoding": "gzip"}, stream=stream)

    with pytest.raises(UnclearError if method == "POST" else TransportError):
        Transport(http(broken), KEY, Retry(lambda _: None)).request(method, "/phone-number")


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0.5, MAX_WAIT_SECONDS),
        ("0.25", 0.25, 0.25),
        ("-5", 0.5, MAX_WAIT_SECONDS),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(status: int, header: str, least: float, most: float) -> None:
    """The API is waited for as it asks, and never not at all."""
    clock = Clock()
    account = api(refused(status, headers={"Retry-After": header}), OK)
    account.transport(clock).request("GET", "/phone-number")
    (slept,) = clock.slept
    assert least <= slept <= most


@pytest.mark.parametrize("header", ["86400", "31", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_an_api_in_trouble_is_asked_again_soon(header: str) -> None:
    """What a 5xx asks for is waited for thirty seconds at a time: it may be over sooner."""
    clock = Clock()
    account = api(refused(503, headers={"Retry-After": header}), OK)
    account.transport(clock).request("GET", "/phone-number")
    assert clock.slept == [MAX_WAIT_SECONDS]


def test_waits_grow_and_stay_bounded() -> None:
    """Without a Retry-After each wait is longer than the one before, and not in step."""
    runs = []
    for _ in range(5):
        clock = Clock()
        error_of(api(*(refused(503) for _ in range(5))), clock=clock)
        assert clock.slept == sorted(clock.slept)
        assert clock.slept[0] >= 0.5
        assert clock.slept[-1] <= MAX_WAIT_SECONDS
        runs.append(tuple(clock.slept))
    assert len(set(runs)) == 5


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "Thu, 15 Jan 2026 08:00:07 GMT"}, 7),
        ({"Retry-After": "Thu, 15 Jan 2026 07:00:00 GMT"}, None),
        ({"X-RateLimit-Reset": "1768464004.5"}, 4.5),
        ({"X-RateLimit-Reset": "1768463999"}, None),
        ({"X-RateLimit-Reset": "1768464004500"}, 4.5),
        ({"X-RateLimit-Reset": "9"}, 9),
        ({"X-RateLimit-Reset": "0"}, None),
        ({"X-RateLimit-Reset": "9999999999"}, MAX_WAIT_SECONDS),
        ({"X-RateLimit-Reset": "later"}, None),
        ({"Retry-After": "2", "X-RateLimit-Reset": "1768464009"}, 2),
    ],
)
def test_an_answer_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, a date and a reset time are understood, and nothing that is past or else."""
    assert asked_to_wait(httpx.Headers(headers), now=1768464000.0) == seconds


def test_a_429_makes_every_worker_wait() -> None:
    """While one worker bears a 429, another that comes waits as long before it sends."""
    clock, asked = Clock(), list[float]()

    def sleep(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 1:
            retry.wait_out_pause()  # The first worker waits, and a second one comes.
        else:
            clock.sleep(seconds)

    retry = Retry(sleep, clock)
    account = api(refused(429, headers={"Retry-After": "9"}), OK)
    Transport(http(account), KEY, retry).request("GET", "/phone-number")
    assert asked == [9, 9]
    assert clock.now == 9


def test_a_long_wait_is_told() -> None:
    """A person who waits for ten seconds or more is told why, without the key."""
    clock, said = Clock(), list[str]()
    retry = Retry(clock.sleep, clock, said.append)
    account = api(refused(429, headers={"Retry-After": "12"}), OK)
    Transport(http(account), KEY, retry).request("GET", "/phone-number")
    (line,) = said
    assert line.startswith("waiting 12 s")
    assert KEY not in line


def test_a_pause_that_all_workers_make_is_told_once() -> None:
    """Sixteen workers that are told to wait at one moment say so in one line."""
    clock, said = Clock(), list[str]()
    together = threading.Barrier(16)
    asleep = threading.Barrier(16, action=lambda: clock.sleep(12))

    def answered(_: httpx.Request) -> httpx.Response:
        together.wait(timeout=20)
        limited = refused(429, headers={"Retry-After": "12"})
        return limited if clock.now == 0 else httpx.Response(200, json={})

    def sleep(_: float) -> None:
        asleep.wait(timeout=20)

    transport = Transport(http(answered), KEY, Retry(sleep, clock, said.append))
    with ThreadPoolExecutor(16) as workers:
        list(workers.map(lambda _: transport.request("GET", "/phone-number"), range(16)))
    assert len(said) == 1


def test_a_refused_key_is_sent_once() -> None:
    """After a 401 nothing more is sent: a fleet would be refused number by number."""
    account = api(refused(401, "Invalid Key."), OK)
    transport = account.transport()
    with pytest.raises(AuthenticationError, match="vapi:apiKey"):
        transport.request("GET", "/phone-number")
    with pytest.raises(AuthenticationError, match="refused"):
        transport.request("GET", "/phone-number")
    assert len(account.requests) == 1


def test_a_forbidden_request_does_not_stop_the_others() -> None:
    """A 403 is about one request: the next one is sent."""
    account = api(refused(403), OK)
    transport = account.transport()
    with pytest.raises(AuthenticationError):
        transport.request("GET", "/phone-number")
    assert transport.request("GET", "/phone-number") == {"a": 1}


def test_an_unreachable_api_says_so() -> None:
    """The line names the address and what to check, and not the key."""
    drops = [httpx.ConnectError("[Errno -2] Name or service not known") for _ in range(5)]
    text = str(error_of(api(*drops)))
    assert "https://api.vapi.ai" in text
    assert "vapi:baseUrl" in text
    assert KEY not in text


def test_requests_carry_the_key_and_a_user_agent() -> None:
    """Each request says who asks; the API's front refuses requests without a User-Agent."""
    with open_http(settings()) as client:
        request = client.build_request("GET", "/phone-number")
    assert request.url == "https://api.vapi.ai/phone-number"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["User-Agent"] == USER_AGENT
    assert "httpx" not in USER_AGENT
    assert request.headers["Accept"] == "application/json"


def test_a_base_url_may_have_a_path() -> None:
    """A gateway's path stays in front of the endpoint's."""
    configured = Settings(
        api_key=KEY, region="us", base_url="https://a.vapi.ai/gateway", journal=Path("j")
    )
    with open_http(configured) as client:
        url = client.build_request("GET", "/phone-number").url
    assert url == "https://a.vapi.ai/gateway/phone-number"


def test_parameters_and_body_are_sent() -> None:
    """Query and JSON leave as they were given."""
    account = api(OK)
    account.transport().request("PATCH", "/phone-number/a", params={"limit": 1}, body={"b": None})
    assert str(account.requests[0].url) == "https://api.vapi.ai/phone-number/a?limit=1"
    assert account.body() == {"b": None}


@pytest.mark.parametrize("date", ["1 Jan 12:00 99999999999", "Jan 0", ""])
def test_a_date_that_is_none_is_no_clock(date: str) -> None:
    """An answer is read all the same, and the API's clock stays unknown."""
    transport = api(httpx.Response(200, json=[], headers={"Date": date})).transport()
    assert transport.request("GET", "/phone-number") == []
    assert transport.api_time() is None


def test_an_embedded_account_answers_in_this_process(tmp_path: Path) -> None:
    """`embedded:` needs no socket: its file is made and answers."""
    file = tmp_path / "made" / "account.sqlite"
    configured = Settings(
        api_key="embedded", region="us", base_url=f"embedded:{file}", journal=Path("j")
    )
    with open_http(configured) as client:
        assert Transport(client, "embedded").request("GET", "/phone-number") == []
    assert file.exists()


def test_an_embedded_account_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    """A file that is no account is a configuration error that names it."""
    file = tmp_path / "account.sqlite"
    file.write_text("this is no database", encoding="utf-8")
    configured = Settings(
        api_key="embedded", region="us", base_url=f"embedded:{file}", journal=Path("j")
    )
    with pytest.raises(ConfigurationError, match="account.sqlite") as raised:
        open_http(configured)
    assert "\n" not in str(raised.value)


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment that HTTP cannot speak to is one line, without its password."""
    monkeypatch.setenv("HTTPS_PROXY", "socks4://user:visibly-fake-password@proxy.example.com")
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as refused:
        open_http(settings())
    assert "visibly-fake-password" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_a_key_for_this_machine_goes_through_no_proxy(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the case of its scheme, an address in clear is called directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with open_http(replace(settings(), base_url=f"{scheme}://127.0.0.1:1")) as opened:
        assert opened.trust_env is False
