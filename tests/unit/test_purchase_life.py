"""The life of a purchase: what proves that a state holds it, and what may be concluded when."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    AUTOMATIC_NAME,
    DECLARATION,
    LEAST,
    ORG,
    RECORDED,
    Api,
    Clock,
    answer,
    bag,
    failure,
)
from tests.support.builders import provider as new_provider
from tests.support.builders import settings as new_settings
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.backend import Backend, identity_of

POST = "POST /phone-number"
MAIN = bag(name="Main", **LEAST["vapi"])
OWN = bag(name=AUTOMATIC_NAME, **LEAST["vapi"])
OTHER = DECLARATION.replace("support", "other")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One journal for all runs of a test."""
    return tmp_path / "journal.sqlite"


def journal_of(file: Path, **more: Any) -> Journal:
    """The journal as another process has it."""
    settings = new_settings(journal=file, **more)
    return Journal(file, settings.account, settings.backend)


class Lagging(Api):
    """An account whose POSTs are carried out without an answer, and listed some seconds later."""

    def __init__(self, clock: Clock, lag: float, error: Any, *, lost: int = 1) -> None:
        super().__init__()
        self.clock, self.lag, self.error, self.lost = clock, lag, error, lost
        self.posted: list[float] = []
        self.hidden: dict[str, float] = {}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return super()._answer(request)
        before = set(self.records)
        made = super()._answer(request)
        self.posted.append(self.clock.now)
        self.hidden.update(dict.fromkeys(set(self.records) - before, self.clock.now + self.lag))
        if len(self.posted) > self.lost:
            return made
        if isinstance(self.error, Exception):
            raise self.error
        return self.error

    def _listed(self, request: httpx.Request) -> httpx.Response:
        everything = self.records
        self.records = {
            id_: item
            for id_, item in everything.items()
            if self.hidden.get(id_, 0) <= self.clock.now
        }
        try:
            return super()._listed(request)
        finally:
            self.records = everything


LOST = [httpx.ReadError("reset"), httpx.Response(500, json={}), httpx.Response(502, text="<html>")]


@pytest.mark.parametrize("news", [MAIN, OWN], ids=["explicit", "automatic"])
@pytest.mark.parametrize("error", LOST, ids=str)
@pytest.mark.parametrize("lag", [0, 3, 8, 20, 29])
def test_a_list_that_lags_behind_a_post_buys_nothing_twice(
    file: Path, lag: float, error: Any, news: dict[str, Any]
) -> None:
    """A POST without an answer is not repeated while the account may not show its record yet."""
    clock = Clock()
    api = Lagging(clock, lag, error)
    made = new_provider(api, clock, journal=file).create(news)
    assert list(api.records) == [made.id]


