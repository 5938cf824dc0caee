"""The account's file: created, kept, shared, and refused if it is something else."""

import gc
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import vapi_provider.embedded as room
from vapi_provider.embedded import EmbeddedAccountError, create_app

ROOT = Path(room.__file__).parents[2]


def test_restart(create, open_account):
    """A second app on a file serves the same account and records."""
    record = create("sip", name="a")
    assert open_account().get("/phone-number").json() == [record]


def test_two_files_are_two_accounts(create, tmp_path, open_account, db):
    """Another file has another organization."""
    record = create()
    db.rename(tmp_path / "elsewhere.db")
    assert create(client=open_account())["orgId"] != record["orgId"]


@pytest.mark.posix
def test_the_file_is_private(account, db):
    """Only the owner can read the file, which contains secrets."""
    assert stat.S_IMODE(os.stat(db).st_mode) == 0o600


@pytest.mark.posix
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640])
def test_an_existing_file_becomes_private(create, db, open_account, mode):
    """The permissions of an existing file are restricted to its owner."""
    create()
    files = [path for path in db.parent.glob(f"{db.name}*") if path.is_file()]
    for path in files:
        path.chmod(mode)
    assert len(open_account().get("/phone-number").json()) == 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in db.parent.glob(f"{db.name}*")} == {0o600}
    assert files


@pytest.mark.posix
@pytest.mark.parametrize("text", ["words", ""])
def test_what_is_no_account_keeps_its_rights(tmp_path, text):
    """A refused file keeps its content and permissions."""
    other = tmp_path / "other.db"
    other.write_text(text, encoding="utf-8")
    other.chmod(0o644)
    if text:
        with pytest.raises(EmbeddedAccountError):
            create_app(other)
    else:
        create_app(other)
    assert stat.S_IMODE(other.stat().st_mode) == (0o644 if text else 0o600)


def test_write_ahead_log(account, db):
    """Readers and a writer do not block each other."""
    connection = sqlite3.connect(db)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def one_line(path):
    with pytest.raises(EmbeddedAccountError) as caught:
        create_app(path)
    text = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


def test_not_a_database(tmp_path):
    """A file of another format is refused and unchanged."""
    path = tmp_path / "notes.txt"
    path.write_text("dear diary " * 20, encoding="utf-8")
    assert "not a database" in one_line(path)
    assert path.read_text(encoding="utf-8").startswith("dear diary")


def test_not_ours(tmp_path):
    """A SQLite file of another program is refused and unchanged."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = path.read_bytes()
    assert "not an embedded account" in one_line(path)
    assert path.read_bytes() == before


def test_made_by_another_version(account, db):
    """A file of another version is refused with both versions."""
    connection = sqlite3.connect(db)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    assert "version 9; this program knows 1" in one_line(db)


def test_folder(tmp_path):
    """A folder is refused."""
    assert "directory" in one_line(tmp_path)


def test_parent_is_a_file(tmp_path):
    """A path below a file is refused."""
    (tmp_path / "file").touch()
    one_line(tmp_path / "file" / "account.db")


@pytest.mark.posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_unwritable(account, db):
    """A file that cannot be written is refused when it is opened, not at the first purchase."""
    db.chmod(0o400)
    one_line(db)


def test_unknown_region(tmp_path):
    """An unknown region is refused with the list of valid ones."""
    with pytest.raises(EmbeddedAccountError, match="region must be one of us, eu, not 'mars'"):
        create_app(tmp_path / "a.db", region="mars")


def test_nothing_left_open(tmp_path):
    """An app without references closes its file, so the side files disappear."""
    app = create_app(tmp_path / "a.db")
    client = app.test_client()
    client.get("/phone-number", headers={"Authorization": "Bearer k", "User-Agent": "t"})
    del app, client
    gc.collect()
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_threads_of_one_app(account, body):
    """Sixteen threads on one app lose no record and buy no number twice."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: account.post("/phone-number", json=body()), range(48)))
    assert {response.status_code for response in answers} == {201}
    assert len({response.json()["number"] for response in answers}) == 48
    assert len(account.get("/phone-number").json()) == 48
