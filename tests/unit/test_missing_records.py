"""When a record counts as gone: the API's own 404, a fresh listing, the recorded account."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    DECLARATION,
    ORG,
    RECORDED,
    THERE,
    UUID,
    Clock,
    FlakyApi,
    failure,
    program_inputs,
    provider,
    wire_record,
)
from vapi_provider.errors import OwnershipError
from vapi_provider.lifecycle.account_identity import AccountIdentity
from vapi_provider.lifecycle.account_view import AccountView
from vapi_provider.lifecycle.listing import FRESH_SECONDS


@pytest.mark.parametrize(
    ("records", "seen_before", "recorded", "confirmed", "words", "requests"),
    [
        pytest.param([wire_record()], True, ORG, None, None, 1, id="seen in this run"),
        pytest.param([wire_record()], False, ORG, None, None, 1, id="in view"),
        pytest.param([wire_record(orgId="o2")], True, ORG, None, "belongs to organization o2", 1,
                     id="another account, seen in this run"),
        pytest.param([wire_record(orgId="o2")], False, ORG, None, f"recorded in {ORG}", 1,
                     id="another account, in view"),
        pytest.param([wire_record(orgId="o2")], False, ORG, ORG, "belongs to organization o2", 1,
                     id="another account, although called empty"),
        pytest.param([], False, ORG, None, f"VAPI_CONFIRM_EMPTY_ACCOUNT={ORG}", 1,
                     id="an empty account"),
        pytest.param([], False, ORG, "o2", f"VAPI_CONFIRM_EMPTY_ACCOUNT={ORG}", 1,
                     id="an empty account, another one confirmed"),
        pytest.param([], False, ORG, ORG, None, 1, id="an empty account, confirmed"),
        pytest.param([], False, None, None, "no phone number at all", 1,
                     id="an empty account, none recorded"),
        pytest.param([wire_record()], False, None, None, f"organization {ORG}", 1,
                     id="no organization recorded"),
    ],
)  # fmt: skip
def test_gone_is_believed_only_of_the_recorded_account(
    records: list[dict[str, Any]],
    seen_before: bool,
    recorded: str | None,
    confirmed: str | None,
    words: str | None,
    requests: int,
) -> None:
    """404 means gone where a listing shows the recorded organization, or the person confirms it."""
    api = FlakyApi(*records)
    client = api.observed()
    identity = AccountIdentity(client, AccountView(client), confirmed_empty=confirmed)
    if seen_before:
        client.get_phone_number(UUID)
        api.requests.clear()
    if words is None:
        identity.confirm_gone("gone", recorded)
    else:
        with pytest.raises(OwnershipError, match=words) as refused:
            identity.confirm_gone("gone", recorded)
        assert "Nothing was forgotten" in str(refused.value)
        assert "\n" not in str(refused.value)
    assert len(api.requests) == requests


def test_an_empty_account_is_looked_at_once() -> None:
    """A fleet that is missing costs one look at the account, not one for each number."""
    api = FlakyApi()
    client = api.observed()
    identity = AccountIdentity(client, AccountView(client))
    for at in range(5):
        with pytest.raises(OwnershipError, match="no phone number at all"):
            identity.confirm_gone(f"n{at}", ORG)
    assert len(api.requests) == 1


class Slow(FlakyApi):
    """An account that takes its time over the answer to a release."""

    def __init__(self) -> None:
        super().__init__(wire_record(UUID))
        self.emptied = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Whoever did not wait for it has gone on by the time it is answered."""
        done = super().__call__(request)
        if request.method == "DELETE":
            self.emptied.set()
            time.sleep(0.2)
        return done


def test_an_account_that_is_emptied_meanwhile_is_the_right_one() -> None:
    """A look that shows nothing waits for the answer to the release that emptied the account."""

    class Emptied(Slow):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                released.append(other.submit(client.delete_phone_number, UUID))
                assert self.emptied.wait(timeout=20)
            return super().__call__(request)

    released: list[Future[None]] = []
    client = Emptied().observed()
    with ThreadPoolExecutor(1) as other:
        AccountIdentity(client, AccountView(client)).confirm_gone("gone", ORG)
        released[0].result(timeout=20)


HTML = httpx.Response(404, text="<html>404 Not Found</html>")
NOT_FOUND = httpx.Response(404, json={"message": "Not Found", "statusCode": 404})
FOREIGN = [
    pytest.param(HTML, id="HTML"),
    pytest.param(httpx.Response(404), id="empty"),
    pytest.param(httpx.Response(404, text="404 page not found"), id="text"),
    pytest.param(httpx.Response(404, json="Not Found"), id="JSON text"),
    pytest.param(httpx.Response(404, json={}), id="JSON without words"),
    pytest.param(
        httpx.Response(404, json={"message": "Bad Gateway", "statusCode": 502}), id="another status"
    ),
]


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("call", ["read", "update", "delete"])
def test_a_404_that_is_not_the_apis_is_repeated(call: str, foreign: httpx.Response) -> None:
    """What a proxy answers once instead of the API changes nothing of what the call does."""
    api = FlakyApi(THERE, wire_record(id_="other"))
    api.instead = [foreign]
    working = provider(api)
    if call == "read":
        assert working.read(UUID, RECORDED).id == UUID
    elif call == "update":
        assert working.update(UUID, RECORDED, program_inputs(name="b")).outs["name"] == "b"
    else:
        working.delete(UUID, RECORDED)
        assert UUID not in api.records
    assert len(api.requests) == 2


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("call", ["read", "update", "delete", "adopt"])
def test_a_404_that_is_never_the_apis_is_an_error(call: str, foreign: httpx.Response) -> None:
    """A proxy that answers 404 to everything makes no stack forget or release a number."""
    api = FlakyApi(THERE)
    api.instead = [foreign] * 9
    working = provider(api)
    calls = {
        "read": lambda: working.read(UUID, RECORDED),
        "update": lambda: working.update(UUID, RECORDED, program_inputs(name="b")),
        "delete": lambda: working.delete(UUID, RECORDED),
        "adopt": lambda: working.create({**program_inputs(name="b"), "adopt_id": UUID}),
    }
    assert "not the API's own response" in failure(calls[call])
    assert UUID in api.records


