"""GET /phone-number and GET /v2/phone-number: order, filters, limits, pages, search."""

import json
import sqlite3

import pytest

from vapi_provider.embedded import Switches
from vapi_provider.embedded.listing import parse_list_query
from vapi_provider.embedded.timestamps import format_iso, parse_iso


@pytest.fixture
def three(create, clock):
    """Return three SIP URIs, created one second apart, oldest first."""
    made = []
    for name in ("One", "Two", "Three"):
        made.append(create("sip", sipUri=f"sip:{name}@sip.vapi.ai", name=f"Desk {name}"))
        clock.advance(1)
    return made


def ids(records):
    return [record["id"] for record in records]


def listed(account, **params):
    response = account.get("/phone-number", params=params)
    assert response.status_code == 200, response.text
    return ids(response.json())


def test_newest_first_and_whole(three, account):
    """The list is an array of complete records, newest first."""
    assert account.get("/phone-number").json() == three[::-1]


def test_ties_have_an_order(create, account):
    """Records of the same millisecond are ordered by id on every page."""
    made = [create("byo-phone-number") for _ in range(5)]
    assert listed(account) == sorted(ids(made), reverse=True)


@pytest.mark.parametrize(
    ("suffix", "kept"), [("Gt", [2]), ("Ge", [2, 1]), ("Lt", [0]), ("Le", [1, 0])]
)
@pytest.mark.parametrize("column", ["createdAt", "updatedAt"])
def test_filters(three, account, column, suffix, kept):
    """Ge and Le include the moment itself, Gt and Lt do not."""
    found = listed(account, **{f"{column}{suffix}": three[1][column]})
    assert found == [three[index]["id"] for index in kept]


def test_filters_combine(three, account):
    """All filters apply together, and updatedAt follows a change."""
    account.patch(f"/phone-number/{three[0]['id']}", json={"name": "new"})
    after = three[2]["updatedAt"]
    assert listed(account, updatedAtGt=after) == [three[0]["id"]]
    assert listed(account, updatedAtGt=after, createdAtGt=after) == []


def test_bare_list_of_filters_is_the_same_on_pages(three, account):
    """The paged list accepts the same filters and counts only matching records."""
    page = account.get("/v2/phone-number", params={"createdAtLt": three[1]["createdAt"]}).json()
    assert ids(page["results"]) == [three[0]["id"]]
    assert page["metadata"]["totalItems"] == 1


@pytest.mark.parametrize("limit", ["2", "2.0"])
def test_limit(three, account, limit):
    """The limit keeps the newest records; a float is accepted."""
    assert listed(account, limit=limit) == ids(three[:0:-1])


def test_limit_zero(three, account):
    """A limit of 0 is an empty list, and an empty page without a next one."""
    assert listed(account, limit=0) == []
    page = account.get("/v2/phone-number", params={"limit": 0}).json()
    assert page["results"] == []
    assert page["metadata"]["hasNextPage"] is False
    assert page["metadata"]["totalItems"] == 3


def test_limits_of_a_large_account(account, create, db):
    """A list of 1,001 records shows 100 by default, at most 1,000, and refuses 1,001."""
    record = create("byo-phone-number")
    connection = sqlite3.connect(db)
    with connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(phone_number)")][1:]
        names = ", ".join(columns)
        connection.executemany(
            f"INSERT INTO phone_number SELECT ?, {names} FROM phone_number WHERE id = ?",  # noqa: S608
            [(f"{index:08d}-0000-4000-8000-000000000000", record["id"]) for index in range(1000)],
        )
    connection.close()
    assert len(listed(account)) == 100
    assert len(listed(account, limit=100)) == 100
    assert len(set(listed(account, limit=1000))) == 1000
    response = account.get("/phone-number", params={"limit": 1001})
    assert response.status_code == 400
    assert response.json()["message"] == ["limit must not be greater than 1000"]
    first = account.get("/v2/phone-number", params={"limit": 1000}).json()
    second = account.get("/v2/phone-number", params={"limit": 1000, "page": 2}).json()
    assert len({*ids(first["results"]), *ids(second["results"])}) == 1001


NUMBER = "must be a number conforming to the specified constraints"


