"""Making and adopting a number, against an account in memory: never twice, never blindly."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from pulumi.output import Unknown

from tests.support.answers import refused
from tests.support.builders import (
    AUTOMATIC_NAME,
    MINIMAL,
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
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.placeholders import CHANGED_OUTSIDE, UNSEEN

# create


@pytest.mark.parametrize("kind", KINDS)
def test_create_looks_before_it_makes(kind: str) -> None:
    """A first create costs one listing and one POST; what is recorded is what was declared."""
    api = FlakyApi()
    inputs = program_inputs(kind, name="a", **MINIMAL[kind])
    result = provider(api).create(inputs)
    assert api.sent == ["GET /phone-number", "POST /phone-number"]
    assert api.body()["provider"] == kind
    assert result.id == "made-2"
    assert {name: result.outs[name] for name in inputs} == inputs
    assert result.outs["org_id"] == ORG


def test_many_creates_share_one_listing() -> None:
    """Each further create of a run costs its POST alone."""
    api = FlakyApi(wire_record(name="a stranger"))
    working = provider(api)
    for at in range(3):
        key = f"acme/shop/dev/VapiPhoneNumber/n{at}"
        working.create(program_inputs(declaration=key, name=f"n{at}", **MINIMAL["vapi"]))
    assert api.sent == ["GET /phone-number", *["POST /phone-number"] * 3]


def test_create_never_buys_what_is_there() -> None:
    """A record with our automatic name stops the purchase and is named."""
    api = FlakyApi(wire_record(name=AUTOMATIC_NAME))
    text = failure(provider(api).create, program_inputs(name=AUTOMATIC_NAME, **MINIMAL["vapi"]))
    assert UUID in text
    assert "adopt_id" in text
    assert api.sent == ["GET /phone-number"]


def test_create_makes_the_replacement_of_what_diff_has_judged() -> None:
    """The record that diff has just said is replaced does not stop its replacement."""
    api = FlakyApi(wire_record(name=AUTOMATIC_NAME))
    working = provider(api)
    news = program_inputs(name=AUTOMATIC_NAME, number_desired_area_code="212")
    working.diff(UUID, {**RECORDED, "name": AUTOMATIC_NAME}, news)
    assert working.create(news).id != UUID
    assert api.sent == ["GET /phone-number", "POST /phone-number"]


@pytest.mark.parametrize("page", [httpx.Response(200, json={}), refused(404)], ids=str)
def test_create_never_buys_blindly(page: httpx.Response) -> None:
    """Where the account cannot be listed nothing is made."""
    api = FlakyApi()
    api.instead = [page]
    failure(provider(api).create, program_inputs())
    assert api.sent == ["GET /phone-number"]


def test_create_waits_until_the_number_is_known() -> None:
    """A bought number is looked at each second until its digits are there; activating is enough."""
    api, clock = FlakyApi(), Clock()
    pending = wire_record(id_="new", number=None, status="activating")
    shown = {**pending, "number": "+14155550199"}
    api.instead = [
        httpx.Response(200, json=[]),
        httpx.Response(201, json=pending),
        refused(404),
        httpx.Response(200, json=pending),
        httpx.Response(200, json=shown),
    ]
    result = provider(api, clock).create(program_inputs())
    assert (result.outs["number"], result.outs["status"]) == ("+14155550199", "activating")
    assert clock.slept == [1.0, 1.0, 1.0]
    assert api.sent[2:] == ["GET /phone-number/new"] * 3


@pytest.mark.parametrize(("seconds", "looks"), [(0, 0), (2, 2), (60, 60)])
def test_create_does_not_wait_for_ever(
    seconds: float, looks: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """After `readyTimeoutSeconds` it returns with what is known, and says so."""
    api, clock = FlakyApi(), Clock()
    api.created = {"number": None, "status": "activating"}
    result = provider(api, clock, ready_timeout_seconds=seconds).create(program_inputs())
    assert "number" not in result.outs
    assert len(api.requests) == 2 + looks
    said = capsys.readouterr().err
    assert "warning: made-2 was created" in said
    assert "pulumi refresh" in said


class Together(Clock):
    """Time that passes once all of twelve workers sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.everybody = threading.Barrier(12, action=lambda: Clock.sleep(self, 1.0))

    def sleep(self, seconds: float) -> None:
        self.everybody.wait(timeout=20)


