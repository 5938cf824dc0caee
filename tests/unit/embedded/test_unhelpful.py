"""Switches for an account that shows records late, with too much, too little or unknown data."""

from __future__ import annotations

import json

import pytest

from tests.support.builders import settings
from vapi_provider.api.client import VapiClient
from vapi_provider.api.transport import Transport

FULL = {
    "name": "desk",
    "server": {"url": "https://example.com", "headers": {"X": "1"}},
    "hooks": [{"on": "call.ringing", "do": [{"type": "say", "exact": "hello"}]}],
}


def test_activating_for_ever(create, open_account, clock):
    """With a switch, a number never becomes active and its record never changes by itself."""
    account = open_account(activation_seconds=None)
    record = create(client=account)
    clock.advance(10**9)
    shown = account.get(f"/phone-number/{record['id']}").json()
    assert shown == record
    assert shown["status"] == "activating"


def test_number_absent_for_ever(create, open_account, clock):
    """With a switch, a bought number's digits never appear, though it is active."""
    account = open_account(number_after_seconds=None)
    record = create(client=account)
    clock.advance(10**9)
    shown = account.get(f"/phone-number/{record['id']}").json()
    assert "number" not in shown
    assert shown["status"] == "active"
    assert shown["providerResourceId"]


@pytest.mark.parametrize("status", ["blocked", "on-hold"])
def test_other_statuses(create, open_account, clock, status):
    """With a switch, a number ends up blocked or in an unknown status."""
    account = open_account(final_status=status)
    record = create(client=account)
    assert record["status"] == "activating"
    clock.advance(2)
    assert account.get("/phone-number").json()[0]["status"] == status
    assert create("byo-phone-number", client=account)["status"] == status


def test_read_after_write_lag(create, open_account):
    """With a switch, the first reads by id miss a new record; PATCH and lists find it."""
    account = open_account(new_record_missing_reads=2)
    path = f"/phone-number/{create(client=account)['id']}"
    assert account.get(path).status_code == 404
    assert account.patch(path, json={"name": "a"}).status_code == 200
    assert len(account.get("/phone-number").json()) == 1
    assert [account.get(path).status_code for _ in range(2)] == [404, 200]


def test_list_lag(create, open_account, clock):
    """With a switch, lists and totals miss a new record for a while; reads find it."""
    account = open_account(new_record_unlisted_seconds=5.0)
    record = create(client=account)
    assert account.get("/phone-number").json() == []
    assert account.get("/v2/phone-number").json()["metadata"]["totalItems"] == 0
    assert account.get(f"/phone-number/{record['id']}").status_code == 200
    clock.advance(5)
    assert [one["id"] for one in account.get("/phone-number").json()] == [record["id"]]


def test_sip_host_in_capitals(create, open_account):
    """With a switch, the host of a SIP URI is upper-case and the user as sent."""
    record = create("sip", client=open_account(sip_host_upper=True))
    assert record["sipUri"] == "sip:Front.Desk@SIP.VAPI.AI"


def test_absent_as_null(create, open_account):
    """With a switch, every absent field is null and others keep their values."""
    record = create(client=open_account(absent_as_null=True), name="desk")
    assert record["name"] == "desk"
    assert record["number"].startswith("+1415")
    nulls = {name for name, value in record.items() if value is None}
    assert {"assistantId", "squadId", "server", "hooks", "sipUri", "authentication"} <= nulls


def test_unknown_fields(create, open_account):
    """With a switch, every object except headers has a field that no schema has."""
    record = create(client=open_account(unknown_fields=True), **FULL)
    objects = [record, record["server"], record["hooks"][0], record["hooks"][0]["do"][0]]
    assert all(set(one["notYetKnown"]) == {"list", "text"} for one in objects)
    assert record["server"]["headers"] == {"X": "1"}
    assert json.dumps(record).count("notYetKnown") == len(objects)


@pytest.mark.parametrize(
    "switches",
    [
        {"unknown_fields": True},
        {"absent_as_null": True},
        {"final_status": "on-hold"},
        {"sip_host_upper": True},
        {"materialise_defaults": True},
    ],
    ids=lambda switches: next(iter(switches)),
)
def test_our_client_reads_it(create, open_account, clock, switches):
    """Our own client parses the record with added, null and unknown fields."""
    account = open_account(activation_seconds=0.0, **switches)
    made = create("sip", client=account, **FULL)
    client = VapiClient(Transport(account, settings().api_key))
    assert client.get_phone_number(made["id"]).name == "desk"
