"""One backend has one identity, however its URL is spelled and whoever logs in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vapi_provider.settings.backend import backend_of, identity_of

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
    ("azblob://box?storage_account=ours", "azblob://box?storage_account=theirs"),
    ("https://api.pulumi.com", "https://pulumi.example.com"),
    ("file:///srv/state", "file:///srv/other"),
]

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
        "name: p\nruntime: python\nbackend:\n  url: s3://project\n", encoding="utf-8"
    )
    assert backend_of(environment, project).identity == identity_of("s3://project", {}, HERE)
    named = backend_of({**environment, "PULUMI_BACKEND_URL": "s3://named"}, project)
    assert named.identity == identity_of("s3://named", {}, HERE)
    assert named.is_named
    assert not cloud.is_named