def test_many_that_wait_share_their_looks() -> None:
    """Twelve numbers that are not known yet cost one page a second, not twelve requests."""
    api, clock = FlakyApi(), Together()
    api.created = {"number": None, "status": "activating"}
    working = provider(api, clock, ready_timeout_seconds=5)

    def create(at: int) -> None:
        declaration = f"acme/shop/dev/VapiPhoneNumber/n{at}"
        working.create(program_inputs(declaration=declaration, name=f"n{at}", **MINIMAL["vapi"]))

    with ThreadPoolExecutor(12) as workers:
        list(workers.map(create, range(12)))
    assert clock.now == 5
    assert len(api.sent) == 1 + 12 + 5


class Unlisted(FlakyApi):
    """An account that cannot be listed any more once it has records."""

    def _listed(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={}) if self.records else super()._listed(request)


def test_a_page_that_fails_is_not_tried_by_all_who_wait() -> None:
    """Where the shared look fails, each looks at its own number: the wait is no longer for it."""
    api, clock = Unlisted(), Together()
    api.created = {"number": None, "status": "activating"}
    working = provider(api, clock, ready_timeout_seconds=2)

    def create(at: int) -> None:
        declaration = f"acme/shop/dev/VapiPhoneNumber/n{at}"
        working.create(program_inputs(declaration=declaration, name=f"n{at}", **MINIMAL["vapi"]))

    with ThreadPoolExecutor(12) as workers:
        list(workers.map(create, range(12)))
    assert clock.now == 2
    assert api.sent.count("GET /phone-number") == 1 + 2


def test_a_sip_uri_alone_is_not_waited_for() -> None:
    """Without an area code there are no digits to come."""
    api, clock = FlakyApi(), Clock()
    api.created = {"number": None, "status": "activating"}
    provider(api, clock).create(program_inputs(sip_uri="sip:a@b"))
    assert clock.slept == []


@pytest.mark.parametrize("number", ["+14155550123", None])
def test_a_blocked_number_is_an_error_with_advice(number: str | None) -> None:
    """What Vapi has blocked is not reported as made and fine."""
    api = FlakyApi()
    api.created = {"number": number, "status": "blocked"}
    text = failure(provider(api).create, program_inputs())
    assert "blocked" in text
    assert "adopt_id='made-2'" in text


