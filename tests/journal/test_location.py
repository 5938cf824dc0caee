"""Where the journal lies: derived from the backend, named, or refused; and with whose keys."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from vapi_provider.errors import ConfigurationError
from vapi_provider.journal.blobs import StoreError
from vapi_provider.journal.store_credentials import (
    azure_config,
    connection_string,
    google_config,
    s3_config,
)
from vapi_provider.settings.config import journal_in
from vapi_provider.settings.journal_location import (
    export_url,
    journal_beside,
    parse,
    require_lasting,
    shared_location,
)

S3 = "s3://bucket/a/prefix?endpoint=127.0.0.1:9000&disableSSL=true&s3ForcePathStyle=true"


@pytest.mark.parametrize(
    ("backend", "journal"),
    [
        (S3, S3.replace("prefix?", "prefix/.vapi-journal?")),
        ("s3://bucket", "s3://bucket/.vapi-journal"),
        ("gs://bucket/p/", "gs://bucket/p/.vapi-journal"),
        ("azblob://box?storage_account=a", "azblob://box/.vapi-journal?storage_account=a"),
        (
            "postgresql://me:a-secret@db.example:5433/state?sslmode=disable",
            "postgres://me@db.example:5433/state?sslmode=disable",
        ),
        ("postgres://db/state?password=a-secret&user=me", "postgres://db/state?user=me"),
        ("file:///somewhere", None),
        ("https://api.pulumi.com", None),
    ],
)
def test_the_journal_lies_beside_shared_state(
    backend: str, journal: str | None, tmp_path: Path
) -> None:
    """Under the prefix or in the database that Pulumi uses, and `make env` exports it."""
    environment = {"PULUMI_BACKEND_URL": backend, "HOME": str(tmp_path)}
    assert journal_beside(backend) == journal
    assert export_url(environment, tmp_path) == journal
    place = journal_in(environment, tmp_path)
    assert place.kind == ("file" if journal is None else "shared")
    assert place.warning is None
    assert place.file.name == "journal.sqlite"
    assert "a-secret" not in repr(place)
    assert place.shared is None or "a-secret" not in place.shared.shown


def test_a_backend_of_the_project_or_of_a_login_counts_too(tmp_path: Path) -> None:
    """As Pulumi finds it, for plain `pulumi up`."""
    text = f"name: shop\nruntime: python\nbackend:\n  url: {S3}\n"
    (tmp_path / "Pulumi.yaml").write_text(text, encoding="utf-8")
    assert journal_in({"HOME": str(tmp_path)}, tmp_path).kind == "shared"


def test_a_journal_that_is_named_wins(tmp_path: Path) -> None:
    """A path stays a file, whatever the state; a store may be another than the state's."""
    environment = {"PULUMI_BACKEND_URL": S3, "HOME": str(tmp_path)}
    named = journal_in({**environment, "VAPI_JOURNAL": "a/b.sqlite"}, tmp_path)
    assert (named.kind, named.file) == ("file", tmp_path / "a/b.sqlite")
    other = {"PULUMI_BACKEND_URL": "file:///x", "HOME": str(tmp_path)}
    shared = journal_in({**other, "VAPI_JOURNAL": "postgres://h/db"}, tmp_path)
    assert shared.shared is not None
    assert (shared.shared.scheme, shared.shared.path) == ("postgres", "db")
    assert export_url({**environment, "VAPI_JOURNAL": "a/b.sqlite"}, tmp_path) is None


def test_a_backends_url_names_the_journal_beside_it() -> None:
    """Whoever names the backend itself gets the same objects, not Pulumi's."""
    for url in (S3, S3.replace("prefix?", "prefix/.vapi-journal?")):
        found = parse(url)
        assert found is not None
        assert (found.host, found.path) == ("bucket", "a/prefix/.vapi-journal")


@pytest.mark.parametrize("name", ["mysql://host/db", "redis://x", "s3:///nowhere"])
def test_a_place_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    """In one line that names the setting."""
    with pytest.raises(ConfigurationError, match="VAPI_JOURNAL"):
        journal_in({"VAPI_JOURNAL": name, "HOME": str(tmp_path)}, tmp_path)


WITHOUT_LIBRARIES = """
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: (
    None if name in ("psycopg", "obstore") else found(name, *more))
import os
from pathlib import Path
from vapi_provider.settings.config import load_settings
try:
    settings = load_settings(lambda key: None, os.environ, Path.cwd())
    print(settings.journal_place.kind, *settings.warnings, sep="\\n")
except Exception as error:
    print(type(error).__name__, error)
"""


