"""Relative paths: they start at the folder of Pulumi.yaml, wherever a process runs."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.config import load_settings
from vapi_provider.settings.paths import Project, state_home


def project(folder: Path, main: str = "main: infra", name: str = "Pulumi.yaml") -> Path:
    """A project file in `folder`, and the folder that its programs run in."""
    (folder / "infra").mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"name: shop\nruntime: python\n{main}\n", encoding="utf-8")
    return folder


def account(file: Path, rows: int) -> Path:
    """An account's file that holds `rows` numbers."""
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("CREATE TABLE account (org_id TEXT)")
        made.execute("INSERT INTO account VALUES ('org')")
        made.execute("CREATE TABLE phone_number (id TEXT)")
        made.executemany("INSERT INTO phone_number VALUES (?)", [(str(at),) for at in range(rows)])
    return file


def used(folder: Path) -> Path | None:
    """The account's file for a process that runs in `folder`."""
    config = {"baseUrl": "embedded:local.db"}
    return load_settings(config.get, {"VAPI_JOURNAL": "j.sqlite"}, folder).embedded_file


@pytest.mark.parametrize(
    "main",
    ["main: infra", "main: ./infra/", 'main: "infra"', "main: infra  # ours", "'main': infra", ""],
)
@pytest.mark.parametrize("at", ["", "infra", "infra/deeper"])
def test_every_process_means_one_file(tmp_path: Path, main: str, at: str) -> None:
    """Programs below `main:`, the plugin and commands resolve a path to the project's folder."""
    folder = tmp_path / at
    folder.mkdir(parents=True, exist_ok=True)
    root = project(tmp_path, main)
    settings = load_settings(
        {"baseUrl": "embedded:local.db?seed=7"}.get, {"VAPI_JOURNAL": "j.sqlite"}, folder
    )
    assert settings.base_url == f"embedded:{root / 'local.db'}?seed=7"
    assert settings.journal == root / "j.sqlite"
    assert settings.warnings == ()


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("{name: shop, main: infra}", "infra"),
        ('{"name": "shop", "main": "infra"}', "infra"),
        ("name: shop\nmain:\n  infra\n", "infra"),
        ("name: shop\ndescription: |\n  main: infra\n", ""),
        ("name: shop\nconfig:\n  main: infra\n", ""),
        ("main: [infra\n", ""),
        ("main: {}\n", ""),
        ("- main: infra\n", ""),
        ("description: 2026-13-45\nmain: infra\n", "infra"),
        ("main:\n", ""),
    ],
)
def test_only_the_project_files_own_main_counts(tmp_path: Path, text: str, main: str) -> None:
    """A `main` within another setting, and a file that cannot be read, name no folder."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    assert Project.around(tmp_path).main == (tmp_path / main).resolve()


def test_a_folder_that_vanishes_meanwhile_is_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other processes remove folders of theirs beside ours while a project is looked for."""
    here, gone, scandir = tmp_path / "here", str(tmp_path / "gone"), os.scandir
    here.mkdir()
    Path(gone).mkdir()

    def scan(folder: Any = ".") -> Any:
        if os.fspath(folder) == gone:
            raise FileNotFoundError(2, "No such file or directory", gone)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", scan)
    assert Project.around(here).folder == here


def test_a_program_beside_its_project_finds_it(tmp_path: Path) -> None:
    """`main:` may lead out of the folder of Pulumi.yaml."""
    deploy = project(tmp_path / "deploy", "main: ../code")
    code = tmp_path / "code"
    code.mkdir()
    project(tmp_path / "another", "main: infra")
    assert Project.around(code).folder == deploy
    assert Project.around(tmp_path).folder == tmp_path


@pytest.mark.parametrize(
    ("new", "is_old"), [(None, True), (0, True), (1, False)], ids=["none", "empty", "records"]
)
@pytest.mark.parametrize("at", ["", "infra"])
def test_the_old_place_serves_until_the_new_one_has_records(
    tmp_path: Path, new: int | None, is_old: bool, at: str
) -> None:
    """A file at the old place is used, with one warning, unless the new one has records."""
    project(tmp_path)
    old = account(tmp_path / "infra" / "local.db", rows=2)
    if new is not None:
        account(tmp_path / "local.db", rows=new)
    settings = load_settings(
        {"baseUrl": "embedded:local.db"}.get, {"VAPI_JOURNAL": "j"}, tmp_path / at
    )
    assert settings.embedded_file == (old if is_old else tmp_path / "local.db")
    assert len(settings.warnings) == is_old
    assert all(str(tmp_path / "local.db") in warning for warning in settings.warnings)


def test_the_journal_follows_the_same_rule(tmp_path: Path) -> None:
    """A journal at the old place is used as long as the new one holds no intent."""
    project(tmp_path)
    old = tmp_path / "infra" / "j.sqlite"
    old.write_bytes(b"")
    config = {"apiKey": "a-key"}
    settings = load_settings(config.get, {"VAPI_JOURNAL": "j.sqlite"}, tmp_path)
    assert settings.journal == old
    (warning,) = settings.warnings
    assert warning.startswith("the journal is ")


def test_a_file_that_cannot_be_read_is_kept(tmp_path: Path) -> None:
    """A file at the new place that is no database is not passed over."""
    project(tmp_path)
    account(tmp_path / "infra" / "local.db", rows=2)
    (tmp_path / "local.db").write_text("not a database, but somebody's", encoding="utf-8")
    assert used(tmp_path) == tmp_path / "local.db"


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/a"}, "/home/a/.local/state"),
        ({"HOME": "", "USERPROFILE": "/users/a"}, "/users/a/.local/state"),
    ],
)
def test_state_lies_at_home(environment: dict[str, str], place: str) -> None:
    """The home folder counts where it is absolute; a relative one would be the clone."""
    assert state_home(environment) == Path(place)


def test_without_home_the_journal_is_the_users_or_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without HOME the user's own home is taken; a user without one is told what to set."""
    import pwd

    own = pwd.getpwuid(0)
    assert Path(state_home({})).is_absolute()
    assert own.pw_dir

    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    with pytest.raises(ConfigurationError, match="set VAPI_JOURNAL to a file that outlives"):
        state_home({})
