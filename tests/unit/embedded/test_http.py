"""API keys, routes and failures, which come before any rule about phone numbers."""

import sqlite3

import pytest

JSON = "application/json; charset=utf-8"
INVALID = (
    '{"message":"Invalid Key. Hot tip, you may be using the private key instead of the public '
    'key, or vice versa.","error":"Unauthorized","statusCode":401}'
)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Bearer", "Basic right", "right"])
def test_wrong_key(open_account, header):
    """Every key but the account's, and every other scheme, is refused."""
    response = open_account(key="right").get("/phone-number", headers={"Authorization": header})
    assert (response.status_code, response.text) == (401, INVALID)
    assert response.headers["Content-Type"] == JSON


def test_right_key(open_account):
    """The account's key is accepted."""
    assert open_account(key="right").get("/phone-number").json() == []


def test_any_key(account):
    """Without a key of its own, the account accepts any but an empty one."""
    for key, status in (("a", 200), ("b", 200), ("", 401)):
        response = account.get("/phone-number", headers={"Authorization": f"Bearer {key}"})
        assert response.status_code == status


@pytest.mark.parametrize("path", ["/phone-number", "/nowhere"])
def test_no_key(account, path):
    """A request without a key is refused before any other check."""
    del account.headers["Authorization"]
    response = account.post(path, content=b"{")
    assert response.status_code == 401
    assert response.json()["message"] == "Missing Authorization Header."


@pytest.mark.parametrize("agent", ["", "Python-urllib/3.11"])
def test_user_agent(untouched, agent):
    """A client without a user agent is refused in plain text, with or without a key."""
    response = untouched.get("/phone-number", headers={"User-Agent": agent})
    assert (response.status_code, response.text) == (403, "error code: 1010")
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/phone-numbers"),
        ("PUT", "/phone-number"),
        ("OPTIONS", "/phone-number"),
        ("POST", "/v2/phone-number"),
        ("POST", "/phone-number/buy"),
        ("GET", "/phone-number/a/b"),
    ],
)
def test_unknown_route(untouched, method, path):
    """An unknown path or method is 404 and named."""
    response = untouched.request(method, path)
    assert response.status_code == 404
    assert response.json() == {
        "message": f"Cannot {method} {path}",
        "error": "Not Found",
        "statusCode": 404,
    }


def test_trailing_slash(account, create):
    """A trailing slash changes nothing."""
    record = create()
    assert account.get(f"/phone-number/{record['id']}/").json() == record
    assert account.get("/phone-number/").json() == [record]


def test_statuses_and_type(account, body):
    """A create is 201, everything else 200, all of it JSON."""
    made = account.post("/phone-number", json=body())
    path = f"/phone-number/{made.json()['id']}"
    others = [account.get(path), account.patch(path, json={}), account.delete(path)]
    assert [made.status_code, *(one.status_code for one in others)] == [201, 200, 200, 200]
    assert {one.headers["Content-Type"] for one in [made, *others]} == {JSON}


def test_failure_of_the_file(account, db, caplog):
    """A broken file is a server error with the reason in one line."""
    connection = sqlite3.connect(db)
    connection.execute("DROP TABLE phone_number")
    connection.close()
    response = account.get("/phone-number")
    assert response.status_code == 500
    assert response.json() == {
        "statusCode": 500,
        "message": "Internal server error (embedded account: no such table: phone_number)",
    }
    assert [record.getMessage() for record in caplog.records] == [
        "embedded account: no such table: phone_number"
    ]


def test_latency(open_account, monkeypatch):
    """With a switch, every answer takes a minimum time, refusals too."""
    waited = []
    monkeypatch.setattr("vapi_provider.embedded.app.time.sleep", waited.append)
    open_account(latency_seconds=0.25).get("/nowhere")
    assert waited == [0.25]


def test_requests_per_minute(open_account, clock):
    """By a switch the requests of a UTC minute beyond a number are refused and not carried out."""
    account = open_account(requests_per_minute=2)
    clock.advance(43)  # One second before the minute ends.
    bodies = [{"provider": "vapi", "sipUri": f"sip:desk{at}@sip.vapi.ai"} for at in range(4)]
    answers = [account.post("/phone-number", json=body) for body in bodies]
    assert [response.status_code for response in answers] == [201, 201, 429, 429]
    assert answers[2].json() == {
        "message": "Rate limit exceeded",
        "error": "Too Many Requests",
        "statusCode": 429,
    }
    assert "Retry-After" not in answers[2].headers
    clock.advance(1)
    assert len(account.get("/phone-number").json()) == 2
