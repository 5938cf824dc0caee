"""The identity of a backend: the same for each spelling of its URL and each user."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from vapi_provider.pulumi_cli.backend_secrets import without_credentials
from vapi_provider.settings.backend import backend_of, folder_of, identity_of

HERE = Path("/project")

SAME = [
    ("postgres://pulumi:visibly-fake-1@db/state", "postgres://pulumi:visibly-fake-2@db/state"),
    ("postgres://pulumi@db/state", "postgresql://another-role:visibly-fake@DB:5432/state"),
    ("postgres://db/state", "postgres://db/state?sslmode=disable&connect_timeout=5"),
    ("postgres://db/state", "postgres:///state?host=db&port=5432&user=a&password=visibly-fake"),
    ("postgres://localhost/state", "postgres://u:visibly-fake@127.0.0.1:5432/state?sslmode=require"),
    ("s3://bucket/state", "s3://bucket/state/?region=eu-west-1&awssdk=v2&profile=deploy"),
    ("s3://bucket?endpoint=127.0.0.1:9000", "s3://bucket?endpoint=http://localhost:9000&disableSSL=true"),
    ("s3://bucket/a/b", "s3://bucket/a?prefix=b"),
    ("azblob://box?storage_account=ours", "azblob://box?storage_account=ours&protocol=https"),
    ("azblob://box?storage_account=ours", "azblob://box?storage_account=ours&domain=blob.core.windows.net"),
    ("postgres://db/state", "postgres://db/state?table=pulumi_state&search_path=public"),
    ("s3://bucket", "s3://bucket?endpoint=https://s3.eu-west-1.amazonaws.com"),
    ("s3://bucket", "s3://bucket?endpoint=s3.amazonaws.com&region=us-east-1"),
    ("https://api.pulumi.com", "https://API.pulumi.com:443/"),
    ("file:///srv/state", "file:///srv/./state/?no_tmp_dir=true"),
    ("file://~/state", "file:///home/ours/state"),
    ("file://./state", "file:///project/state"),
]  # fmt: skip

DIFFERENT = [
    ("postgres://db/state", "postgres://db/other"),
    ("postgres://db/state", "postgres://standby/state"),
    ("postgres://db/state", "postgres://db:5433/state"),
    ("postgres://db/state", "postgres://db/state?table=ours"),
    ("s3://bucket/state", "s3://bucket/other"),
    ("s3://bucket/state", "gs://bucket/state"),
    ("s3://bucket", "s3://bucket?endpoint=127.0.0.1:9000"),
    ("s3://bucket?endpoint=127.0.0.1:9000", "s3://bucket?endpoint=127.0.0.1:9001"),
    ("s3://bucket", "s3://bucket?endpoint=s3.amazonaws.com.example.com"),
    ("azblob://box?storage_account=ours", "azblob://box?storage_account=theirs"),
    ("azblob://box?storage_account=ours", "azblob://box?storage_account=ours&domain=blob.core.chinacloudapi.cn"),
    ("https://api.pulumi.com", "https://pulumi.example.com"),
    ("file:///srv/state", "file:///srv/other"),
]  # fmt: skip

ENVIRONMENT = {"HOME": "/home/ours"}


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_store_has_one_identity(one: str, other: str) -> None:
    """Credentials, TLS, time limits and spelling do not say which store is meant."""
    assert identity_of(one, ENVIRONMENT, HERE) == identity_of(other, ENVIRONMENT, HERE)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_stores_have_two_identities(one: str, other: str) -> None:
    """Host, port, path and the parameters that name the store tell backends apart."""
    assert identity_of(one, ENVIRONMENT, HERE) != identity_of(other, ENVIRONMENT, HERE)


@pytest.mark.parametrize("url", ["postgres://u:visibly-fake@db/state", "x://visibly-fake@[broken"])
def test_an_identity_shows_no_credential(url: str) -> None:
    """An identity is a digest, also of a URL that cannot be read."""
    assert set(identity_of(url, ENVIRONMENT, HERE)) <= set("0123456789abcdef")


def test_an_endpoint_of_the_environment_counts(tmp_path: Path) -> None:
    """Pulumi's drivers take an endpoint from the environment where the URL has none."""
    named = identity_of("s3://bucket?endpoint=minio:9000", {}, tmp_path)
    taken = identity_of("s3://bucket", {"AWS_ENDPOINT_URL_S3": "http://minio:9000"}, tmp_path)
    assert named == taken


