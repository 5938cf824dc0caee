"""Stores that refuse, are slow, lose a connection or check no condition: real servers, one line."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journal.conftest import ACCOUNT, BACKEND
from tests.journal.test_contract import BODY, KEY, SCOPE, begin
from tests.support.stores import postgres_server, postgresql
from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.factory import open_journal
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.journal_location import JournalPlace, parse


def journal_at(url: str, folder: Path) -> Journal:
    """The journal at a URL."""
    return open_journal(JournalPlace(folder / "a journal.sqlite", parse(url)), ACCOUNT, BACKEND)


def refusal(work: Callable[[], object]) -> str:
    """The one line that ends a purchase before its POST."""
    with pytest.raises(ConfigurationError) as refused:
        work()
    text = str(refused.value)
    assert "\n" not in text
    assert "nothing was bought" in text
    assert "VAPI_JOURNAL" in text
    assert "a-secret-for-tests-only" not in text
    return text


def test_a_store_that_takes_a_second_conditional_put_is_refused(
    s3_url: str, faults: Callable[..., None], tmp_path: Path
) -> None:
    """What the promises rest on is tried before anything is bought; the line names the way out."""
    faults(ignore_conditions=True)
    journal = journal_at(s3_url, tmp_path)
    assert "VAPI_JOURNAL=<path>" in refusal(lambda: begin(journal))
    journal.close()


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_store_that_refuses_buys_nothing(
    s3_url: str, faults: Callable[..., None], tmp_path: Path, status: int
) -> None:
    """Forbidden, or no such bucket: one line, and it works again once the store does."""
    journal = journal_at(s3_url, tmp_path)
    faults(refuse=status)
    assert "cannot be reached" in refusal(lambda: begin(journal))
    faults()
    begin(journal)
    assert journal.find(KEY) is not None
    journal.close()


def test_a_store_that_refuses_in_the_middle_buys_nothing_more(
    s3_url: str, faults: Callable[..., None], tmp_path: Path
) -> None:
    """Every thread is told, none takes another's failed write for its own success."""
    journal = journal_at(s3_url, tmp_path)
    begin(journal, f"{SCOPE}/first")
    faults(refuse=403, of="PUT")
    with ThreadPoolExecutor(8) as workers:
        list(
            workers.map(
                lambda number: refusal(lambda: begin(journal, f"{SCOPE}/{number}")), range(8)
            )
        )
    faults()
    later = journal_at(s3_url, tmp_path)
    assert [one.key for one in later.unfinished("shop", "dev")] == [f"{SCOPE}/first"]
    for one in (journal, later):
        one.close()


def test_a_put_whose_answer_is_lost_is_written_once(
    s3_url: str, faults: Callable[..., None], tmp_path: Path
) -> None:
    """The library sends it again, is told that the name is taken, and the entry is found ours."""
    journal = journal_at(s3_url, tmp_path)
    with journal.owner_lock():
        journal.write_intent(f"{SCOPE}/first", BODY, AccountWatermark("", frozenset()), 30)
        faults(lose=True, of="PUT")
        with ThreadPoolExecutor(1) as worker:
            written = worker.submit(
                journal.write_intent, KEY, BODY, AccountWatermark("", frozenset()), 30
            )
            time.sleep(0.5)
            faults()
            written.result(timeout=60)
    later = journal_at(s3_url, tmp_path)
    assert {one.key for one in later.unfinished("shop", "dev")} == {KEY, f"{SCOPE}/first"}
    for one in (journal, later):
        one.close()


def test_a_server_that_stops_in_the_middle_buys_nothing_more(tmp_path: Path) -> None:
    """PostgreSQL ends while a run buys: one line without the password."""
    programs = postgresql()
    if programs is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql (make test does it as root)")
    with postgres_server(programs) as url:
        journal = journal_at(url.replace("tests@", "tests:a-secret-for-tests-only@"), tmp_path)
        begin(journal)
    assert "cannot be reached" in refusal(lambda: begin(journal, f"{SCOPE}/other"))
    journal.close()


def test_a_connection_that_was_lost_is_made_anew(postgres_url: str, tmp_path: Path) -> None:
    """A pooler or an administrator may end one that lies idle: the run goes on."""
    import psycopg

    journal = journal_at(postgres_url, tmp_path)
    begin(journal)
    with psycopg.connect(postgres_url.partition("&search_path")[0], autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'vapi-phone-numbers'"
        )
    begin(journal, f"{SCOPE}/other")
    assert len(journal.unfinished("shop", "dev")) == 2
    journal.close()


def test_nobody_at_the_address_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong port, for either kind of store."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key-for-tests-only")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-for-tests-only")
    for url in (
        "postgres://u:a-secret-for-tests-only@127.0.0.1:1/db?sslmode=disable",
        "s3://bucket/prefix?endpoint=127.0.0.1:1&disableSSL=true&s3ForcePathStyle=true",
    ):
        journal = journal_at(url, tmp_path)
        assert "cannot be reached" in refusal(lambda journal=journal: begin(journal))
        journal.close()
