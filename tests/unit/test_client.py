"""The endpoints: paths, bodies, pages, and what an answer must hold."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import httpx
import pytest

from tests.support.builders import FULL, KEY, MINIMAL, ORG, UUID, FlakyApi, wire_record
from vapi_provider.api.client import PAGE, PAGES, VapiClient
from vapi_provider.api.response_bounds import RECORD_BYTES
from vapi_provider.errors import (
    DeclarationError,
    NotFoundError,
    PagingError,
    RejectedError,
    ServerError,
    UnclearError,
)
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.request_body import patch_body, wire_body
from vapi_provider.reconcile.secrecy import secrets_in


def body(kind: str, **fields: Any) -> dict[str, Any]:
    """The body of a POST that creates a record of `kind`."""
    return wire_body(Desired.of({"provider": kind, **fields}))


def account_of(count: int, together: int = 1) -> FlakyApi:
    """An account of `count` records, of which each `together` share their time."""
    return FlakyApi(
        *(
            wire_record(id_=f"id-{at}", createdAt=f"2026-01-01T00:00:00.{at // together:06d}Z")
            for at in range(count)
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_create_posts_what_was_declared(kind: str) -> None:
    """POST carries the kind and the declared fields in camelCase, nothing else."""
    api = FlakyApi()
    record = api.client().create_phone_number(body(kind, **MINIMAL[kind]))
    assert api.sent == ["POST /phone-number"]
    assert api.body() == body(kind, **MINIMAL[kind])
    assert api.body()["provider"] == kind
    assert record.provider == kind


@pytest.mark.parametrize(
    "instead",
    [
        httpx.Response(500, json={"message": "no"}),
        httpx.Response(408, json={"message": "no"}),
        httpx.Response(201, text="<html>"),
        httpx.Response(201, json=[]),
        httpx.Response(201, json={}),
        httpx.Response(201, json={**wire_record(), "id": None}),
        httpx.Response(302, headers={"Location": "https://a"}),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("dropped"),
    ],
    ids=str,
)
def test_a_create_that_may_have_bought_is_unclear(instead: httpx.Response | Exception) -> None:
    """Whatever leaves open whether a record was made is one error of its own, sent once."""
    api = FlakyApi()
    api.instead = [instead]
    with pytest.raises(UnclearError):
        api.client().create_phone_number(body("vapi", **MINIMAL["vapi"]))
    assert len(api.requests) == 1


def test_a_create_that_was_refused_is_not_unclear() -> None:
    """After a 4xx nothing was made, and the error says why."""
    api = FlakyApi()
    api.instead = [httpx.Response(400, json={"message": "This area code is not available."})]
    with pytest.raises(RejectedError, match="This area code"):
        api.client().create_phone_number(body("vapi", **MINIMAL["vapi"]))


def test_update_patches_the_changed_fields_only() -> None:
    """PATCH carries the kind, each changed field whole, and null for a cleared one."""
    api = FlakyApi(wire_record())
    wire = body("vapi", name="b", server={"url": "https://a", "timeout_seconds": 30.0})
    record = api.client().update_phone_number(
        UUID, patch_body(KINDS["vapi"], wire, {"server", "squad_id", "hooks"})
    )
    assert api.sent == [f"PATCH /phone-number/{UUID}"]
    assert api.body() == {
        "provider": "vapi",
        "server": {"url": "https://a", "timeoutSeconds": 30},
        "squadId": None,
        "hooks": None,
    }
    assert record.fields["server"] == {"url": "https://a", "timeout_seconds": 30}


@pytest.mark.parametrize("kind", KINDS)
def test_update_always_names_the_kind(kind: str) -> None:
    """The API tells the update schemas apart by `provider`."""
    api = FlakyApi(wire_record(kind))
    wire = {"provider": kind, "assistantId": UUID}
    api.client().update_phone_number(UUID, patch_body(KINDS[kind], wire, ["name"]))
    assert api.body() == {"provider": kind, "name": None}


@pytest.mark.parametrize(
    ("id_", "path"),
    [
        (UUID, f"/phone-number/{UUID}"),
        ("a/b?c#d", "/phone-number/a%2Fb%3Fc%23d"),
        ("../credential", "/phone-number/..%2Fcredential"),
        (" ", "/phone-number/%20"),
        ("é", "/phone-number/%C3%A9"),
    ],
)
def test_an_id_from_a_person_stays_in_its_place(id_: str, path: str) -> None:
    """An id never becomes another path, a query or a fragment."""
    api = FlakyApi()
    client = api.client()
    for call in (client.get_phone_number, client.delete_phone_number):
        with pytest.raises(NotFoundError):
            call(id_)
    assert [request.url.raw_path.decode() for request in api.requests] == [path, path]


@pytest.mark.parametrize("id_", ["", ".", "..", "x" * 70_000, "\ud800", "a\x00", "\n"], ids=ascii)
def test_what_is_no_id_is_never_sent(id_: str) -> None:
    """An id that would be another path, or no path at all, is refused in one short line."""
    api = FlakyApi(wire_record())
    client = api.client()
    for call in (
        client.get_phone_number,
        client.delete_phone_number,
        lambda given: client.update_phone_number(given, {"name": None}),
    ):
        with pytest.raises(DeclarationError, match="must be the id of a phone number") as refused:
            call(id_)
        assert len(str(refused.value)) < 200
        assert str(refused.value).isprintable()
    assert api.requests == []


@pytest.mark.parametrize("id_", ["made-1", "x" * 256, "a:b", "...", "é", "%2e%2e"])
def test_ids_that_are_no_uuids_are_asked_for(id_: str) -> None:
    """Servers that stand in for the API have ids of their own."""
    assert FlakyApi(wire_record(id_=id_)).client().list_phone_numbers()[0].id == id_
    with pytest.raises(NotFoundError):
        FlakyApi().client().get_phone_number(id_)


def test_a_listing_ends() -> None:
    """A list whose pages go on for ever is an error after a thousand of them."""
    pages = itertools.count()

    class Endless:
        def request(self, *_: Any, **__: Any) -> Any:
            page = next(pages)
            return [
                wire_record(id_=f"{page}-{at}", createdAt=f"{10**6 - page}") for at in range(100)
            ]

        def api_time(self) -> None:
            return None

    with pytest.raises(PagingError, match="does not end after 1,000 pages"):
        for _ in VapiClient(Endless()).pages():
            pass
    assert next(pages) == PAGES == 1000


def test_a_page_may_be_larger_than_a_record() -> None:
    """A listing and a record have bounds of their own."""
    api = FlakyApi(wire_record(name="x" * (RECORD_BYTES + 1)))
    assert len(api.client().list_phone_numbers()) == 1
    with pytest.raises(ServerError, match="larger than 4 MiB"):
        api.client().get_phone_number(UUID)


def test_get_reads_and_delete_releases() -> None:
    """One request each; the second delete finds nothing."""
    api = FlakyApi(wire_record())
    client = api.client()
    assert client.get_phone_number(UUID).number == "+14155550123"
    client.delete_phone_number(UUID)
    with pytest.raises(NotFoundError):
        client.delete_phone_number(UUID)
    assert api.sent == [f"{method} /phone-number/{UUID}" for method in ("GET", "DELETE", "DELETE")]


@pytest.mark.parametrize("body", [{}, [], "gone", {"id": UUID}], ids=str)
def test_delete_does_not_mind_what_is_answered(body: Any) -> None:
    """Any 2xx answer with JSON means released."""
    api = FlakyApi()
    api.instead = [httpx.Response(200, json=body)]
    api.client().delete_phone_number(UUID)
    assert len(api.requests) == 1


@pytest.mark.parametrize("status", [200, 204])
def test_delete_needs_no_body(status: int) -> None:
    """An empty 2xx answer means released too: nothing is repeated."""
    api = FlakyApi()
    api.instead = [httpx.Response(status) for _ in range(5)]
    api.client().delete_phone_number(UUID)
    assert len(api.requests) == 1


def test_the_owners_of_all_that_was_seen_are_remembered() -> None:
    """Each answered record, of a deleted one too, says whose key it is."""
    api = FlakyApi(
        wire_record(orgId="one"),
        wire_record(id_="b", orgId="two"),
        wire_record(id_="c", orgId="three"),
    )
    client = api.observed()
    assert client.organizations == set()
    client.get_phone_number(UUID)
    client.update_phone_number("b", {"name": None})
    client.delete_phone_number("c")
    client.create_phone_number(body("vapi", **MINIMAL["vapi"]))
    assert client.organizations == {"one", "two", "three", ORG}


@pytest.mark.parametrize(
    ("count", "together", "requests"),
    [(0, 1, 1), (1, 1, 1), (999, 1, 1), (1000, 1, 2), (1001, 1, 2), (2500, 1, 3), (2500, 400, 4)],
)
def test_every_record_is_listed_once(count: int, together: int, requests: int) -> None:
    """All pages are read, also where many records share a time, and nothing comes twice."""
    api = account_of(count, together)
    listed = [record.id for record in api.client().all_phone_numbers()]
    assert sorted(listed) == sorted(api.records)
    assert len(api.requests) <= requests


def test_pages_go_by_the_time_of_the_last_record() -> None:
    """The first page has no bound; the next ones start at the oldest time seen, inclusive."""
    api = account_of(1500)
    list(api.client().all_phone_numbers())
    queries = [dict(request.url.params) for request in api.requests]
    assert queries == [
        {"limit": "1000"},
        {"limit": "1000", "createdAtLe": "2026-01-01T00:00:00.000500Z"},
    ]


def test_a_record_made_meanwhile_does_no_harm() -> None:
    """A number that appears between two pages shifts nothing: the others are all there."""
    api = account_of(1500)
    pages = api.client().all_phone_numbers()
    listed = [next(pages).id]
    api.records["new"] = wire_record(id_="new", createdAt="2026-02-01T00:00:00.000Z")
    listed += [record.id for record in pages]
    assert sorted(listed) == sorted(set(api.records) - {"new"})


def test_pages_that_do_not_advance_are_an_error() -> None:
    """More records of one time than a page holds are not silently left out."""
    api = account_of(1500, together=1500)
    with pytest.raises(ServerError, match="do not advance"):
        list(api.client().all_phone_numbers())
    assert len(api.requests) == 2


@pytest.mark.parametrize(
    "page",
    [
        {"results": []},
        [wire_record(), None],
        [wire_record(), {}],
        [{**wire_record(), "orgId": None}],
        [[]],
        "no",
    ],
    ids=str,
)
def test_a_broken_page_is_an_error(page: Any) -> None:
    """A page that is no list of records is never taken for an account without them."""
    api = FlakyApi()
    api.instead = [httpx.Response(200, json=page) for _ in range(5)]
    with pytest.raises(ServerError, match="GET /phone-number"):
        list(api.client().all_phone_numbers())


def test_an_unknown_kind_does_not_break_a_page() -> None:
    """A number of a kind that came after us stands in the list."""
    api = FlakyApi(wire_record(), wire_record("plivo", id_="b"))
    assert {record.provider for record in api.client().all_phone_numbers()} == {"vapi", "plivo"}


def test_a_page_is_asked_for_with_the_largest_limit() -> None:
    """The API's default would be a tenth of it."""
    api = account_of(5)
    assert len(api.client().list_phone_numbers()) == 5
    assert [request.url.params["limit"] for request in api.requests] == [str(PAGE)]