@pytest.mark.parametrize("trouble", [httpx.Response(500, json={}), httpx.ReadTimeout("slow")])
def test_trouble_while_waiting_does_not_lose_what_was_made(
    trouble: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the 201 the id reaches the state, whatever the looks at the number end with."""
    api, clock = FlakyApi(), Clock()
    pending = wire_record(id_="new", number=None, status="activating")
    listed, made = httpx.Response(200, json=[]), httpx.Response(201, json=pending)
    api.instead = [listed, made, *[trouble] * 50]
    result = provider(api, clock, ready_timeout_seconds=3).create(program_inputs())
    assert result.id == "new"
    assert "the last read failed" in capsys.readouterr().err


def test_two_resources_of_one_name_are_not_both_made() -> None:
    """Children of different components may share a name; the second is refused, not bought."""
    api = FlakyApi()
    working = provider(api)
    working.create(program_inputs(name="a", **MINIMAL["vapi"]))
    assert "two resources are called 'support'" in failure(
        working.create, program_inputs(name="b", **MINIMAL["vapi"])
    )
    assert api.sent.count("POST /phone-number") == 1


def test_an_account_that_cannot_be_listed_is_asked_once_a_run() -> None:
    """A fleet is told at once, not after a wait for each number."""
    api = FlakyApi()
    api.instead = [httpx.ConnectError("refused")] * 5
    working = provider(api)
    for at in range(3):
        news = program_inputs(declaration=f"acme/shop/dev/VapiPhoneNumber/n{at}", **MINIMAL["vapi"])
        assert "cannot reach" in failure(working.create, news)
    assert len(api.requests) == 5


@pytest.mark.parametrize(
    ("number", "credential", "refused"),
    [("1001", "another", False), ("1001", UUID, True), ("+14155550123", "another", True)],
)
def test_an_extension_belongs_to_its_trunk(number: str, credential: str, refused: bool) -> None:
    """A number in E.164 exists once; an extension once on each trunk."""
    there = wire_record("byo-phone-number", number=number, credentialId=credential)
    fields = {"number": number, "number_e164_check_enabled": False, "credential_id": UUID}
    working, news = (
        provider(FlakyApi(there)),
        program_inputs("byo-phone-number", name="a", **fields),
    )
    if refused:
        assert "the account already has the number" in failure(working.create, news)
    else:
        working.create(news)


def test_a_secret_that_only_the_account_knows_is_never_overwritten_by_its_placeholder() -> None:
    """One that would have to be sent is refused at preview; one that stays is the account's."""
    api = FlakyApi({**THERE, "server": {"url": "https://a", "headers": {"X": "theirs", "Y": "y"}}})
    working = provider(api)
    server = {"url": "https://a", "headers": {"X": CHANGED_OUTSIDE, "Y": "y"}}
    recorded = {**RECORDED, "server": server}
    moved = {"url": "https://a", "headers": {"Z": CHANGED_OUTSIDE, "Y": "y"}}
    for call in (working.diff, working.update):
        said = failure(call, UUID, recorded, {**RECORDED, "server": moved})
        assert "whose value only the account knows" in said
    assert [sent for sent in api.sent if sent.startswith("PATCH")] == []
    news = {**RECORDED, "server": {"url": "https://b", "headers": {**server["headers"], "Y": "n"}}}
    assert working.diff(UUID, recorded, news).changes is True
    working.update(UUID, recorded, news)
    headers = {"X": "theirs", "Y": "n"}
    assert api.body() == {"provider": "vapi", "server": {"url": "https://b", "headers": headers}}
    assert working.diff(UUID, recorded, {**recorded, "squad_id": "t"}).changes is True


def test_an_imported_secret_that_nobody_has_seen_is_never_sent() -> None:
    """Where the account does not show it, neither preview nor update sends its placeholder."""
    api = FlakyApi({**THERE, "server": {"url": "https://a"}})
    working = provider(api)
    recorded = {**RECORDED, "server": {"url": "https://a", "headers": {"X": UNSEEN}}}
    news = {**RECORDED, "server": {"url": "https://b", "headers": {"X": UNSEEN}}}
    for call in (working.diff, working.update):
        assert "whose value only the account knows" in failure(call, UUID, recorded, news)
    assert [sent for sent in api.sent if sent.startswith("PATCH")] == []


def test_an_area_code_that_is_not_known_yet_is_a_change_with_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A preview does not promise that a number stays while its area code is unknown."""
    news = {**RECORDED, "number_desired_area_code": Unknown()}
    assert provider(FlakyApi(THERE)).diff(UUID, RECORDED, news).changes is True
    assert "may be replaced" in capsys.readouterr().err


# adopt


def test_adopt_reads_compares_and_patches_the_difference() -> None:
    """An existing number is taken over with one GET and one PATCH of what differs."""
    api = FlakyApi(THERE)
    result = provider(api).create(program_inputs(name="b", squad_id="s", adopt_id=UUID))
    assert api.sent == [f"GET /phone-number/{UUID}", f"PATCH /phone-number/{UUID}"]
    assert api.body() == {"provider": "vapi", "name": "b"}
    assert result.id == UUID
    assert "adopt_id" not in result.outs


def test_adopting_what_is_as_declared_only_reads() -> None:
    """Nothing to change: one GET, also where the declared area code is the number's."""
    api = FlakyApi(THERE)
    fields = {"name": "support", "squad_id": "s", "number_desired_area_code": "415"}
    assert provider(api).create(program_inputs(adopt_id=UUID, **fields)).id == UUID
    assert api.sent == [f"GET /phone-number/{UUID}"]


@pytest.mark.parametrize(
    ("record", "more", "words"),
    [
        (None, {}, "nothing was created"),
        (wire_record("vonage"), {}, "is VonagePhoneNumber, not VapiPhoneNumber"),
        (wire_record("plivo"), {}, "is of kind 'plivo', not VapiPhoneNumber"),
        (wire_record(), {"number_desired_area_code": "212"}, "number_desired_area_code"),
        (wire_record(number=None, sipUri="sip:a@b"), {"number_desired_area_code": "212"},
         "without a number"),
    ],
)  # fmt: skip
def test_adopt_never_buys(record: dict[str, Any] | None, more: dict[str, Any], words: str) -> None:
    """A missing, other or unfit record is an error; nothing is made or changed."""
    api = FlakyApi(*([record] if record else []))
    text = failure(provider(api).create, program_inputs(name="b", adopt_id=UUID, **more))
    assert words in text
    assert api.sent == [f"GET /phone-number/{UUID}"]


RENAMED = "acme/shop/dev/VapiPhoneNumber/hotline"


def adopted_as_hotline(working: Any) -> None:
    """What the engine calls for a new resource that adopts the number."""
    fields = {"name": "support", "squad_id": "s", "adopt_id": UUID}
    news = program_inputs(declaration=RENAMED, **fields)
    working.create(working.check({}, news).inputs)


def test_a_number_that_changed_hands_is_not_deleted() -> None:
    """A rename adopts under the new name; the delete for the old one is not sent."""
    api = FlakyApi(THERE)
    working = provider(api)
    adopted_as_hotline(working)
    working.delete(UUID, RECORDED)
    assert api.sent == [f"GET /phone-number/{UUID}"]
    assert UUID in api.records


def test_a_number_belongs_to_one_resource() -> None:
    """Two resources of one run cannot have the same number, whichever comes first."""
    news = program_inputs(declaration=RENAMED, name="support", adopt_id=UUID)
    working = provider(FlakyApi(THERE))
    working.check(RECORDED, RECORDED)
    working.diff(UUID, RECORDED, RECORDED)
    assert "declared twice: as 'support' and as 'hotline'" in failure(working.check, {}, news)
    working = provider(FlakyApi(THERE))
    working.check({}, news)
    working.check(RECORDED, RECORDED)
    assert "declared twice" in failure(working.diff, UUID, RECORDED, RECORDED)


def test_a_refresh_does_not_stand_in_a_renames_way() -> None:
    """In one process: refresh (diff with the recorded inputs), then a rename by an alias."""
    working = provider(FlakyApi(THERE))
    working.diff(UUID, RECORDED, RECORDED)
    news = working.check(RECORDED, RECORDED | {"declaration": RENAMED}).inputs
    assert working.diff(UUID, RECORDED, news).replaces == []


def test_a_refresh_does_not_stand_in_an_adoptions_way() -> None:
    """In one process: refresh, then a rename by `adopt_id`; the old name's delete is not sent."""
    api = FlakyApi(THERE)
    working = provider(api)
    working.diff(UUID, RECORDED, RECORDED)
    adopted_as_hotline(working)
    working.delete(UUID, RECORDED)
    assert UUID in api.records


def test_a_renamed_number_is_released_after_a_refresh() -> None:
    """In one process: refresh of a renamed number (outputs old, inputs new), then its delete."""
    api = FlakyApi(THERE)
    working = provider(api)
    working.diff(UUID, RECORDED, program_inputs(declaration=RENAMED, name="support", squad_id="s"))
    working.delete(UUID, RECORDED)
    assert api.records == {}


def test_a_forced_replacement_releases_what_it_replaces() -> None:
    """Without a diff (`--target-replace`): the new number is made, the old one is released."""
    api = FlakyApi(THERE)
    working = provider(api)
    news = working.check({}, program_inputs(name="support", number_desired_area_code="415")).inputs
    made = working.create(news).id
    working.delete(UUID, RECORDED)
    assert list(api.records) == [made]