def test_a_lost_post_is_repeated_once_its_time_has_passed(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run waits for `requestTimeoutSeconds`, says why, and only then sends again."""
    clock = Clock()
    api = Lagging(clock, 10**6, LOST[0])
    new_provider(api, clock, journal=file).create(MAIN)
    assert len(api.posted) == 2
    assert api.posted[1] - api.posted[0] >= new_settings().request_timeout_seconds
    assert "looking for up to 30 s" in capsys.readouterr().err


def test_a_record_that_shows_later_still_is_named(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a repeated POST's first try created is named by each run, until it is gone."""
    clock = Clock()
    api = Lagging(clock, 45, LOST[0])
    made = new_provider(api, clock, journal=file).create(MAIN)
    (late,) = set(api.records) - {made.id}
    clock.now += 60
    journal_of(file).finish_intents([made.id])
    for _ in range(2):
        capsys.readouterr()
        new_provider(api, clock, journal=file).diff(made.id, made.outs, MAIN)
        assert f"{late} " in capsys.readouterr().err
    del api.records[late]
    api.date = "Thu, 26 Mar 2026 16:43:17 GMT"
    new_provider(api, clock, journal=file).diff(made.id, made.outs, MAIN)
    before = len(api.requests)
    new_provider(api, clock, journal=file).diff(made.id, made.outs, MAIN)
    assert len(api.requests) == before


def test_a_run_that_sees_no_late_record_leaves_it_to_the_next(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A record that the list shows an hour after its POST is named, whatever ran meanwhile."""
    clock = Clock()
    api = Lagging(clock, 3000, LOST[0])
    made = new_provider(api, clock, journal=file).create(MAIN)
    (late,) = set(api.records) - {made.id}
    journal_of(file).finish_intents([made.id])
    new_provider(api, clock, journal=file).diff(made.id, made.outs, MAIN)
    assert late not in capsys.readouterr().err
    clock.now += 3000
    new_provider(api, clock, journal=file).diff(made.id, made.outs, MAIN)
    assert f"{late} " in capsys.readouterr().err


def lost(api: Api, file: Path, news: dict[str, Any] = MAIN) -> None:
    """A run whose POST is never answered, and ended before it looked for the record."""
    posted = api._answer

    def unanswered(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            api.requests.append(request)
            raise httpx.ReadTimeout("slow")
        return posted(request)

    api._answer = unanswered
    failure(new_provider(api, journal=file).create, news)
    api._answer = posted


@pytest.mark.parametrize(
    ("news", "created"), [(MAIN, "2026-03-26T15:43:26.145Z"), (OWN, "2026-03-26T15:44:20.145Z")]
)
def test_an_equal_record_of_another_journal_is_not_taken_over(
    file: Path, news: dict[str, Any], created: str
) -> None:
    """A name of its own does not tell whose a record is that came after our POST.

    Nor does an automatic name, once the POST cannot complete any more: another backend's stack may
    have the same project and name.
    """
    api = Api()
    lost(api, file, news)
    api.records["theirs"] = {
        **answer(id_="theirs", name=news["name"]), "createdAt": created
    }  # fmt: skip
    text = failure(new_provider(api, journal=file).create, news)
    assert "theirs" in text
    assert "adopt_id" in text
    assert api.sent.count(POST) == 1
    adopting = {**news, "adopt_id": "theirs"}
    assert new_provider(api, journal=file).create(adopting).id == "theirs"
    assert journal_of(file).find(DECLARATION) is None


def test_an_edited_record_is_not_bought_again(file: Path) -> None:
    """A record of the same name that somebody edited since is named, and nothing is bought."""
    api = Api()
    lost(api, file)
    api.records["edited"] = answer(id_="edited", name="Main", squadId="changed")
    text = failure(new_provider(api, journal=file).create, MAIN)
    assert "edited" in text
    assert api.sent.count(POST) == 1


def test_a_get_proves_nothing(file: Path) -> None:
    """The id of a `get` came from the program: the purchase it names is taken over all the same."""
    api = Api()
    made = new_provider(api, journal=file).create(MAIN)
    rerun = new_provider(api, journal=file)
    rerun.read(made.id, {"provider": "vapi"})
    rerun.read(made.id, {**RECORDED, "declaration": None})
    assert new_provider(api, journal=file).create(MAIN).id == made.id


def test_a_call_of_the_same_run_finishes_no_intent(file: Path) -> None:
    """Without checkpoints the engine knows an id that no state holds: the next run needs it."""
    api = Api()
    run = new_provider(api, journal=file)
    made = run.create(MAIN)
    assert not run.diff(made.id, made.outs, MAIN).changes
    run.read(made.id, made.outs)
    assert new_provider(api, journal=file).create(MAIN).id == made.id
    later = new_provider(api, journal=file)
    later.diff(made.id, made.outs, MAIN)
    assert made.id in failure(later.create, MAIN)
    assert api.sent.count(POST) == 1


def test_the_id_that_was_replaced_closes_nothing(file: Path) -> None:
    """A delete-first replacement that lost its answer is found, though `diff` names the old id."""
    api = Api(answer(name="Main", sipUri="sip:a@b", number=None))
    old = {**RECORDED, **bag(name="Main", sip_uri="sip:a@b")}
    new = bag(name="Main", sip_uri="sip:a@b", number_desired_area_code="212")
    run = new_provider(api, journal=file)
    run.check(bag(name="Main", sip_uri="sip:a@b"), new)
    id_ = next(iter(api.records))
    run.diff(id_, old, new)
    run.delete(id_, old)
    lost(api, file, news=new)
    api.records["new"] = answer(id_="new", name="Main", sipUri="sip:a@b", number="+12125550123")
    rerun = new_provider(api, journal=file)
    rerun.diff(id_, old, new)
    assert rerun.create(new).id == "new"
    assert list(api.records) == ["new"]


@pytest.mark.parametrize("is_answered", [True, False])
def test_another_id_is_not_adopted_over_an_unfinished_purchase(
    file: Path, is_answered: bool
) -> None:
    """Adopting Z where X may have been bought would forget X: X is named, Z stays as it is."""
    api = Api(answer(id_="z", name="Z"))
    if is_answered:
        made = new_provider(api, journal=file).create(MAIN)
    else:
        lost(api, file)
        api.records["x"] = answer(id_="x", name="Main")
    text = failure(new_provider(api, journal=file).create, {**MAIN, "adopt_id": "z"})
    assert (made.id if is_answered else "x") in text
    assert api.records["z"]["name"] == "Z"


def test_what_another_resource_adopts_is_its_own(file: Path) -> None:
    """A lost purchase that another resource adopts is finished: its own key buys another number."""
    api = Api()
    made = new_provider(api, journal=file).create(MAIN)
    adopting = bag(declaration=OTHER, name="Main", adopt_id=made.id, **LEAST["vapi"])
    new_provider(api, journal=file).create(adopting)
    again = new_provider(api, journal=file).create(MAIN)
    assert again.id != made.id


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_renamed_resource_does_not_buy_again(file: Path, is_answered: bool) -> None:
    """An interrupted purchase that is not declared any more is not bought under another name."""
    api = Api()
    if is_answered:
        made = new_provider(api, journal=file).create(OWN)
    else:
        lost(api, file, news=OWN)
    renamed = bag(declaration=OTHER, name="shop/dev/other", **LEAST["vapi"])
    text = failure(new_provider(api, journal=file).create, renamed)
    assert "'support'" in text
    assert api.sent.count(POST) == 1
    if is_answered:
        assert (
            new_provider(api, journal=file).create({**renamed, "adopt_id": made.id}).id == made.id
        )


def test_an_unfinished_purchase_is_named_before_anything_is_bought(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the program does not declare any more is not forgotten in silence."""
    api = Api()
    made = new_provider(api, journal=file).create(OWN)
    new_provider(api, journal=file).create(
        bag(declaration=OTHER, name="Other", number_desired_area_code="212")
    )
    assert f"made {made.id} for 'support'" in capsys.readouterr().err


def test_a_resource_that_is_declared_later_is_waited_for(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine checks in a moment what comes later in the program: that is not forgotten."""
    api = Api()
    new_provider(api, journal=file).create(OWN)

    class Checking(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            rerun.check({}, OWN)

    rerun = new_provider(api, Checking(), journal=file)
    rerun.create(bag(declaration=OTHER, name="shop/dev/other", **LEAST["vapi"]))
    assert capsys.readouterr().err == ""


def test_a_restored_state_buys_nothing_again(file: Path) -> None:
    """A create whose record a state held is refused, until the record is gone."""
    api = Api(answer(id_="another", name="Another"))
    made = new_provider(api, journal=file).create(MAIN)
    journal_of(file).finish_intents([made.id])
    text = failure(new_provider(api, journal=file).create, MAIN)
    assert f"adopt_id='{made.id}'" in text
    del api.records[made.id]
    assert new_provider(api, journal=file).create(MAIN).id != made.id


def test_a_key_of_another_organization_buys_nothing(file: Path) -> None:
    """Neither an interrupted purchase nor a recorded number is of the key's organization."""
    api = Api(answer(id_="first", name="First"))
    lost(api, file)
    theirs = Api(answer(id_="theirs", orgId="9f2b0f6e-0000-4000-8000-000000000000"))
    text = failure(new_provider(theirs, journal=file).create, MAIN)
    assert ORG in text
    assert POST not in theirs.sent
    run = new_provider(theirs, journal=file)
    run.diff("first", {**RECORDED, "declaration": OTHER}, bag(declaration=OTHER))
    new = bag(declaration=DECLARATION.replace("support", "new"), name="New", **LEAST["vapi"])
    assert "the key belongs to organization" in failure(run.create, new)
    assert POST not in theirs.sent


def test_an_account_that_shows_nothing_is_asked_about(file: Path) -> None:
    """Where nothing shows whose key it is, a person says so once."""
    api = Api()
    run = new_provider(api, journal=file)
    run.diff("first", {**RECORDED, "declaration": OTHER}, bag(declaration=OTHER))
    assert f"VAPI_CONFIRM_EMPTY_ACCOUNT={ORG}" in failure(run.create, MAIN)
    confirmed = new_provider(api, journal=file, confirmed_empty_account=ORG)
    confirmed.diff("first", {**RECORDED, "declaration": OTHER}, bag(declaration=OTHER))
    assert confirmed.create(MAIN).id in api.records


FIRST_TABLE = """
CREATE TABLE open_intents (
    account TEXT NOT NULL, backend TEXT NOT NULL, declaration TEXT NOT NULL, body TEXT NOT NULL,
    since TEXT NOT NULL, known TEXT NOT NULL, owner TEXT NOT NULL, late_until REAL NOT NULL,
    record TEXT, PRIMARY KEY (account, declaration, backend))"""
URL = "postgres://pulumi:visibly-fake-password@db/state"


def test_a_journal_of_the_first_version_is_understood_and_scrubbed(file: Path) -> None:
    """Its intents are found by the backend's identity, and the password is gone from the file."""
    with closing(sqlite3.connect(file)) as first:
        first.execute("PRAGMA journal_mode = WAL")
        first.execute(FIRST_TABLE)
        row = ("https://api.vapi.ai", URL, DECLARATION, '{"digests": {}}', "", "[]", "o", 0.0)
        first.execute("INSERT INTO open_intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'x')", row)
        first.commit()
    backend = Backend(identity_of(URL.replace("password", "rotated"), {}, Path()), is_named=True)
    intent = Journal(file, "https://api.vapi.ai", backend).find(DECLARATION)
    assert intent is not None
    assert intent.record == "x"
    for part in file.parent.iterdir():
        assert b"visibly-fake-password" not in part.read_bytes()


def test_a_journal_of_a_later_version_is_refused(file: Path) -> None:
    """What a later version wrote is not guessed at: nothing is bought, and one line says why."""
    with closing(sqlite3.connect(file)) as later:
        later.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigurationError, match="a later version"):
        journal_of(file).write_intent(
            DECLARATION, {"digests": {}}, AccountWatermark("", frozenset()), 0
        )
    api = Api()
    assert "a later version" in failure(new_provider(api, journal=file).create, MAIN)
    assert POST not in api.sent
