"""What a purchase writes to the journal, and what happens where the journal fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.builders import (
    DECLARATION,
    MINIMAL,
    RECORDED,
    FlakyApi,
    failure,
    program_inputs,
    wire_record,
)
from tests.support.builders import provider as new_provider
from tests.support.purchases import POST, LossyApi, journal_of


@pytest.mark.parametrize("refusal", [400, 401, 403, 429])
def test_a_refused_purchase_leaves_no_intent(journal: Path, refusal: int) -> None:
    """What the API said no to was not made, so nothing is looked for later."""
    api = FlakyApi()
    api.instead = [httpx.Response(200, json=[]), *[httpx.Response(refusal, json={})] * 99]
    failure(new_provider(api, journal=journal).create, program_inputs(name="Main"))
    stranger = wire_record(id_="other", name="Main")
    other = FlakyApi(stranger)
    assert new_provider(other, journal=journal).create(program_inputs(name="Main")).id != "other"


def test_an_unanswered_intent_is_not_closed_by_its_resource(journal: Path) -> None:
    """That a state holds some record for the resource does not say what the POST created."""
    news = program_inputs(name="Main", **MINIMAL["vapi"])
    api = LossyApi("lost", error=httpx.ReadTimeout("slow"))
    failure(new_provider(api, journal=journal).create, news)
    recorded = {**RECORDED, **news, "created_at": "2030-01-01T00:00:00.000Z"}
    new_provider(api, journal=journal).diff("late", recorded, news)
    assert journal_of(journal).find(DECLARATION) is not None


def test_an_older_record_does_not_close_an_intent(journal: Path) -> None:
    """The record that a lost replacement was to take the place of leaves its intent open."""
    api = LossyApi("lost", error=httpx.ReadTimeout("slow"))
    api.records["old"] = wire_record(id_="old", name="Else")
    news = program_inputs(name="Main", **MINIMAL["vapi"])
    failure(new_provider(api, journal=journal).create, news)
    created_at = api.records["old"]["createdAt"]
    recorded = {**RECORDED, **news, "created_at": created_at}
    new_provider(api, journal=journal).diff("old", recorded, news)
    assert journal_of(journal).find(DECLARATION) is not None


def test_what_was_made_is_kept_though_the_journal_fails(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A journal that breaks after the POST loses nothing: the id reaches the state, with a line."""

    class Breaking(FlakyApi):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            made = super().__call__(request)
            if request.method == "POST":
                with closing(sqlite3.connect(journal)) as broken, broken:
                    broken.execute("DROP TABLE intents")
            return made

    api = Breaking()
    made = new_provider(api, journal=journal).create(program_inputs(name="Main", **MINIMAL["vapi"]))
    assert list(api.records) == [made.id]
    assert f"{made.id} was created, but the journal" in capsys.readouterr().err


def test_a_journal_that_cannot_be_written_stops_the_purchase(tmp_path: Path) -> None:
    """Without its journal nothing is bought, and one line says what to set."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    api = FlakyApi()
    text = failure(new_provider(api, journal=tmp_path / "file" / "j").create, program_inputs())
    assert "VAPI_JOURNAL" in text
    assert POST not in api.sent


def test_the_journal_holds_no_secret(journal: Path) -> None:
    """Passwords, headers and tokens are in no file of the journal."""
    secret = "secret-for-tests-only-1"
    fields = {
        "sip_uri": "sip:a@b",
        "authentication": {"username": "user-for-tests-only-1", "password": secret},
        "server": {"url": "https://a", "headers": {"X": secret}},
    }
    new_provider(FlakyApi(), journal=journal).create(program_inputs(**fields))
    for file in journal.parent.iterdir():
        assert secret.encode() not in file.read_bytes()
    assert journal.stat().st_mode & 0o077 == 0
