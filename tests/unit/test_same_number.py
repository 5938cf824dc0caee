"""Two resources of one run that declare one carrier number or SIP URI: one of them is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import LEAST, Api, answer, bag, failure, provider
from vapi_provider.pulumi_sdk.plugin import Failure

POST = "POST /phone-number"
NUMBER = LEAST["twilio"]["number"]
FIELDS = [
    ("twilio", {"name": "{}", **LEAST["twilio"]}),
    ("vapi", {"name": "{}", "sip_uri": "sip:desk@sip.vapi.ai"}),
]


class Masking(Api):
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
    return bag(kind, f"acme/shop/dev/Any/{name}", **named)


@pytest.mark.parametrize(("kind", "fields"), FIELDS)
@pytest.mark.parametrize("account", [Api, Masking])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_number_that_is_declared_twice_is_bought_once(
    tmp_path: Path, kind: str, fields: dict[str, Any], account: type[Api], processes: int
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


@pytest.mark.parametrize("account", [Api, Masking])
def test_a_number_of_another_kind_is_the_same_number(account: type[Api], tmp_path: Path) -> None:
    """A number that Twilio has is not brought in from Vonage beside it."""
    api = account()
    run = provider(api, journal=tmp_path / "journal.sqlite")
    made = run.create(inputs("twilio", FIELDS[0][1], "one"))
    other = {"name": "{}", **LEAST["vonage"]}
    assert made.id in failure(run.create, inputs("vonage", other, "two"))
    assert api.sent.count(POST) == 1


def test_a_masked_list_hides_no_clash() -> None:
    """A record that is shown in part is read singly before numbers are compared."""
    api = Masking(answer("twilio", id_="there", name="Theirs"))
    assert "there" in failure(provider(api).create, inputs("twilio", FIELDS[0][1], "one"))
    assert POST not in api.sent


def test_a_masked_list_hides_no_lost_purchase(tmp_path: Path) -> None:
    """What a POST without an answer created is found by its whole number."""

    class Losing(Masking):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answered = super().__call__(request)
            if request.method == "POST":
                raise httpx.ReadError("reset")
            return answered

    api = Losing()
    named = {"name": "shop/dev/{}", **LEAST["twilio"]}
    made = provider(api, journal=tmp_path / "journal").create(inputs("twilio", named, "one"))
    assert (made.id, made.outs["number"]) == (next(iter(api.records)), NUMBER)
    assert api.sent.count(POST) == 1