def without_libraries(folder: Path, **variables: str) -> list[str]:
    """What a process says in which neither library is installed."""
    environment = {"HOME": str(folder), "VAPI_API_KEY": "a-key", "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LIBRARIES],
        cwd=folder,
        env={**environment, **variables},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("url", "extra"), [(S3, "object-store"), ("postgres://h/db", "postgres"), ("gs://b", "object")]
)
def test_without_its_extra_a_derived_journal_is_a_file_with_one_warning(
    url: str, extra: str, tmp_path: Path
) -> None:
    """And one that is named is refused, in one line that says what to install."""
    kind, *warnings = without_libraries(tmp_path, PULUMI_BACKEND_URL=url)
    assert kind == "file", (kind, warnings)
    assert len(warnings) == 1
    assert f"vapi-phone-numbers[{extra}" in warnings[0]
    (refused,) = without_libraries(tmp_path, VAPI_JOURNAL=url)
    assert refused.startswith("ConfigurationError VAPI_JOURNAL names")
    assert f"vapi-phone-numbers[{extra}" in refused


def test_a_password_of_the_backend_opens_the_journal_that_was_exported(tmp_path: Path) -> None:
    """`make env` prints none: the one of the same database is taken."""
    backend = "postgres://me:a-secret@db/state?sslmode=disable"
    environment = {"PULUMI_BACKEND_URL": backend, "HOME": str(tmp_path)}
    exported = export_url(environment, tmp_path)
    assert exported is not None
    assert "a-secret" not in exported
    for more in ({}, {"VAPI_JOURNAL": exported}):
        location, _ = shared_location({**environment, **more}, tmp_path)
        assert location is not None
        assert "password=a-secret" in connection_string(location)
    another, _ = shared_location({**environment, "VAPI_JOURNAL": "postgres://me@x/state"}, tmp_path)
    assert another is not None
    assert "a-secret" not in connection_string(another)


def test_libpq_is_told_what_it_knows() -> None:
    """Pulumi's own parameters are left out, a schema becomes an option."""
    location = parse("postgres://me@db:5433/state?sslmode=require&table=x&search_path=team")
    assert location is not None
    text = connection_string(location)
    for word in ("host=db", "port=5433", "dbname=state", "sslmode=require", "search_path=team"):
        assert word in text
    assert "table" not in text


def s3(environment: dict[str, str], url: str = "s3://bucket") -> dict[str, object]:
    """What obstore is told of a bucket."""
    location = parse(url)
    assert location is not None
    return dict(s3_config(location, environment))


def test_keys_of_a_bucket_are_found_as_the_sdk_finds_them(tmp_path: Path) -> None:
    """From the environment, or the profile that the URL or AWS_PROFILE names; the region too."""
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        "[default]\naws_access_key_id = default-key\naws_secret_access_key = s%1\n"
        "[team]\naws_access_key_id = team-key\naws_secret_access_key = s\naws_session_token = t\n",
        encoding="utf-8",
    )
    (aws / "config").write_text(
        "[profile team]\nregion = eu-west-1\n[profile sso]\nsso_session = x\n"
        "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n",
        encoding="utf-8",
    )
    home = {"HOME": str(tmp_path)}
    own = {**home, "AWS_ACCESS_KEY_ID": "own-key", "AWS_SECRET_ACCESS_KEY": "s"}
    assert s3(own)["access_key_id"] == "own-key"
    assert s3(home)["access_key_id"] == "default-key"
    team = s3({**home, "AWS_PROFILE": "team"})
    assert (team["access_key_id"], team["session_token"]) == ("team-key", "t")
    assert team["region"] == "eu-west-1"
    assert s3(own, "s3://bucket?profile=team")["access_key_id"] == "team-key"
    assert s3({**home, "AWS_REGION": "us-west-2"}, "s3://b?region=eu-north-1")["region"] == (
        "eu-north-1"
    )
    for profile in ("sso", "role"):
        with pytest.raises(StoreError, match=f"export-credentials --profile {profile}"):
            s3({**home, "AWS_PROFILE": profile})
    with pytest.raises(StoreError, match="AWS_ACCESS_KEY_ID"):
        s3({**home, "AWS_PROFILE": "unheard-of"})


def test_an_endpoint_of_ones_own_is_spelled_as_pulumi_spells_it() -> None:
    """With or without a scheme, with the bucket in the path or in the host's name."""
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    plain = s3(keys, S3)
    assert plain["endpoint"] == "http://127.0.0.1:9000"
    assert plain["virtual_hosted_style_request"] is False
    hosted = s3(keys, "s3://bucket?endpoint=https://minio.example")
    assert hosted["endpoint"] == "https://bucket.minio.example"
    assert hosted["virtual_hosted_style_request"] is True
    named = s3({**keys, "AWS_ENDPOINT_URL": "https://store.example"}, "s3://b?use_path_style=true")
    assert named["endpoint"] == "https://store.example"


