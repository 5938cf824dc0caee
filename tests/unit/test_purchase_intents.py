"""What finishes an intent to buy, and what stops a purchase while one is open."""

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
    MINIMAL,
    ORG,
    RECORDED,
    Clock,
    FlakyApi,
    failure,
    program_inputs,
    wire_record,
)
from tests.support.builders import provider as new_provider
from tests.support.purchases import POST, journal_of
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.backend import Backend, identity_of

MAIN = program_inputs(name="Main", **MINIMAL["vapi"])
OWN = program_inputs(name=AUTOMATIC_NAME, **MINIMAL["vapi"])
OTHER = DECLARATION.replace("support", "other")


def lost(api: FlakyApi, journal: Path, news: dict[str, Any] = MAIN) -> None:
    """A run whose POST is never answered, and ended before it looked for the record."""
    posted = api._answer

    def unanswered(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            api.requests.append(request)
            raise httpx.ReadTimeout("slow")
        return posted(request)

    api._answer = unanswered
    failure(new_provider(api, journal=journal).create, news)
    api._answer = posted


@pytest.mark.parametrize(
    ("news", "created"), [(MAIN, "2026-03-26T15:43:26.145Z"), (OWN, "2026-03-26T15:44:20.145Z")]
)
def test_an_equal_record_of_another_journal_is_not_taken_over(
    journal: Path, news: dict[str, Any], created: str
) -> None:
    """A name of its own does not tell whose a record is that came after our POST.

    Nor does an automatic name, once the POST cannot complete any more: another backend's stack may
    have the same project and name.
    """
    api = FlakyApi()
    lost(api, journal, news)
    api.records["theirs"] = {
        **wire_record(id_="theirs", name=news["name"]), "createdAt": created
    }  # fmt: skip
    text = failure(new_provider(api, journal=journal).create, news)
    assert "theirs" in text
    assert "adopt_id" in text
    assert api.sent.count(POST) == 1
    adopting = {**news, "adopt_id": "theirs"}
    assert new_provider(api, journal=journal).create(adopting).id == "theirs"
    assert journal_of(journal).find(DECLARATION) is None


def test_an_edited_record_is_not_bought_again(journal: Path) -> None:
    """A record of the same name that somebody edited since is named, and nothing is bought."""
    api = FlakyApi()
    lost(api, journal)
    api.records["edited"] = wire_record(id_="edited", name="Main", squadId="changed")
    text = failure(new_provider(api, journal=journal).create, MAIN)
    assert "edited" in text
    assert api.sent.count(POST) == 1


def test_a_get_proves_nothing(journal: Path) -> None:
    """The id of a `get` came from the program: the purchase it names is taken over all the same."""
    api = FlakyApi()
    made = new_provider(api, journal=journal).create(MAIN)
    rerun = new_provider(api, journal=journal)
    rerun.read(made.id, {"provider": "vapi"})
    rerun.read(made.id, {**RECORDED, "declaration": None})
    assert new_provider(api, journal=journal).create(MAIN).id == made.id


def test_a_call_of_the_same_run_finishes_no_intent(journal: Path) -> None:
    """Without checkpoints the engine knows an id that no state holds: the next run needs it."""
    api = FlakyApi()
    run = new_provider(api, journal=journal)
    made = run.create(MAIN)
    assert not run.diff(made.id, made.outs, MAIN).changes
    run.read(made.id, made.outs)
    assert new_provider(api, journal=journal).create(MAIN).id == made.id
    later = new_provider(api, journal=journal)
    later.diff(made.id, made.outs, MAIN)
    assert made.id in failure(later.create, MAIN)
    assert api.sent.count(POST) == 1


def test_the_id_that_was_replaced_closes_nothing(journal: Path) -> None:
    """A delete-first replacement that lost its answer is found, though `diff` names the old id."""
    api = FlakyApi(wire_record(name="Main", sipUri="sip:a@b", number=None))
    old = {**RECORDED, **program_inputs(name="Main", sip_uri="sip:a@b")}
    new = program_inputs(name="Main", sip_uri="sip:a@b", number_desired_area_code="212")
    run = new_provider(api, journal=journal)
    run.check(program_inputs(name="Main", sip_uri="sip:a@b"), new)
    id_ = next(iter(api.records))
    run.diff(id_, old, new)
    run.delete(id_, old)
    lost(api, journal, news=new)
    api.records["new"] = wire_record(
        id_="new", name="Main", sipUri="sip:a@b", number="+12125550123"
    )
    rerun = new_provider(api, journal=journal)
    rerun.diff(id_, old, new)
    assert rerun.create(new).id == "new"
    assert list(api.records) == ["new"]


@pytest.mark.parametrize("is_answered", [True, False])
def test_another_id_is_not_adopted_over_an_unfinished_purchase(
    journal: Path, is_answered: bool
) -> None:
    """Adopting Z where X may have been bought would forget X: X is named, Z stays as it is."""
    api = FlakyApi(wire_record(id_="z", name="Z"))
    if is_answered:
        made = new_provider(api, journal=journal).create(MAIN)
    else:
        lost(api, journal)
        api.records["x"] = wire_record(id_="x", name="Main")
    text = failure(new_provider(api, journal=journal).create, {**MAIN, "adopt_id": "z"})
    assert (made.id if is_answered else "x") in text
    assert api.records["z"]["name"] == "Z"


def test_what_another_resource_adopts_is_its_own(journal: Path) -> None:
    """A lost purchase that another resource adopts is finished: its own key buys another number."""
    api = FlakyApi()
    made = new_provider(api, journal=journal).create(MAIN)
    adopting = program_inputs(declaration=OTHER, name="Main", adopt_id=made.id, **MINIMAL["vapi"])
    new_provider(api, journal=journal).create(adopting)
    again = new_provider(api, journal=journal).create(MAIN)
    assert again.id != made.id


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_renamed_resource_does_not_buy_again(journal: Path, is_answered: bool) -> None:
    """An interrupted purchase that is not declared any more is not bought under another name."""
    api = FlakyApi()
    if is_answered:
        made = new_provider(api, journal=journal).create(OWN)
    else:
        lost(api, journal, news=OWN)
    renamed = program_inputs(declaration=OTHER, name="shop/dev/other", **MINIMAL["vapi"])
    text = failure(new_provider(api, journal=journal).create, renamed)
    assert "'support'" in text
    assert api.sent.count(POST) == 1
    if is_answered:
        assert (
            new_provider(api, journal=journal).create({**renamed, "adopt_id": made.id}).id
            == made.id
        )


def test_an_unfinished_purchase_is_named_before_anything_is_bought(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the program does not declare any more is not forgotten in silence."""
    api = FlakyApi()
    made = new_provider(api, journal=journal).create(OWN)
    new_provider(api, journal=journal).create(
        program_inputs(declaration=OTHER, name="Other", number_desired_area_code="212")
    )
    assert f"created {made.id} for 'support'" in capsys.readouterr().err


def test_a_resource_that_is_declared_later_is_waited_for(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine checks in a moment what comes later in the program: that is not forgotten."""
    api = FlakyApi()
    new_provider(api, journal=journal).create(OWN)

    class Checking(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            rerun.check({}, OWN)

    rerun = new_provider(api, Checking(), journal=journal)
    rerun.create(program_inputs(declaration=OTHER, name="shop/dev/other", **MINIMAL["vapi"]))
    assert capsys.readouterr().err == ""


def test_a_restored_state_buys_nothing_again(journal: Path) -> None:
    """A create whose record a state held is refused, until the record is gone."""
    api = FlakyApi(wire_record(id_="another", name="Another"))
    made = new_provider(api, journal=journal).create(MAIN)
    journal_of(journal).finish_intents([made.id])
    text = failure(new_provider(api, journal=journal).create, MAIN)
    assert f"adopt_id='{made.id}'" in text
    del api.records[made.id]
    assert new_provider(api, journal=journal).create(MAIN).id != made.id


@pytest.mark.parametrize("confirmed", [None, ORG])
def test_a_key_of_another_organization_buys_nothing(journal: Path, confirmed: str | None) -> None:
    """A key of another organization buys nothing, also where the recorded one is called empty."""
    api = FlakyApi(wire_record(id_="first", name="First"))
    lost(api, journal)
    theirs = FlakyApi(wire_record(id_="theirs", orgId="9f2b0f6e-0000-4000-8000-000000000000"))
    text = failure(
        new_provider(theirs, journal=journal, confirmed_empty_account=confirmed).create, MAIN
    )
    assert ORG in text
    assert POST not in theirs.sent
    run = new_provider(theirs, journal=journal, confirmed_empty_account=confirmed)
    run.diff("first", {**RECORDED, "declaration": OTHER}, program_inputs(declaration=OTHER))
    new = program_inputs(
        declaration=DECLARATION.replace("support", "new"), name="New", **MINIMAL["vapi"]
    )
    assert "the key belongs to organization" in failure(run.create, new)
    assert POST not in theirs.sent


def test_an_account_that_shows_nothing_is_asked_about(journal: Path) -> None:
    """Where nothing shows whose key it is, a person says so once."""
    api = FlakyApi()
    run = new_provider(api, journal=journal)
    run.diff("first", {**RECORDED, "declaration": OTHER}, program_inputs(declaration=OTHER))
    assert f"VAPI_CONFIRM_EMPTY_ACCOUNT={ORG}" in failure(run.create, MAIN)
    confirmed = new_provider(api, journal=journal, confirmed_empty_account=ORG)
    confirmed.diff("first", {**RECORDED, "declaration": OTHER}, program_inputs(declaration=OTHER))
    assert confirmed.create(MAIN).id in api.records


FIRST_TABLE = """
CREATE TABLE open_intents (
    account TEXT NOT NULL, backend TEXT NOT NULL, declaration TEXT NOT NULL, body TEXT NOT NULL,
    since TEXT NOT NULL, known TEXT NOT NULL, owner TEXT NOT NULL, late_until REAL NOT NULL,
    record TEXT, PRIMARY KEY (account, declaration, backend))"""
URL = "postgres://pulumi:visibly-fake-password@db/state"


def test_a_journal_of_the_first_version_is_understood_and_scrubbed(journal: Path) -> None:
    """Its intents are found by the backend's identity, and the password is gone from the file."""
    with closing(sqlite3.connect(journal)) as first:
        first.execute("PRAGMA journal_mode = WAL")
        first.execute(FIRST_TABLE)
        row = ("https://api.vapi.ai", URL, DECLARATION, '{"digests": {}}', "", "[]", "o", 0.0)
        first.execute("INSERT INTO open_intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'x')", row)
        first.commit()
    backend = Backend(identity_of(URL.replace("password", "rotated"), {}, Path()), is_named=True)
    intent = Journal(journal, "https://api.vapi.ai", backend).find(DECLARATION)
    assert intent is not None
    assert intent.record == "x"
    for part in journal.parent.iterdir():
        assert b"visibly-fake-password" not in part.read_bytes()


def test_a_journal_of_a_later_version_is_refused(journal: Path) -> None:
    """What a later version wrote is not guessed at: nothing is bought, and one line says why."""
    with closing(sqlite3.connect(journal)) as later:
        later.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigurationError, match="a later version"):
        journal_of(journal).write_intent(
            DECLARATION, {"digests": {}}, AccountWatermark("", frozenset()), 0
        )
    api = FlakyApi()
    assert "a later version" in failure(new_provider(api, journal=journal).create, MAIN)
    assert POST not in api.sent
