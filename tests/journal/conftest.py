"""The journal on each of its stores: a file, PostgreSQL, an object store that speaks S3."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.stores import S3_KEYS, postgres_server, postgresql, s3_server
from vapi_provider.journal.factory import open_journal
from vapi_provider.journal.journal import Journal
from vapi_provider.settings.backend import Backend
from vapi_provider.settings.journal_location import JournalPlace, parse

BACKEND = Backend("backend", is_named=True)
ACCOUNT = "https://api.vapi.ai"

Open = Callable[..., Journal]
"""Opens the journal of a test as another process has it."""


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a bucket, and the file that says what goes wrong in its store."""
    folder = tmp_path_factory.mktemp("s3")
    with s3_server(folder / "s3.log", folder / "faults.json") as url:
        yield url, folder / "faults.json"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database."""
    programs = postgresql()
    if programs is None:
        pytest.skip("no PostgreSQL server: apt-get install postgresql (make test does it as root)")
    with postgres_server(programs) as url:
        yield url


@pytest.fixture
def faults(s3: tuple[str, Path]) -> Iterator[Callable[..., None]]:
    """Has the S3 store do something wrong until the test ends."""
    _, file = s3

    def set_faults(**found: Any) -> None:
        file.write_text(json.dumps(found), encoding="utf-8")

    yield set_faults
    file.unlink(missing_ok=True)


@pytest.fixture
def s3_url(s3: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix of its own in the bucket."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in S3_KEYS.items():
        monkeypatch.setenv(name, value)
    return s3[0].replace("?", f"/{uuid.uuid4().hex}?")


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """A schema of its own in the database."""
    import psycopg

    schema = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{postgres}&search_path={schema}"


@pytest.fixture(params=["file", "postgres", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> JournalPlace:
    """Where the journal of a test lies."""
    file = tmp_path / "a journal.sqlite"
    if request.param == "file":
        return JournalPlace(file)
    return JournalPlace(file, parse(request.getfixturevalue(f"{request.param}_url")))


@pytest.fixture
def open_one(place: JournalPlace) -> Iterator[Open]:
    """Opens the journal as another process has it."""
    all_opened: list[Journal] = []

    def opened(backend: Backend = BACKEND, operation: str = "") -> Journal:
        all_opened.append(open_journal(place, ACCOUNT, backend, operation))
        return all_opened[-1]

    yield opened
    for journal in all_opened:
        journal.close()