def test_an_azure_account_is_named_by_url_or_environment() -> None:
    """Untested on a server; what the library is told is."""
    location = parse("azblob://box?storage_account=team")
    assert location is not None
    found = azure_config(location, {"AZURE_STORAGE_KEY": "k"})
    assert (found["account_name"], found["account_key"]) == ("team", "k")
    bare = parse("azblob://box")
    assert bare is not None
    with pytest.raises(StoreError, match="AZURE_STORAGE_ACCOUNT"):
        azure_config(bare, {})


def make_env(backend: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the script of `make env` in a project's folder."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("VAPI_JOURNAL")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
    runpy.run_module("vapi_provider.journal", run_name="__main__")


@pytest.mark.parametrize(
    ("backend", "printed"),
    [(S3, S3.replace("prefix?", "prefix/.vapi-journal?") + "\n"), ("file:///somewhere", "")],
)
def test_make_env_is_told_the_url(
    backend: str,
    printed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By a module of its own; nothing where the journal is a file."""
    make_env(backend, tmp_path, monkeypatch)
    assert capsys.readouterr().out == printed


def test_make_env_ends_with_one_line_for_a_url_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shell shows the line, and the user finds the setting in it."""
    with pytest.raises(SystemExit) as ended:
        make_env("postgres://db:port/state", tmp_path, monkeypatch)
    assert str(ended.value).startswith("error: VAPI_JOURNAL")
    assert "\n" not in str(ended.value)


@pytest.mark.parametrize("more", [{"VAPI_JOURNAL": "j.sqlite"}, {"CI": ""}, {"CI": "false"}])
def test_a_pipeline_on_pulumi_cloud_must_name_its_journal(
    more: dict[str, str], tmp_path: Path
) -> None:
    """A file would be lost with the runner; beside other state there is a journal."""
    for backend in ("", "https://pulumi.example"):
        pipeline = {"CI": "true", "PULUMI_BACKEND_URL": backend, "HOME": str(tmp_path)}
        with pytest.raises(ConfigurationError, match="Set VAPI_JOURNAL to"):
            require_lasting(pipeline, tmp_path)
        require_lasting(pipeline | more, tmp_path)
    for backend in (S3, "file:///somewhere", "postgres://db.example/state"):
        require_lasting({"CI": "true", "PULUMI_BACKEND_URL": backend}, tmp_path)


@pytest.mark.parametrize(
    ("environment", "config"),
    [
        ({}, {}),
        ({"GOOGLE_CREDENTIALS": '{"type": "x"}'}, {"service_account_key": '{"type": "x"}'}),
        ({"GOOGLE_CREDENTIALS": "/a/key.json"}, {"application_credentials": "/a/key.json"}),
        ({"GOOGLE_OAUTH_ACCESS_TOKEN": "a-token"}, {"bearer_token": "a-token"}),
    ],
)
def test_googles_keys_are_found_where_pulumi_finds_them(
    environment: dict[str, str], config: dict[str, str]
) -> None:
    """As JSON, as a file's path, or as a token; else the library looks for them itself."""
    assert google_config(environment) == config


def test_google_keys_that_are_broken_are_refused_without_being_shown() -> None:
    """The error has one line and no part of the key."""
    with pytest.raises(StoreError) as refused:
        google_config({"GOOGLE_CREDENTIALS": '{"private_key": "a-secret"'})
    assert str(refused.value) == "GOOGLE_CREDENTIALS is no JSON"


def test_azures_keys_are_found_where_pulumi_finds_them() -> None:
    """In the connection string or in variables of their own; an emulator or a domain counts."""
    location = parse("azblob://box?domain=blob.example&protocol=http")
    emulated = parse("azblob://box?localemu=true")
    assert location is not None
    assert emulated is not None
    text = "AccountName=team;AccountKey=a2V5==;BlobEndpoint=x"
    assert azure_config(location, {"AZURE_STORAGE_CONNECTION_STRING": text}) == {
        "account_name": "team",
        "account_key": "a2V5==",
        "endpoint": "http://team.blob.example",
    }
    token = {"AZURE_STORAGE_ACCOUNT": "team", "AZURE_STORAGE_SAS_TOKEN": "?sv=1"}
    assert azure_config(emulated, token) == {
        "account_name": "team",
        "sas_key": "sv=1",
        "use_emulator": True,
    }
