"""PATCH and DELETE /phone-number/{id}."""

import pytest

SERVER = {"url": "https://example.com/hook", "headers": {"X-Key": "k"}, "timeoutSeconds": 30}


def patch(client, record, **changes):
    return client.patch(f"/phone-number/{record['id']}", json=changes)


def test_top_level_is_partial_and_nested_is_whole(create, account):
    """PATCH keeps other fields and replaces a nested object whole."""
    record = create(name="a", server=SERVER, hooks=[])
    got = patch(account, record, provider="vapi", server={"url": "https://example.com/b"}).json()
    assert got["server"] == {"url": "https://example.com/b"}
    assert (got["name"], got["hooks"], got["number"]) == ("a", [], record["number"])
    assert account.get(f"/phone-number/{record['id']}").json() == got


def test_update_moves_updated_at_only(create, account, clock):
    """A change sets updatedAt; createdAt, id and organization stay."""
    record = create("sip")
    clock.advance(10)
    got = patch(account, record, name="b").json()
    assert got["updatedAt"] == "2026-03-26T15:43:26.145Z"
    assert [got[key] for key in ("id", "orgId", "createdAt")] == [
        record[key] for key in ("id", "orgId", "createdAt")
    ]


def test_update_that_changes_nothing(create, account, clock, open_account):
    """An empty PATCH changes updatedAt alone, and with a switch nothing."""
    record = create("sip", name="a")
    clock.advance(10)
    quiet = open_account(noop_bumps_updated_at=False)
    assert patch(quiet, record, name="a").json() == record
    assert patch(quiet, record, assistantId=None).json()["updatedAt"] == record["updatedAt"]
    assert patch(account, record).json()["updatedAt"] == "2026-03-26T15:43:26.145Z"


@pytest.mark.parametrize(
    "field",
    ["name", "assistantId", "squadId", "workflowId", "server", "fallbackDestination", "hooks"],
)
def test_null_clears(create, account, open_account, uuid, field):
    """A null clears an optional field, which then reads as null, with a switch as absent."""
    values = {
        "name": "a",
        "assistantId": uuid,
        "squadId": uuid,
        "workflowId": uuid,
        "server": SERVER,
        "fallbackDestination": {"type": "sip", "sipUri": "sip:a@example.com"},
        "hooks": [{"on": "call.ringing", "do": [{"type": "say", "exact": "hello"}]}],
    }
    record = create(**{field: values[field]})
    assert record[field] == values[field]
    response = patch(account, record, provider="vapi", **{field: None})
    assert response.status_code == 200
    assert response.json()[field] is None
    without = open_account(cleared_as_null=False)
    assert field not in without.get(f"/phone-number/{record['id']}").json()


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("twilio", "number"),
        ("twilio", "twilioAccountSid"),
        ("vonage", "number"),
        ("telnyx", "credentialId"),
        ("byo-phone-number", "credentialId"),
    ],
)
def test_required_fields_cannot_be_cleared(create, account, kind, field):
    """A required field cannot be cleared."""
    response = patch(account, create(kind), **{field: None})
    assert response.status_code == 400
    assert response.json()["message"] == [f"{field} should not be null or undefined"]


@pytest.mark.parametrize(
    "field",
    ["numberDesiredAreaCode", "id", "orgId", "createdAt", "updatedAt", "status", "number"],
)
@pytest.mark.parametrize("value", ["415", None])
def test_what_cannot_be_patched(create, account, field, value):
    """Fields outside the update schema are refused by name, even if null."""
    response = patch(account, create(), **{field: value})
    assert response.status_code == 400
    assert response.json()["message"] == [f"property {field} should not exist"]


def test_kind_cannot_change(create, account):
    """Another kind is refused, and an unknown one with the validator's message."""
    record = create()
    other = patch(account, record, provider="twilio")
    assert other.status_code == 400
    assert other.json()["message"] == "Couldn't Update Phone Number. `provider` Does Not Match."
    unknown = patch(account, record, provider="carrier").json()["message"]
    assert unknown[0].startswith("provider must be one of the following values: ")


def test_sip_uri_stays_unique(create, account):
    """A SIP URI cannot become another record's, but its letter case may change."""
    create("sip")
    other = create("sip", sipUri="sip:other@sip.vapi.ai")
    response = patch(account, other, sipUri="sip:front.desk@sip.vapi.ai")
    assert response.status_code == 400
    assert response.json()["message"].startswith("Couldn't Update Phone Number. ")
    assert patch(account, other, sipUri="sip:OTHER@sip.vapi.ai").status_code == 200


def test_carrier_number_can_be_patched(create, account):
    """A carrier's number is updated in place and found by search."""
    record = create("telnyx")
    assert patch(account, record, number="+14155552672").json()["number"] == "+14155552672"
    found = account.get("/v2/phone-number", params={"search": "5552672"}).json()
    assert [one["id"] for one in found["results"]] == [record["id"]]


def test_server_secret_is_never_shown(create, account, open_account):
    """A server's secret is dropped; a marker shows that it is set until the server changes."""
    record = create(server={"url": "https://example.com", "secret": "s3cret"})
    assert record["server"] == {"url": "https://example.com"}
    assert record["isServerUrlSecretSet"] is True
    changed = patch(account, record, server={"url": "https://example.com"}).json()
    assert "isServerUrlSecretSet" not in changed
    strict = patch(open_account(server_secret=False), record, server={"secret": "x"})
    assert strict.json()["message"] == ["server.property secret should not exist"]


def test_legacy_server_url(create, account, open_account):
    """serverUrl is refused, or with a switch accepted as server.url."""
    record = create()
    refused = patch(account, record, serverUrl="https://example.com")
    assert refused.json()["message"] == ["property serverUrl should not exist"]
    legacy = open_account(legacy_server_url=True)
    got = patch(legacy, record, serverUrl="https://example.com", serverUrlSecret="x").json()
    assert got["server"] == {"url": "https://example.com"}
    assert got["isServerUrlSecretSet"] is True
    assert patch(legacy, record, serverUrl=None).json()["server"] is None


def test_delete(create, account):
    """DELETE returns the record, which then is gone everywhere and frees its SIP URI."""
    record = create("sip")
    path = f"/phone-number/{record['id']}"
    response = account.delete(path)
    assert (response.status_code, response.json()) == (200, record)
    for method in ("GET", "PATCH", "DELETE"):
        gone = account.request(method, path, json={} if method == "PATCH" else None)
        assert gone.status_code == 404
        assert gone.json() == {"message": "Not Found", "error": "Not Found", "statusCode": 404}
    assert account.get("/phone-number").json() == []
    create("sip")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_malformed_id(account, open_account, method):
    """An id that is no UUID is refused, with a switch as unknown."""
    said = account.request(method, "/phone-number/nope", json={})
    assert said.status_code == 400
    assert said.json()["message"] == "Validation failed (uuid is expected)"
    missing = open_account(malformed_id_status=404).request(method, "/phone-number/nope", json={})
    assert missing.status_code == 404


def test_id_in_any_case(create, account):
    """An id is found in any letter case."""
    record = create()
    assert account.get(f"/phone-number/{record['id'].upper()}").json() == record
