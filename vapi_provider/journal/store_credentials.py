"""The connection settings and credentials of the stores' libraries.

They come from the same places as those of Pulumi's own drivers.
"""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from vapi_provider.journal.blobs import StoreError
from vapi_provider.settings.journal_location import Location, is_true

_OF_ANOTHER_KIND = ("sso_session", "sso_start_url", "role_arn", "credential_process")
"""The keys of a profile that only the AWS SDK can get credentials for."""


def connection_string(location: Location) -> str:
    """Return libpq's connection string: the URL's parts, and the parameters that libpq knows."""
    from psycopg import conninfo, pq

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    parts = urlsplit(location.url)
    named: dict[str, str] = {
        "host": parts.hostname or "",
        "port": str(parts.port or ""),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": location.path,
    }
    query = dict(location.query)
    schema = query.pop("search_path", "") or query.pop("schema", "")
    if schema:
        query["options"] = f"{query.get('options', '')} -c search_path={schema}".strip()
    given = {name: value for name, value in {**named, **query}.items() if value and name in known}
    return conninfo.make_conninfo("", application_name="vapi-phone-numbers", **given)


def s3_config(location: Location, environment: Mapping[str, str]) -> Any:
    """Return obstore's configuration of an S3 bucket.

    Raises StoreError for a profile whose credentials cannot be read.
    """
    query = location.query
    profile = query.get("profile", "")
    config = _s3_credentials(profile, environment)
    region = (
        query.get("region")
        or environment.get("AWS_REGION")
        or environment.get("AWS_DEFAULT_REGION")
        or config.pop("region", "")
        or "us-east-1"
    )
    config["region"] = region
    endpoint = (
        query.get("endpoint")
        or environment.get("AWS_ENDPOINT_URL_S3")
        or environment.get("AWS_ENDPOINT_URL")
    )
    is_path_style = is_true(query.get("s3ForcePathStyle", "")) or is_true(
        query.get("use_path_style", "")
    )
    if endpoint:
        scheme, found, host = endpoint.rpartition("://")
        scheme = scheme if found else ("http" if location.is_plain else "https")
        host = host.rstrip("/") if is_path_style else f"{location.host}.{host.rstrip('/')}"
        config["endpoint"] = f"{scheme}://{host}"
        config["virtual_hosted_style_request"] = not is_path_style
    return config


def _s3_credentials(profile: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return keys from the environment or from a profile's files, in the order of the AWS SDK.

    The result has no keys if neither has any: the library then asks the container or the machine.
    """
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if key and secret and not profile:
        token = environment.get("AWS_SESSION_TOKEN")
        return _keys(key, secret, token)
    name = profile or environment.get("AWS_PROFILE") or "default"
    section = _profile(name, environment)
    region = {"region": section["region"]} if "region" in section else {}
    if "aws_access_key_id" in section and "aws_secret_access_key" in section:
        keys = section["aws_access_key_id"], section["aws_secret_access_key"]
        return {**_keys(*keys, section.get("aws_session_token")), **region}
    other = next((key for key in _OF_ANOTHER_KIND if key in section), None)
    if other:
        raise StoreError(
            f"the AWS profile {name!r} gets its credentials by {other}: put them into the "
            f'environment first, eval "$(aws configure export-credentials --profile {name} '
            '--format env)"'
        )
    if profile or environment.get("AWS_PROFILE"):
        raise StoreError(
            f"the AWS profile {name!r} has no aws_access_key_id: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY"
        )
    return dict(region)


def _keys(key: str, secret: str, token: str | None) -> dict[str, Any]:
    keys = {"access_key_id": key, "secret_access_key": secret}
    return {**keys, "session_token": token} if token else keys


def _profile(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of a profile; the credentials file overrides the config file."""
    home = Path(environment.get("HOME") or Path.home(), ".aws")
    files = (
        (environment.get("AWS_CONFIG_FILE") or home / "config", f"profile {name}"),
        (environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials", name),
    )
    found: dict[str, str] = {}
    for file, section in files:
        parser = configparser.ConfigParser(interpolation=None)
        try:
            parser.read(Path(file).expanduser(), encoding="utf-8")
        except (configparser.Error, OSError, ValueError):
            continue
        section = name if name == "default" and parser.has_section(name) else section
        if parser.has_section(section):
            found.update(parser.items(section))
    return found


def google_config(environment: Mapping[str, str]) -> Any:
    """Return obstore's configuration of a Google bucket. Untested on a server.

    The library itself reads GOOGLE_APPLICATION_CREDENTIALS, and the credentials that `gcloud`
    stores. Raises StoreError if GOOGLE_CREDENTIALS is broken JSON.
    """
    given = environment.get("GOOGLE_CREDENTIALS", "").strip()
    if given.startswith("{"):
        try:
            json.loads(given)
        except ValueError:
            raise StoreError("GOOGLE_CREDENTIALS is no JSON") from None
        return {"service_account_key": given}
    if given:
        return {"application_credentials": given}
    token = environment.get("GOOGLE_OAUTH_ACCESS_TOKEN", "").strip()
    return {"bearer_token": token} if token else {}


def azure_config(location: Location, environment: Mapping[str, str]) -> Any:
    """Return obstore's configuration of an Azure container. Untested on a server.

    Raises StoreError if no storage account is named.
    """
    query = location.query
    text = environment.get("AZURE_STORAGE_CONNECTION_STRING", "")
    parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    account = (
        query.get("storage_account")
        or environment.get("AZURE_STORAGE_ACCOUNT")
        or parts.get("AccountName")
    )
    key = environment.get("AZURE_STORAGE_KEY") or parts.get("AccountKey")
    token = environment.get("AZURE_STORAGE_SAS_TOKEN") or parts.get("SharedAccessSignature")
    if not account:
        raise StoreError("no storage account is named: set AZURE_STORAGE_ACCOUNT")
    config: dict[str, Any] = {"account_name": account}
    if key:
        config["account_key"] = key
    elif token:
        config["sas_key"] = token.lstrip("?")
    domain = query.get("domain") or environment.get("AZURE_STORAGE_DOMAIN")
    if is_true(query.get("localemu", "")):
        config["use_emulator"] = True
    elif domain:
        config["endpoint"] = f"{query.get('protocol') or 'https'}://{account}.{domain}"
    return config