@pytest.mark.parametrize("method", ["create", "update"])
def test_secrets_of_the_body_are_not_in_the_error(method: str) -> None:
    """What the API echoes of a refused body shows neither its secrets nor the key."""
    api = FlakyApi(wire_record())
    told = f"bad {FULL['authentication']['password']} {FULL['server']['headers']['X-Token']} {KEY}"
    api.instead = [httpx.Response(400, json={"message": [told]})]
    client, secrets = api.client(), {*secrets_in(KINDS["vapi"].fields, FULL)}
    calls = {
        "create": lambda: client.create_phone_number(body("vapi", **FULL), secrets),
        "update": lambda: client.update_phone_number(UUID, {"name": None}, secrets),
    }
    with pytest.raises(RejectedError, match=r"bad \[secret\] \[secret\] \[secret\]"):
        calls[method]()


def test_all_secrets_are_found() -> None:
    """Passwords, headers, Twilio's credentials and free-form texts are secrets, nothing else is."""
    fields = copy.deepcopy(FULL)
    assert sorted(secrets_in(KINDS["vapi"].fields, fields)) == sorted(
        [
            fields["authentication"]["password"],
            *fields["server"]["headers"].values(),
            fields["fallback_destination"]["sip_headers"]["X-Reason"],
            "{{transcript}}",
        ]
    )
    secrets = {f"twilio_{name}": name for name in ("auth_token", "api_key", "api_secret")}
    twilio = {**MINIMAL["twilio"], **secrets}
    assert sorted(secrets_in(KINDS["twilio"].fields, twilio)) == sorted(secrets.values())


def test_a_release_that_was_not_sent_is_none() -> None:
    """Whatever fails before an answer is there is never taken for a number that is gone."""

    class Broken:
        def request(self, *_: Any, **__: Any) -> Any:
            raise ValueError("a proxy of no known kind")

        def api_time(self) -> None:
            return None

    with pytest.raises(ValueError, match="no known kind"):
        VapiClient(Broken()).delete_phone_number("a")
