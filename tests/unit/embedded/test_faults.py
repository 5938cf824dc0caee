"""Injected faults in an account of this process, through our own HTTP client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.support.builders import settings
from vapi_provider.api.transport import open_http
from vapi_provider.embedded.faults import FAILURES, describe_faults, parse_faults
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.config import Settings, load_settings

SIP = {"provider": "vapi", "sipUri": "sip:desk@sip.vapi.ai"}

Open = Callable[..., httpx.Client]


def account_at(address: str, timeout: float = 30) -> Settings:
    return replace(settings(), base_url=address, request_timeout_seconds=timeout)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Open the account at an address with the given faults, as a stack's config does."""
    clients: list[httpx.Client] = []

    def made(*faults: str, seed: int = 0, timeout: float = 30, switch: str = "") -> httpx.Client:
        query = "&".join([*(f"fault={quote(one)}" for one in faults), f"seed={seed}"])
        address = f"embedded:{tmp_path}/account.db?{query}" + (
            f"&switch={switch}" if switch else ""
        )
        clients.append(open_http(account_at(address, timeout)))
        return clients[-1]

    yield made
    for client in clients:
        client.close()


def statuses(client: httpx.Client, times: int, method: str = "GET") -> list[int]:
    return [client.request(method, "/phone-number").status_code for _ in range(times)]


def names(client: httpx.Client) -> list[str]:
    return [record["sipUri"] for record in client.get("/phone-number").json()]


ANSWERS = {
    "500": (500, "application/json"),
    "502": (502, "text/html"),
    "503": (503, "text/plain"),
    "503-after": (503, "text/plain"),
    "504": (504, "text/plain"),
    "page": (200, "text/html"),
    "408": (408, "application/json"),
    "409": (409, "application/json"),
    "429": (429, "application/json"),
    "429-after": (429, "application/json"),
    "429-date": (429, "application/json"),
    "429-reset": (429, "application/json"),
    "1010": (403, "text/plain"),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("made", [False, True], ids=["before", "after"])
def test_wrong_answers(opened: Open, name: str, made: bool) -> None:
    """Each wrong answer comes once, and the record exists exactly if the fault commits."""
    client = opened(f"POST:1:{'commit-then-' if made else ''}{name}")
    response = client.post("/phone-number", json=SIP)
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert (response.status_code, media_type) == ANSWERS[name]
    assert names(client) == ([SIP["sipUri"]] if made else [])
    assert client.post("/phone-number", json=SIP).status_code == (400 if made else 201)


@pytest.mark.parametrize("made", [False, True], ids=["before", "after"])
def test_dropped(opened: Open, made: bool) -> None:
    """A dropped connection is httpx's own error; only a committed record exists."""
    client = opened(f"POST:1:{'commit-then-' if made else ''}drop")
    with pytest.raises(httpx.ReadError):
        client.post("/phone-number", json=SIP)
    assert names(client) == ([SIP["sipUri"]] if made else [])


@pytest.mark.parametrize("what", ["slow=0.06", "commit-then-slow=0.06"])
def test_too_slow(opened: Open, what: str) -> None:
    """An answer after the client's time limit is httpx's timeout, but the record is created."""
    client = opened(f"POST:1:{what}", timeout=0.05)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/phone-number", json=SIP)
    assert names(opened()) == [SIP["sipUri"]]


@pytest.mark.parametrize("what", ["slow=0.03", "commit-then-slow=0.03"])
def test_slow(opened: Open, what: str) -> None:
    """A slow answer within the time limit is the account's own, after one execution."""
    client = opened(f"POST:1:{what}")
    begun = time.monotonic()
    assert client.post("/phone-number", json=SIP).status_code == 201
    assert time.monotonic() - begun >= 0.03


def test_how_long_to_wait(opened: Open) -> None:
    """429 and 503 state the wait in each documented form."""
    faults = ("GET:1:429-after=7", "GET:2:429-date=7", "GET:3:429-reset=7", "GET:4:429")
    client = opened(*faults, "GET:5:503-after=7")
    now = time.time()
    after, date, reset, silent, gateway = (client.get("/phone-number").headers for _ in range(5))
    assert gateway["Retry-After"] == "7"
    assert after["Retry-After"] == "7"
    assert 7 <= parsedate_to_datetime(date["Retry-After"]).timestamp() - now <= 9
    assert 7 <= int(reset["X-RateLimit-Reset"]) - now <= 9
    assert not {"retry-after", "x-ratelimit-reset"} & set(silent)


@pytest.mark.parametrize(
    ("when", "hit"),
    [("2", [2]), ("2-4", [2, 3, 4]), ("every3", [3, 6]), ("*", [1, 2, 3, 4, 5, 6, 7])],
)
def test_by_number(opened: Open, when: str, hit: list[int]) -> None:
    """A fault hits the requests with its numbers and no other."""
    seen = statuses(opened(f"GET:{when}:503"), 7)
    assert [number for number, status in enumerate(seen, 1) if status == 503] == hit


def test_by_method(opened: Open) -> None:
    """A fault hits its own method; lists differ from single records, and * is any."""
    client = opened("LIST:2:500", "READ:1:502", "POST:1:503", "*:6:504")
    one = f"/phone-number/{'0' * 8}-0000-4000-8000-{'0' * 12}"
    asked = [
        ("GET", "/phone-number"), ("GET", one), ("GET", one),
        ("POST", "/phone-number"), ("GET", "/v2/phone-number"), ("DELETE", one),
    ]  # fmt: skip
    assert [client.request(*each).status_code for each in asked] == [200, 502, 404, 503, 500, 504]


def test_by_seed(opened: Open) -> None:
    """A seed reproduces the hits, another one changes them; the rate is about the given one."""
    first = statuses(opened("GET:p0.3:502", seed=1), 100)
    assert first == statuses(opened("GET:p0.3:502", seed=1), 100)
    assert first != statuses(opened("GET:p0.3:502", seed=2), 100)
    assert 15 <= first.count(502) <= 45


def test_each_method_has_its_own_chance(opened: Open) -> None:
    """Requests of another method do not change which requests a seed hits."""
    alone = statuses(opened("*:p0.5:502"), 20)
    client = opened("*:p0.5:502")
    mixed = [(statuses(client, 1, "PATCH"), statuses(client, 1))[1][0] for _ in range(20)]
    assert mixed == alone


def test_threads_do_not_lose_count(opened: Open) -> None:
    """Concurrent requests are each counted once."""
    client = opened("GET:every4:503")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: client.get("/phone-number").status_code, range(80)))
    assert found.count(503) == 20