def test_an_account_of_the_environment_counts(tmp_path: Path) -> None:
    """A storage account may be named by the URL, by a variable or by a connection string."""
    named = identity_of("azblob://box?storage_account=ours", {}, tmp_path)
    connection = "DefaultEndpointsProtocol=https;AccountName=ours;AccountKey=visibly-fake=="
    for environment in (
        {"AZURE_STORAGE_ACCOUNT": "ours"},
        {"AZURE_STORAGE_CONNECTION_STRING": connection},
    ):
        assert identity_of("azblob://box", environment, tmp_path) == named


def test_a_login_is_found_where_pulumi_keeps_it(tmp_path: Path) -> None:
    """`PULUMI_CREDENTIALS_PATH` wins over `PULUMI_HOME`; without a login `PULUMI_API` counts."""
    for name in ("credentials", "home"):
        (tmp_path / name).mkdir()
        login = json.dumps({"current": f"s3://{name}"})
        (tmp_path / name / "credentials.json").write_text(login, encoding="utf-8")
    home = {"HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path / "home")}
    both = {**home, "PULUMI_CREDENTIALS_PATH": str(tmp_path / "credentials")}
    assert backend_of(home, tmp_path).identity == identity_of("s3://home", {}, HERE)
    assert backend_of(both, tmp_path).identity == identity_of("s3://credentials", {}, HERE)
    own = {"HOME": str(tmp_path), "PULUMI_API": "https://pulumi.example.com"}
    assert backend_of(own, tmp_path).identity == identity_of(own["PULUMI_API"], {}, HERE)


def test_the_backend_is_found_as_pulumi_finds_it(tmp_path: Path) -> None:
    """The environment wins over Pulumi.yaml, which wins over what `pulumi login` recorded."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(tmp_path), "PULUMI_HOME": str(home)}
    project = tmp_path / "project" / "infra"
    project.mkdir(parents=True)
    cloud = backend_of(environment, project)
    assert cloud.identity == identity_of("https://api.pulumi.com", {}, HERE)
    (home / "credentials.json").write_text(json.dumps({"current": "s3://login"}), encoding="utf-8")
    assert backend_of(environment, project).identity == identity_of("s3://login", {}, HERE)
    (tmp_path / "project" / "Pulumi.yaml").write_text(
        "name: p\ndescription: 2026-13-45\nruntime: python\nbackend:\n  url: s3://project\n",
        encoding="utf-8",
    )
    assert backend_of(environment, project).identity == identity_of("s3://project", {}, HERE)
    named = backend_of({**environment, "PULUMI_BACKEND_URL": "s3://named"}, project)
    assert named.identity == identity_of("s3://named", {}, HERE)
    assert named.is_named
    assert not cloud.is_named


@pytest.mark.parametrize("is_named", [True, False])
def test_a_relative_folder_is_relative_to_where_pulumi_is_called(
    tmp_path: Path, is_named: bool
) -> None:
    """The state is read where Pulumi writes it; the identity is the project's for all processes."""
    below = tmp_path / "below"
    below.mkdir()
    url = "file://./state"
    backend = "" if is_named else f"backend: {{url: '{url}'}}\n"
    (tmp_path / "Pulumi.yaml").write_text(f"name: p\n{backend}", encoding="utf-8")
    environment = {"PULUMI_BACKEND_URL": url} if is_named else {}
    for folder in (tmp_path, below):
        assert folder_of(environment, folder) == folder.resolve() / "state"
    identities = {backend_of(environment, folder).identity for folder in (tmp_path, below)}
    assert len(identities) == 1


@pytest.mark.parametrize(
    "secret", ["visibly-fake", "visibly@fake/1", "visibly%40fake", "v%2Df", "pq"]
)
@pytest.mark.parametrize(
    "url",
    [
        "postgres://pulumi:{}@db/state?sslmode=disable",
        "postgres://pulumi@db/state?sslmode=disable&password={}",
        "azblob://box?storage_account=ours&sas_token={}&protocol=https",
        "postgres://pulumi:{}@[broken/state",
    ],
)
def test_no_message_shows_the_password_of_the_backend(
    tmp_path: Path, url: str, secret: str
) -> None:
    """What Pulumi says of a backend that it cannot open quotes the whole URL, in any spelling."""
    named = url.format(secret)
    for shown in {named, url.format(unquote(secret)), url.format(quote(unquote(secret), safe=""))}:
        said = f"unable to open bucket {shown}: pq: refused"
        hidden = without_credentials(said, {"PULUMI_BACKEND_URL": named}, tmp_path)
        assert hidden == f"unable to open bucket {url.format('[secret]')}: pq: refused"
    plain = {"PULUMI_BACKEND_URL": "s3://bucket?region=eu-west-1"}
    assert without_credentials(named, plain, tmp_path) == named