def test_a_path_that_the_api_does_not_serve_is_no_missing_record() -> None:
    """With a base URL that leads past the API's paths nothing is forgotten."""
    api = FlakyApi(THERE)
    missing = {"message": f"Cannot GET /x/phone-number/{UUID}", "error": "Not Found"}
    api.instead = [httpx.Response(404, json={**missing, "statusCode": 404})]
    assert "vapi:baseUrl" in failure(provider(api).read, UUID, RECORDED)
    assert len(api.requests) == 1


def test_a_list_that_answers_404_is_no_missing_record() -> None:
    """A refresh in bulk takes a 404 of the list for an error, not for records that are gone."""
    api = FlakyApi(*(wire_record(id_=f"n{at}") for at in range(6)))
    working = provider(api)
    for at in range(4):
        working.read(f"n{at}", RECORDED)
    api.instead = [NOT_FOUND]
    assert "GET /phone-number:" in failure(working.read, "n4", RECORDED)


def test_a_404_to_a_post_is_unclear_unless_it_is_the_apis() -> None:
    """A purchase that a proxy answers with 404 is looked for before anything is bought again."""
    api, clock = FlakyApi(), Clock()
    api.instead = [httpx.Response(200, json=[]), HTML]
    provider(api, clock).create(program_inputs(name="b"))
    assert api.sent.count("POST /phone-number") == 2
    assert api.sent[2] == "GET /phone-number"
    assert clock.slept


@pytest.mark.parametrize("call", ["read", "delete"])
def test_a_record_that_the_list_shows_is_not_gone(call: str) -> None:
    """A 404 of a record that the account still lists is an error in one line."""
    api = FlakyApi(THERE)
    api.instead = [NOT_FOUND]
    working = provider(api)
    calls = {
        "read": lambda: working.read(UUID, RECORDED),
        "delete": lambda: working.delete(UUID, RECORDED),
    }
    text = failure(calls[call])
    assert UUID in text
    assert "the state keeps it" in text


def test_a_masked_record_in_the_list_is_not_gone() -> None:
    """A list that hides parts of a number shows the record all the same."""
    api = FlakyApi({**THERE, "number": "+1415****123"})
    api.instead = [NOT_FOUND]
    assert "still shows it" in failure(provider(api).read, UUID, RECORDED)


def test_many_that_are_gone_share_one_listing() -> None:
    """A fleet that somebody deleted costs one listing in a refresh, and one in a destroy."""
    for call in ("read", "delete"):
        api = FlakyApi(wire_record(id_="other"))
        working = provider(api)
        with ThreadPoolExecutor(16) as workers:
            list(workers.map(lambda at: getattr(working, call)(f"n{at}", RECORDED), range(40)))  # noqa: B023
        assert api.sent.count("GET /phone-number") == 1


def test_a_listing_of_before_proves_nothing() -> None:
    """Gone is shown by a listing of the last half minute that began after this run's last write."""
    api, clock = FlakyApi(wire_record(id_="other")), Clock()
    client = api.observed()
    view = AccountView(client, clock)
    assert not view.is_listed(UUID)
    api.records[UUID] = THERE
    assert not view.is_listed(UUID)
    clock.now += FRESH_SECONDS + 1
    assert view.is_listed(UUID)

    del api.records[UUID]
    assert view.is_listed(UUID)
    api.records[UUID] = THERE
    client.delete_phone_number(UUID)
    assert not view.is_listed(UUID)


def test_an_account_that_cannot_be_listed_to_its_end_forgets_nothing() -> None:
    """Where the pages lead no further a record may be on one that nobody sees."""
    api = FlakyApi(*(wire_record(id_=f"n{at}") for at in range(1100)))
    assert "do not advance" in failure(provider(api).read, "gone", RECORDED)


@pytest.mark.parametrize("lost", [httpx.ReadError("dropped"), httpx.Response(502)], ids=str)
def test_the_last_number_is_released_though_its_answer_was_lost(lost: Any) -> None:
    """A DELETE whose answer was lost is done, also where it emptied the account."""

    class Committing(FlakyApi):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.method == "DELETE" and UUID in self.records:
                super().__call__(request)
                self.instead = [lost]
                self.requests.pop()
            return super().__call__(request)

    api = Committing(THERE)
    provider(api).delete(UUID, RECORDED)
    assert api.sent == [f"DELETE /phone-number/{UUID}"] * 2 + ["GET /phone-number"]


def test_an_unclear_release_of_what_the_list_shows_is_not_done() -> None:
    """A 404 after an unclear try releases nothing that the account still lists."""
    api = FlakyApi(THERE)
    api.instead = [httpx.Response(502), NOT_FOUND]
    assert "still shows it" in failure(provider(api).delete, UUID, RECORDED)


def test_a_get_of_a_missing_record_costs_no_listing() -> None:
    """Reading what somebody else owns is an error either way."""
    api = FlakyApi(wire_record(id_="other"))
    bare = {name: value for name, value in RECORDED.items() if name != "declaration"}
    failure(provider(api).read, UUID, bare)
    assert RECORDED["declaration"] == DECLARATION
    assert api.sent == [f"GET /phone-number/{UUID}"]
