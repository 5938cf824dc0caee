"""Two resources of one run that declare one carrier number or SIP URI: one of them is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
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
from vapi_provider.lifecycle.clashes import unique_clash
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import Failure
from vapi_provider.reconcile.fingerprint import unique_texts

POST = "POST /phone-number"
NUMBER = MINIMAL["twilio"]["number"]
FIELDS = [
    ("twilio", {"name": "{}", **MINIMAL["twilio"]}),
    ("vapi", {"name": "{}", "sip_uri": "sip:desk@sip.vapi.ai"}),
]


class Masking(FlakyApi):
    """An account whose list shows numbers in part."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answered = super().__call__(request)
        if request.method == "GET" and request.url.path == "/phone-number":
            page = answered.json()
            return httpx.Response(200, json=[{**one, "number": "+141****2671"} for one in page])
        return answered


def inputs(kind: str, fields: dict[str, Any], name: str) -> dict[str, Any]:
    """What the resource `name` declares."""
    named = {**fields, "name": fields["name"].format(name)}
    return program_inputs(kind, f"acme/shop/dev/Any/{name}", **named)


@pytest.mark.parametrize(("kind", "fields"), FIELDS)
@pytest.mark.parametrize("account", [FlakyApi, Masking])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_number_that_is_declared_twice_is_bought_once(
    tmp_path: Path, kind: str, fields: dict[str, Any], account: type[FlakyApi], processes: int
) -> None:
    """Side by side, in one plugin process or two: one POST, and the others name the record."""
    api = account()
    journal = tmp_path / "journal.sqlite"
    runs = [provider(api, journal=journal) for _ in range(processes)]

    def create(at: int) -> str:
        try:
            return runs[at % processes].create(inputs(kind, fields, f"n{at}")).id
        except Failure as refused:
            return str(refused)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(create, range(4)))
    assert api.sent.count(POST) == 1
    (id_,) = api.records
    assert found.count(id_) == 1
    assert all(id_ in one for one in found)


@pytest.mark.parametrize("account", [FlakyApi, Masking])
def test_a_number_of_another_kind_is_the_same_number(
    account: type[FlakyApi], tmp_path: Path
) -> None:
    """A number that Twilio has is not brought in from Vonage beside it."""
    api = account()
    run = provider(api, journal=tmp_path / "journal.sqlite")
    made = run.create(inputs("twilio", FIELDS[0][1], "one"))
    other = {"name": "{}", **MINIMAL["vonage"]}
    assert made.id in failure(run.create, inputs("vonage", other, "two"))
    assert api.sent.count(POST) == 1


def test_a_masked_list_hides_no_clash() -> None:
    """A record that is shown in part is read singly before numbers are compared."""
    api = Masking(wire_record("twilio", id_="there", name="Theirs"))
    assert "there" in failure(provider(api).create, inputs("twilio", FIELDS[0][1], "one"))
    assert POST not in api.sent


def test_a_masked_list_hides_no_lost_purchase(tmp_path: Path) -> None:
    """What a POST without an answer created is found by its whole number."""

    class LossyApi(Masking):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answered = super().__call__(request)
            if request.method == "POST":
                raise httpx.ReadError("reset")
            return answered

    api = LossyApi()
    named = {"name": "shop/dev/{}", **MINIMAL["twilio"]}
    made = provider(api, journal=tmp_path / "journal").create(inputs("twilio", named, "one"))
    assert (made.id, made.outs["number"]) == (next(iter(api.records)), NUMBER)
    assert api.sent.count(POST) == 1


BYO = "byo-phone-number"
SPELLINGS = ("14155552671", "+1 415-555-2671", "1 (415) 555.2671")


class Spelling(FlakyApi):
    """An account that shows a number in a spelling of its own, and in its list in part or never."""

    def __init__(self, number: str, *records: dict[str, Any], listed: str | None) -> None:
        super().__init__(*({**one, "number": number} for one in records))
        self.created = {"number": number}
        self.listed = listed

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answered = super().__call__(request)
        if request.method == "GET" and request.url.path == "/phone-number":
            page = [] if self.listed is None else answered.json()
            return httpx.Response(200, json=[{**one, "number": self.listed} for one in page])
        return answered


def byo(stack: str, **fields: Any) -> dict[str, Any]:
    """What a stack declares on the trunk of all stacks."""
    key = f"acme/shop/{stack}/ByoPhoneNumber/line"
    return program_inputs(BYO, key, name=stack, credential_id=UUID, **fields)


@pytest.mark.parametrize("number", SPELLINGS)
def test_a_number_is_bought_once_however_the_account_spells_it(tmp_path: Path, number: str) -> None:
    """What another process has just created is found, although the list lags behind."""
    api = Spelling(number, listed=None)
    one, other = (provider(api, journal=tmp_path / "journal.sqlite") for _ in range(2))
    made = one.create(byo("dev", number="+14155552671"))
    assert made.id in failure(other.create, byo("prod", number="+14155552671"))
    assert api.sent.count(POST) == 1


def test_without_the_e164_check_each_spelling_is_a_number(tmp_path: Path) -> None:
    """Where the E.164 check is off two spellings are two numbers."""
    api = FlakyApi()
    one, other = (provider(api, journal=tmp_path / "journal.sqlite") for _ in range(2))
    off = {"number_e164_check_enabled": False}
    one.create(byo("dev", number="14155552671", **off))
    other.create(byo("prod", number="+14155552671", **off))
    assert api.sent.count(POST) == 2


@pytest.mark.parametrize("listed", ["1415***2671", "+1 (415) ***-2671", "+141****2671"])
@pytest.mark.parametrize("number", SPELLINGS)
def test_no_spelling_of_a_masked_number_hides_a_clash(number: str, listed: str) -> None:
    """A record that the list shows in part is read singly, however its digits are spelled."""
    api = Spelling(number, wire_record("vonage", id_="there", name="Theirs"), listed=listed)
    assert "there" in failure(provider(api).create, inputs("twilio", FIELDS[0][1], "one"))
    assert POST not in api.sent


def test_spellings_are_one_in_the_journal_and_in_the_clash_check() -> None:
    """Signs and a missing + make no other number, unless the E.164 check is off."""
    kind = KINDS[BYO]
    record = PhoneNumberRecord.read(wire_record(BYO, number="+14155552671"))
    for number in SPELLINGS:
        spelled: dict[str, Any] = {"number": number, "credential_id": "another trunk"}
        public = {"number": "+14155552671", "credential_id": UUID}
        assert set(unique_texts(kind, spelled)) & set(unique_texts(kind, public))
        assert unique_clash(record, kind, spelled)
        off = {**spelled, "number_e164_check_enabled": False}
        assert not set(unique_texts(kind, off)) & set(unique_texts(kind, public))
        assert not unique_clash(record, kind, off)
