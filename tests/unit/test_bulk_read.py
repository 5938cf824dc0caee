"""The bulk read of many records: what it answers, and how many requests it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.accounts import account_of, named, names
from tests.support.builders import (
    DECLARATION,
    ORG,
    Clock,
    FlakyApi,
    failure,
    program_inputs,
    provider,
    wire_record,
)
from vapi_provider.errors import NotFoundError, ServerError
from vapi_provider.lifecycle.account_view import READ_SINGLY, AccountView
from vapi_provider.lifecycle.listing import FRESH_SECONDS
from vapi_provider.reconcile.properties import normalize


class Capped(FlakyApi):
    """An account whose pages are never longer than a server likes."""

    def __init__(self, cap: int, *records: dict[str, Any]) -> None:
        super().__init__(*records)
        self.cap = cap

    def _listed(self, request: httpx.Request) -> httpx.Response:
        page = super()._listed(request).json()
        return httpx.Response(200, json=page[: self.cap])


class Lagging(FlakyApi):
    """An account whose list shows what was there in the beginning."""

    def __init__(self, *records: dict[str, Any]) -> None:
        super().__init__(*records)
        self.shown = {id_: dict(record) for id_, record in self.records.items()}

    def _listed(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=list(self.shown.values()))


class Meanwhile(FlakyApi):
    """An account to which something happens after its first page."""

    def __init__(self, happens: Callable[[FlakyApi], None], *records: dict[str, Any]) -> None:
        super().__init__(*records)
        self.happens = happens

    def _listed(self, request: httpx.Request) -> httpx.Response:
        page = super()._listed(request)
        if "createdAtLe" not in request.url.params:
            self.happens(self)
        return page


@pytest.mark.parametrize(
    ("mine", "count", "together", "most"),
    [(0, 0, 1, 0), (1, 1, 1, 1), (4, 5000, 1, 4), (5, 5000, 1, 10), (100, 100, 1, 5),
     (101, 101, 1, 5), (200, 200, 1, 5), (1000, 1000, 1, 6), (1000, 1001, 1, 6),
     (1000, 5000, 1, 10), (2500, 2500, 1, 7), (2500, 2500, 400, 8), (2500, 2500, 999, 9)],
)  # fmt: skip
def test_a_refresh_costs_a_page_for_each_thousand(
    mine: int, count: int, together: int, most: int
) -> None:
    """At most four single GETs, then pages as far as they are needed, each record as it is."""
    api = account_of(count, together)
    ids = sorted(api.records)[:mine]
    assert names(AccountView(api.observed()), ids) == dict.fromkeys(ids, "a")
    assert len(api.requests) <= most
    assert sum(path != "GET /phone-number" for path in api.sent) <= READ_SINGLY


@pytest.mark.parametrize("cap", [100, 30, 1])
def test_shorter_pages_than_asked_for_do_no_harm(cap: int) -> None:
    """A server that gives fewer than asked for is read to its end, or record by record."""
    records = account_of(230).records.values()
    api = Capped(cap, *records)
    assert set(names(AccountView(api.observed()), list(api.records)).values()) == {"a"}
    assert cap != 100 or len(api.requests) <= 4 + 3


def test_more_of_one_time_than_a_page_holds_are_read_singly() -> None:
    """Where the pages lead no further, the records that none of them shows are still read."""
    api = account_of(1100, together=1100)
    read = names(AccountView(api.observed()), [*api.records, "gone"])
    assert read == {**dict.fromkeys(api.records, "a"), "gone": None}
    assert api.sent.count("GET /phone-number") == 2


class Masking(FlakyApi):
    """An account whose list shows numbers in part."""

    def _listed(self, request: httpx.Request) -> httpx.Response:
        page = super()._listed(request).json()
        return httpx.Response(200, json=[{**item, "number": "+141****0123"} for item in page])


def test_a_masked_number_is_never_taken_for_the_number() -> None:
    """Where the list shows numbers in part, a refresh and a wait read each record itself."""
    api = Masking(*account_of(12).records.values())
    view = AccountView(api.observed(), Clock())
    with view.watching() as look, view.watching():
        assert look("n3").number == "+14155550123"
    assert {view.read(id_).number for id_ in api.records} == {"+14155550123"}


def test_what_no_page_shows_is_asked_for_by_its_id() -> None:
    """A record is gone only after its own 404; one that the list lags behind with is found."""
    api = account_of(20)
    api.records["late"] = wire_record(id_="late", createdAt="9999", name="late")
    read = names(AccountView(api.observed()), [*list(api.records)[:8], "gone", "late"])
    assert (read["gone"], read["late"]) == (None, "late")
    assert "GET /phone-number/gone" in api.sent


@pytest.mark.parametrize(
    "happens",
    [
        lambda api: api.records.pop("n1100"),
        lambda api: api.records.pop("n500"),
        lambda api: api.records.update(
            new=wire_record(id_="new", createdAt="2026-02-01T00:00:00Z")
        ),
    ],
)
def test_what_comes_and_goes_meanwhile_shifts_nothing(happens: Callable[[FlakyApi], None]) -> None:
    """Records that are made or released between two pages leave no other one out."""
    api = Meanwhile(happens, *account_of(1500).records.values())
    stay = [id_ for id_ in api.records if id_ not in ("n500", "n1100")]
    assert set(names(AccountView(api.observed()), stay).values()) == {"a"}
    assert len(api.requests) <= READ_SINGLY + 2


def warm(api: FlakyApi, clock: Clock | None = None) -> tuple[Any, AccountView]:
    """A client and a view that has listed the account, whose last record was not yet read."""
    client = api.observed()
    view = AccountView(client, clock or Clock())
    for id_ in list(api.records)[:-1]:
        view.read(id_)
    return client, view


def test_what_this_run_has_changed_is_never_answered_from_a_page() -> None:
    """After a PATCH the record is looked at anew, also where its answer was lost."""
    api = account_of(12)
    client, view = warm(api)
    client.update_phone_number("n11", named("b"))
    assert view.read("n11").name == "b"

    client, view = warm(api)
    api.records["n11"]["name"] = "c"
    api.instead = [httpx.Response(400, json={})]
    with pytest.raises(Exception, match="400"):
        client.update_phone_number("n11", named("c"))
    assert view.read("n11").name == "c"


def test_what_this_run_has_released_is_gone() -> None:
    """After a DELETE no page brings the record back."""
    client, view = warm(account_of(12))
    client.delete_phone_number("n11")
    with pytest.raises(NotFoundError):
        view.read("n11")


def test_what_this_run_has_made_is_found() -> None:
    """A record that is newer than the listing is read by its id."""
    client, view = warm(account_of(12))
    made = client.create_phone_number(named("b"))
    assert view.read(made.id).name == "b"


def test_no_list_that_lags_brings_back_what_this_run_has_changed() -> None:
    """What this run wrote to is read by its id, also where a later listing shows it as it was."""
    api = Lagging(*account_of(12).records.values())
    client = api.observed()
    client.update_phone_number("n11", named("b"))
    made = client.create_phone_number(named("c"))
    api.records[made.id]["status"] = "active"
    api.shown[made.id] = {**api.records[made.id], "status": "activating"}
    view = AccountView(client, Clock())
    read = {id_: view.read(id_) for id_ in api.records}
    assert (read["n11"].name, read[made.id].status) == ("b", "active")
    assert api.sent.count("GET /phone-number") == 1


def test_whoever_asks_again_is_told_anew() -> None:
    """A second look at a fleet sees what has changed since the first, for as few requests."""
    api = account_of(300)
    view = AccountView(api.observed())
    ids = list(api.records)
    names(view, ids)
    for record in api.records.values():
        record["name"] = "b"
    assert set(names(view, ids).values()) == {"b"}
    assert len(api.requests) <= 2 * (READ_SINGLY + 1)


def test_a_listing_does_not_last() -> None:
    """What was listed half a minute ago is listed anew, also where it was in use meanwhile."""
    api, clock = account_of(12), Clock()
    _, view = warm(api, clock)
    api.records["n11"]["name"] = "b"
    clock.now += FRESH_SECONDS - 1
    assert names(view, ["gone"]) == {"gone": None}
    clock.now += 2
    assert view.read("n11").name == "b"


def test_a_page_that_takes_long_is_waited_for() -> None:
    """A slow page, however slow, is asked for once: who comes meanwhile waits for it."""
    clock = Clock()

    def slow(_: FlakyApi) -> None:
        clock.now += FRESH_SECONDS * 3

    api = Meanwhile(slow, *account_of(1500).records.values())
    names(AccountView(api.observed(), clock), list(api.records))
    assert api.sent.count("GET /phone-number") <= 3


BROKEN = [
    httpx.Response(200, json={"results": []}),
    httpx.Response(200, json=[{}]),
    httpx.Response(500, json={}),
    httpx.Response(403, json={}),
]


@pytest.mark.parametrize("page", BROKEN, ids=lambda page: f"{page.status_code} {page.text}")
def test_a_broken_page_is_an_error_for_all_who_wait_for_it(page: httpx.Response) -> None:
    """It says which page, nothing counts as gone, and it is not asked for number by number."""
    api = account_of(20)
    working = provider(api)

    def read(at: int) -> str:
        return failure(working.read, f"n{at}", program_inputs(name="a", org_id=ORG))

    for at in range(READ_SINGLY):
        working.read(f"n{at}", program_inputs(name="a", org_id=ORG))
    api.instead = [page] * 5
    texts = {read(at) for at in range(READ_SINGLY, 20)}
    assert len(texts) == 1
    assert "GET /phone-number:" in texts.pop()
    assert api.sent.count("GET /phone-number") <= 5


def test_a_broken_page_takes_nothing_back() -> None:
    """What the pages before it have shown is answered all the same."""
    api = account_of(1500)
    view = AccountView(api.observed())
    # One after the other: the last one has to be the one that the first page shows.
    for id_ in ("n0", "n1", "n2", "n3", "n1400"):
        view.read(id_)
    api.instead = [httpx.Response(200, json={})]
    with pytest.raises(ServerError, match="not a list"):
        view.read("n10")
    assert view.read("n1300").name == "a"


def test_a_page_that_fails_unexpectedly_never_ends_a_listing() -> None:
    """An error that is none of ours is not the account's end: nothing counts as gone or absent."""
    api = account_of(1500)
    view = AccountView(api.observed(), Clock())
    api.instead = [RuntimeError("a bug")]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            view.is_listed("n10")
    api.instead = [RuntimeError("a bug")]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            view.records()
    assert len(view.records(after=view.listings)) == 1500


