"""Numbers and SIP URIs that two resources want: refused in time, or handed over in order."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.support.builders import (
    MINIMAL,
    UUID,
    FlakyApi,
    failure,
    program_inputs,
    provider,
    wire_record,
)
from vapi_provider.lifecycle.unique_values import unique_values

OTHER = "acme/shop/dev/VapiPhoneNumber/other"
THIRD = "8a0e5a3f-6ad8-4a5f-8a0e-5a3f5d0b8a11"
SECOND = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"
X, Y, Z = ({"sip_uri": f"sip:{word}@sip.vapi.ai"} for word in "xyz")


def twice(first: dict[str, Any], second: dict[str, Any], kinds: tuple[str, str]) -> list[str]:
    """What `check` says of the second of two declarations of a run."""
    working = provider(FlakyApi())
    assert (
        working.check({}, program_inputs(kinds[0], **{**MINIMAL[kinds[0]], **first})).failures == []
    )
    news = program_inputs(kinds[1], OTHER, **{**MINIMAL[kinds[1]], **second})
    return [one.reason.partition(":")[0] for one in working.check({}, news).failures]


NUMBER = {"number": "+14155550100"}
LOOSE = {"number": "101", "number_e164_check_enabled": False}
BYO = "byo-phone-number"


@pytest.mark.parametrize(
    ("first", "second", "kinds", "refused"),
    [
        (X, {"sip_uri": "SIP:X@sip.vapi.ai"}, ("vapi", "vapi"), ["sip_uri"]),
        (X, Y, ("vapi", "vapi"), []),
        (NUMBER, NUMBER, ("twilio", "vonage"), ["number"]),
        (NUMBER, {"number": "+14155550101"}, ("twilio", "twilio"), []),
        (LOOSE, LOOSE, (BYO, BYO), ["number"]),
        (LOOSE, {**LOOSE, "credential_id": THIRD}, (BYO, BYO), []),
        (NUMBER, {**NUMBER, "credential_id": THIRD}, (BYO, BYO), ["number"]),
        ({}, {}, (BYO, BYO), []),
    ],
)
def test_two_declarations_of_one_number_are_refused(
    first: dict[str, Any], second: dict[str, Any], kinds: tuple[str, str], refused: list[str]
) -> None:
    """A public number and a SIP URI are one resource's; an extension is on one trunk."""
    assert twice(first, second, kinds) == refused


def test_a_resource_may_be_checked_again() -> None:
    """A second check of one resource replaces the first, and frees what it no longer declares."""
    working = provider(FlakyApi())
    for uri in (X, Y):
        assert working.check({}, program_inputs(**uri)).failures == []
    assert working.check({}, program_inputs("vapi", OTHER, **X)).failures == []
    (failed,) = working.check({}, program_inputs("vapi", OTHER, **Y)).failures
    assert "'support' has it too" in failed.reason


def test_what_is_released_is_free() -> None:
    """A resource that is deleted declares nothing any more; another's claim stays."""
    first = recorded(UUID, "a", **X)
    working = provider(there(first))
    working.check(first[1], first[1])
    (failed,) = working.check({}, program_inputs("vapi", OTHER, **X)).failures
    assert "sip_uri" in failed.reason
    working.delete(*first)
    assert working.check({}, program_inputs("vapi", OTHER, **X)).failures == []