def test_the_first_fault_strikes_and_all_count(opened: Open) -> None:
    """If two faults match, the first one happens and the second is not postponed."""
    assert statuses(opened("GET:1:500", "GET:1:502", "GET:3:503"), 4) == [500, 200, 503, 200]


def test_address_with_switches(opened: Open) -> None:
    """An address accepts switches."""
    client = opened(switch="echo_area_code=yes")
    made = client.post("/phone-number", json={"provider": "vapi", "numberDesiredAreaCode": "415"})
    assert made.json()["numberDesiredAreaCode"] == "415"


def test_address_in_config(tmp_path: Path) -> None:
    """A stack's config accepts such an address, and the file is the part before the ?."""
    config = {"baseUrl": "embedded:account.db?fault=GET:1:503"}
    with open_http(load_settings(config.get, {}, tmp_path)) as client:
        assert statuses(client, 2) == [503, 200]
    assert (tmp_path / "account.db").exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("fault=POST:2", "fault 'POST:2' must be METHOD:WHEN:WHAT"),
        ("seed=x", "seed must be a whole number, not 'x'"),
        ("switch=speed=1", "there is no switch 'speed'"),
        ("falt=1", "after ? may come fault, seed, switch, not 'falt'"),
    ],
)
def test_wrong_address(tmp_path: Path, query: str, said: str) -> None:
    """An invalid address is a configuration error in one line, and no file is created."""
    address = f"embedded:{tmp_path}/account.db?{query}"
    with pytest.raises(ConfigurationError) as raised:
        open_http(account_at(address))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PUT:1:500", "'PUT' is none of *, POST, GET, PATCH, DELETE, LIST, READ"),
        ("GET:0:500", "'0' is none of 2, 2-4, every3, p0.1, *"),
        ("GET:p1.5:500", "'p1.5' is none of 2, 2-4, every3, p0.1, *"),
        ("GET:4-2:500", "'4-2' is none of 2, 2-4, every3, p0.1, *"),
        ("GET:1:418", "'418' is none of drop, slow, "),
        ("GET:1:commit-then-", "'' is none of drop, slow, "),
        ("GET:1:500=3", "takes no value"),
        ("GET:1:slow=x", "takes seconds from 0 to 3600, not 'x'"),
        ("GET:1:slow=nan", "takes seconds from 0 to 3600, not 'nan'"),
        ("GET:1:slow=", "takes seconds from 0 to 3600, not ''"),
    ],
)
def test_wrong_faults(text: str, said: str) -> None:
    """The error about an invalid fault quotes it with the valid values, in one line."""
    with pytest.raises(ValueError, match="^fault ") as raised:
        parse_faults([text])
    assert str(raised.value).startswith(f"fault {text!r}")
    assert said in str(raised.value)


def test_every_fault_is_described() -> None:
    """The list describes every fault in a form that can be used as it is."""
    described = describe_faults()
    assert len(described) == len(FAILURES)
    assert all(about for _, about in described)
    for name, _ in described:
        parse_faults([f"*:1:{name.replace('[=SECONDS]', '=1')}", f"*:1:{name.partition('[')[0]}"])