@pytest.mark.parametrize(
    ("path", "params", "said"),
    [
        ("/phone-number", {"limit": -1}, "limit must not be less than 0"),
        ("/phone-number", {"limit": "many"}, f"limit {NUMBER}"),
        ("/phone-number", {"limit": "nan"}, f"limit {NUMBER}"),
        (
            "/phone-number",
            {"createdAtGt": "yesterday"},
            "createdAtGt must be a valid ISO 8601 date string",
        ),
        ("/phone-number", {"page": 2}, "property page should not exist"),
        ("/v2/phone-number", {"page": 0}, "page must not be less than 1"),
        (
            "/v2/phone-number",
            {"search": "x" * 101},
            "search must be shorter than or equal to 100 characters",
        ),
        (
            "/v2/phone-number",
            {"sortOrder": "up"},
            "sortOrder must be one of the following values: ASC, DESC",
        ),
        (
            "/v2/phone-number",
            {"sortBy": "name"},
            "sortBy must be one of the following values: cost, createdAt, duration",
        ),
    ],
)
def test_wrong_parameters(untouched, path, params, said):
    """A wrong parameter is refused with the validator's message."""
    response = untouched.get(path, params=params)
    assert response.status_code == 400
    assert response.json() == {"message": [said], "error": "Bad Request", "statusCode": 400}


def test_unknown_parameters_by_switch(open_account):
    """With a switch, unknown parameters are ignored."""
    lenient = open_account(unknown_query_refused=False)
    assert lenient.get("/phone-number", params={"cursor": "x"}).json() == []


def test_pages(three, account):
    """Pages hold their part, state the total, and are empty past the end."""

    def page(number):
        return account.get("/v2/phone-number", params={"limit": 2, "page": number}).json()

    assert page(1) == {
        "results": [three[2], three[1]],
        "metadata": {
            "itemsPerPage": 2,
            "totalItems": 3,
            "currentPage": 1,
            "totalPages": 2,
            "hasNextPage": True,
            "sortOrder": "DESC",
        },
    }
    assert ids(page(2)["results"]) == [three[0]["id"]]
    assert page(2)["metadata"]["hasNextPage"] is False
    assert page(9)["results"] == []
    assert page(10**30)["results"] == []


@pytest.mark.parametrize("sort_by", ["createdAt", "duration", "cost"])
def test_ascending(three, account, sort_by):
    """ASC is oldest first, whatever sortBy says."""
    page = account.get("/v2/phone-number", params={"sortOrder": "ASC", "sortBy": sort_by}).json()
    assert page["results"] == three
    assert page["metadata"]["sortOrder"] == "ASC"


def test_sorting_refused_by_switch(open_account):
    """With a switch, a sorted page is refused, as by some accounts."""
    account = open_account(sorted_pages_refused=True)
    response = account.get("/v2/phone-number", params={"limit": 1, "sortBy": "createdAt"})
    assert response.json()["message"] == ["property sortBy should not exist"]
    assert account.get("/v2/phone-number").status_code == 200


@pytest.mark.parametrize(
    ("text", "kept"),
    [("desk t", [2, 1]), ("SIP:ONE", [0]), ("%", []), ("_", []), ("671", [3]), ("none", [])],
)
def test_search(three, account, create, text, kept):
    """Search finds a literal part of name, number or SIP URI in any letter case."""
    every = [*three, create("twilio", name=None)]
    found = account.get("/v2/phone-number", params={"search": text}).json()["results"]
    assert sorted(ids(found)) == sorted(every[index]["id"] for index in kept)


def test_masked_numbers(create, open_account):
    """With a switch, lists mask the middle of a number and single reads do not."""
    account = open_account(mask_listed_numbers=True)
    record = create("twilio", client=account)
    assert account.get("/phone-number").json()[0]["number"] == "+141****2671"
    assert account.get(f"/phone-number/{record['id']}").json()["number"] == "+14155552671"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05.678901Z",
        "2026-01-02t03:04:05,678z",
        "2026-01-02T05:04:05.678+02:00",
        "2026-01-02T05:04:05.678+0200",
        "2026-01-02T05:04:05.678+02",
        "2026-01-01T22:34:05.678-04:30",
        "2026-01-02 03:04:05.678",
    ],
)
def test_moments_in_any_form(text):
    """Every ISO form of a moment is equal to the millisecond."""
    assert format_iso(parse_iso(text) or 0) == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize("text", ["", "2026", "2026-13-01", "2026-01-02T25:00Z", "0001-01-01x"])
def test_what_is_no_moment(text):
    """A text that is no date is refused."""
    assert parse_iso(text) is None


def test_dates_alone():
    """A date without a time is its midnight in UTC."""
    assert format_iso(parse_iso("2026-01-02") or 0) == "2026-01-02T00:00:00.000Z"


def test_defaults_of_a_query():
    """A query without parameters means the newest hundred."""
    query = parse_list_query({}, paged=True, strict=Switches().unknown_query_refused)
    assert json.dumps([query.limit, query.page, query.ascending, query.search]) == (
        '[100, 1, false, ""]'
    )