def recorded(id_: str, name: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """An existing record's id and state."""
    return id_, program_inputs("vapi", f"acme/shop/dev/VapiPhoneNumber/{name}", name=name, **fields)


def there(*records: tuple[str, dict[str, Any]]) -> FlakyApi:
    """An account with these records."""
    return FlakyApi(
        *(wire_record(id_=id_, name=one["name"], sipUri=one["sip_uri"]) for id_, one in records)
    )


def planned(working: Any, record: tuple[str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A record's new inputs, checked and compared as the engine does."""
    id_, state = record
    news = working.check(state, {**state, **fields}).inputs
    assert working.diff(id_, state, news).changes is True
    return news


def test_an_update_is_held_against_the_account() -> None:
    """A number that another record has is not PATCHed onto this one, and a rename costs no list."""
    taken = wire_record("twilio", SECOND, number="+14155550100", twilioAccountSid="AC1")
    own = wire_record("twilio", UUID, twilioAccountSid="AC1", name="a")
    api = FlakyApi(own, taken)
    working = provider(api)
    olds = program_inputs("twilio", **MINIMAL["twilio"])
    said = failure(working.update, UUID, olds, {**olds, "number": "+14155550100"})
    assert SECOND in said
    assert "was not changed" in said
    assert "depends_on" in said
    assert "run `pulumi up` once before you declare" in said
    assert [line.split()[0] for line in api.sent] == ["GET"]
    working.update(UUID, olds, {**olds, "number": "+14155550102"})
    assert [line.split()[0] for line in api.sent] == ["GET", "PATCH"]
    renamed = FlakyApi(own)
    provider(renamed).update(UUID, olds, {**olds, "name": "b"})
    assert [line.split()[0] for line in renamed.sent] == ["PATCH"]


@pytest.mark.parametrize("count", [2, 3])
def test_a_swap_is_refused_at_preview(count: int) -> None:
    """The last of a cycle that is compared says how it is done in two steps; nothing is sent."""
    uris = [X, Y, Z][:count]
    ids = [UUID, SECOND, THIRD]
    records = [recorded(ids[at], f"r{at}", **uri) for at, uri in enumerate(uris)]
    api = there(*records)
    working = provider(api)
    for at in range(count - 1):
        planned(working, records[at], **uris[at + 1])
    id_, state = records[-1]
    news = working.check(state, {**state, **uris[0]}).inputs
    said = failure(working.diff, id_, state, news)
    assert "cannot swap" in said
    assert api.sent == []


def test_a_uri_is_handed_on_once_it_is_given_up() -> None:
    """What a PATCH of this run has freed is free, for a new resource and for another update."""
    first, second = recorded(UUID, "a", **X), recorded(SECOND, "b", **Y)
    api = there(first, second)
    working = provider(api)
    news = planned(working, first, **Z)
    taken = planned(working, second, **X)
    working.update(UUID, first[1], news)
    working.update(SECOND, second[1], taken)
    made = working.create(working.check({}, program_inputs("vapi", OTHER, name="c", **Y)).inputs).id
    assert {id_: one["sipUri"] for id_, one in api.records.items()} == {
        UUID: Z["sip_uri"],
        SECOND: X["sip_uri"],
        made: Y["sip_uri"],
    }
    assert api.sent.count("GET /phone-number") == 1


class Handing:
    """A clock whose sleep lets the other resource give up what is waited for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.give_up: Any = None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.give_up is not None:
            give_up, self.give_up = self.give_up, None
            thread = threading.Thread(target=give_up)
            thread.start()
            thread.join(timeout=30)


def test_a_create_waits_for_who_gives_its_uri_up() -> None:
    """The engine works on both at once: the create lets the update go first."""
    first = recorded(UUID, "a", **X)
    api, clock = there(first), Handing()
    working = provider(api, clock)  # pyright: ignore[reportArgumentType]
    news = planned(working, first, **Z)
    inputs = working.check({}, program_inputs("vapi", OTHER, name="c", **X)).inputs
    clock.give_up = lambda: working.update(UUID, first[1], news)
    working.create(inputs)
    assert api.sent[-1] == "POST /phone-number"
    assert clock.now > 0


def test_a_create_gives_the_engine_time_to_compare_the_other() -> None:
    """Where the resource that gives the URI up is declared behind, it is still handed on."""
    first = recorded(UUID, "a", **X)
    api, clock = there(first), Handing()
    working = provider(api, clock)  # pyright: ignore[reportArgumentType]
    inputs = working.check({}, program_inputs("vapi", OTHER, name="c", **X)).inputs
    clock.give_up = lambda: working.update(UUID, first[1], planned(working, first, **Z))
    working.create(inputs)
    assert [line.split()[0] for line in api.sent] == ["GET", "PATCH", "POST"]


def test_a_create_does_not_wait_for_ever() -> None:
    """Where the other never gives it up, the create is refused with a hint that can work."""
    first = recorded(UUID, "a", **X)
    api, clock = there(first), Handing()
    working = provider(api, clock)  # pyright: ignore[reportArgumentType]
    planned(working, first, **Z)
    inputs = working.check({}, program_inputs("vapi", OTHER, name="c", **X)).inputs
    assert "depends_on" in failure(working.create, inputs)
    assert clock.now >= 60


def test_spellings_of_one_number_are_one_value() -> None:
    """Signs between the digits make no other number, unless the E.164 check is off."""
    spelled = {"number": "1 415-555-0100", "credential_id": UUID}
    assert unique_values(spelled) == unique_values(NUMBER)
    off = {**spelled, "number_e164_check_enabled": False}
    assert unique_values(off) not in (unique_values(NUMBER), frozenset())


@pytest.mark.parametrize("is_checked", [True, False])
def test_an_update_is_held_against_every_spelling(is_checked: bool) -> None:
    """A number that another record has in another spelling is taken, where spellings are equal."""
    taken = wire_record(BYO, SECOND, number="14155550100", credentialId=UUID)
    own = wire_record(BYO, UUID, number="14155550101", credentialId=UUID, name="a")
    api = FlakyApi(own, taken)
    checked: dict[str, Any] = {} if is_checked else {"number_e164_check_enabled": False}
    olds = program_inputs(BYO, credential_id=UUID, number="+14155550101", **checked)
    news = {**olds, "number": "+14155550100"}
    if is_checked:
        assert SECOND in failure(provider(api).update, UUID, olds, news)
    else:
        provider(api).update(UUID, olds, news)
        assert api.records[UUID]["number"] == "+14155550100"


@pytest.mark.parametrize("is_checked", [True, False])
def test_adoption_sends_another_spelling_where_it_counts(is_checked: bool) -> None:
    """Without the E.164 check the adopted record gets its number as it is declared."""
    record = wire_record(BYO, UUID, number="14155550101", credentialId=UUID, name="a")
    api = FlakyApi(record)
    checked: dict[str, Any] = {} if is_checked else {"number_e164_check_enabled": False}
    fields = {"credential_id": UUID, "number": "+14155550101", "name": "a", **checked}
    made = provider(api).create(program_inputs(BYO, adopt_id=UUID, **fields))
    assert made.outs["number"] == "+14155550101"
    expected = "14155550101" if is_checked else "+14155550101"
    assert api.records[UUID]["number"] == expected


def test_a_merged_update_sends_another_spelling_where_it_counts() -> None:
    """Beside a changed server a number without the E.164 check is sent as it is declared."""
    server = {"url": "https://a.example"}
    off = {"number": "14155550101", "numberE164CheckEnabled": False, "server": server}
    api = FlakyApi(wire_record(BYO, UUID, credentialId=UUID, name="a", **off))
    olds = program_inputs(BYO, credential_id=UUID, name="a", number="14155550101", server=server)
    olds["number_e164_check_enabled"] = False
    news = {**olds, "number": "+14155550101", "server": {"url": "https://b.example"}}
    provider(api).update(UUID, olds, news)
    assert api.records[UUID]["number"] == "+14155550101"


def test_only_what_is_known_is_unique() -> None:
    """Names, ids and an extension without a trunk are no unique values."""
    assert unique_values({"name": "a", "credential_id": UUID, "assistant_id": UUID}) == frozenset()
    assert unique_values({"number": "101"}) == frozenset()