def test_a_later_listing_brings_back_nothing_that_was_released_before_it() -> None:
    """A call that works on one listing misses what was released, also while another one begins."""

    class Releasing(Masking):
        """An account of which another thread releases a record, and which it lists again."""

        def __call__(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/n1"):
                del self.records["n0"]
                view.forget("n0")
                view.records(after=view.listings)
            return super().__call__(request)

    view = AccountView(Releasing(*account_of(2).records.values()).observed(), Clock())
    assert [record.id for record in view.similar({"number": "+14155550123"}, "a")] == ["n1"]


def test_a_record_is_found_by_its_id_until_it_is_released() -> None:
    """As it was read last, else as the account listed it, once for all who ask."""
    api = account_of(5)
    view = AccountView(api.observed(), Clock())
    found = [view.find(id_) for id_ in ("n1", "n2", "gone")]
    assert [record and record.id for record in found] == ["n1", "n2", None]
    assert api.sent == ["GET /phone-number"]
    api.records["n1"]["name"] = "b"
    view.fetch("n1")
    view.forget("n2")
    assert (record := view.find("n1")) is not None
    assert record.name == "b"
    assert view.find("n2") is None
    assert sorted(record.id for record in view.records()) == ["n0", "n1", "n3", "n4"]


def test_get_and_refresh_share_their_reads() -> None:
    """Records of somebody else are read from the same pages; a missing one is an error."""
    api = account_of(40)
    working = provider(api)
    for at in range(40):
        working.read(f"n{at}", {"provider": "vapi"})
    assert "there is no phone number gone here" in failure(
        working.read, "gone", {"provider": "vapi"}
    )
    assert len(api.requests) == READ_SINGLY + 1 + 1


def test_a_fleet_without_its_headers_costs_no_second_listing() -> None:
    """Whether the API shows headers is seen in the pages that the refresh has read anyway."""
    server = {"url": "https://a", "headers": {"X": "a-secret"}}
    api = FlakyApi(*(wire_record(id_=f"n{at}", server={"url": "https://a"}) for at in range(50)))
    working = provider(api)
    for id_ in api.records:
        outs = working.read(
            id_, {**program_inputs(name="a"), "declaration": DECLARATION, "server": server}
        )
        assert normalize(outs.outs)["server"] == server
    assert api.sent.count("GET /phone-number") <= 2


def test_workers_that_wait_for_a_page_are_all_answered() -> None:
    """Sixteen reads at once, all before the first page has come, cost that one page."""
    api = account_of(20)
    view = AccountView(api.observed())
    together = threading.Barrier(16)

    def read(at: int) -> str | None:
        together.wait(timeout=20)
        return view.read(f"n{at}").name

    with ThreadPoolExecutor(16) as workers:
        assert list(workers.map(read, range(16))) == ["a"] * 16
    assert len(api.requests) == READ_SINGLY + 1


class Slow(FlakyApi):
    """An account whose list answers when it is allowed to."""

    def __init__(self) -> None:
        super().__init__(wire_record())
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def _listed(self, request: httpx.Request) -> httpx.Response:
        self.is_asked.set()
        assert self.may_answer.wait(20)
        return super()._listed(request)


def test_threads_that_arrive_during_a_listing_share_the_next_one() -> None:
    """Each wants a listing that begins after its arrival, and one serves them all."""
    api = Slow()
    view = AccountView(api.observed())
    with ThreadPoolExecutor(6) as workers:
        calls = [workers.submit(view.records)]
        assert api.is_asked.wait(20)
        for _ in range(5):
            api.is_asked.clear()
            calls.append(workers.submit(view.records, view.listings))
            api.is_asked.wait(0.1)  # A listing of its own would begin now.
        api.may_answer.set()
        assert {len(call.result(20)) for call in calls} == {1}
    assert api.sent.count("GET /phone-number") == 2
