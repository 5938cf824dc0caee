"""Identity of the state backend that a run uses, as a digest without credentials.

All spellings of a backend (another role, a rotated password, `postgresql://`, a default port) have
the same identity, so that a rerun finds the journal entries of the run before it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from vapi_provider.shared.loopback import is_loopback

PULUMI_CLOUD = "https://api.pulumi.com"
PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")

_PORTS = {"http": 80, "https": 443, "postgres": 5432}

_NAMES_THE_STORE = frozenset(
    {"endpoint", "hostname", "host", "port", "dbname", "database", "table", "schema", "search_path"}
    | {"storage_account", "domain", "prefix"}
)
"""Query parameters that identify the store; others are credentials, TLS options and timeouts."""


@dataclass(frozen=True)
class Backend:
    """Identity of a state backend; `is_named` is true if the environment names it."""

    identity: str
    is_named: bool


def backend_of(environment: Mapping[str, str], folder: Path) -> Backend:
    """Return the backend that Pulumi uses in `folder`, resolved in Pulumi's own order.

    That is `PULUMI_BACKEND_URL`, `backend.url` of Pulumi.yaml, then what `pulumi login` recorded.
    A relative folder is resolved against the project's folder: the plugin runs there, and does not
    know where Pulumi was called.
    """
    named = environment.get("PULUMI_BACKEND_URL", "").strip()
    root, _ = _project_in(folder)
    return Backend(identity_of(url_of(environment, folder), environment, root), bool(named))


def url_of(environment: Mapping[str, str], folder: Path) -> str:
    """Return the backend's URL as it is configured; it may contain a password."""
    named = environment.get("PULUMI_BACKEND_URL", "").strip()
    _, project = _project_in(folder)
    service = environment.get("PULUMI_API") or PULUMI_CLOUD
    return named or setting_in(project, "backend", "url") or _of_login(environment) or service


def folder_of(environment: Mapping[str, str], folder: Path) -> Path | None:
    """Return the folder of a file backend; None for a backend of another kind.

    Pulumi resolves a relative folder, even that of Pulumi.yaml, against the folder where it is
    called (tested with 3.250).
    """
    url = url_of(environment, folder)
    if url.partition("://")[0].lower() != "file":
        return None
    path = url.partition("://")[2].partition("?")[0]
    return Path(_folder_in(path, environment, folder))


def project_name(folder: Path) -> str | None:
    """Return the project's name in Pulumi.yaml; None where it has none or cannot be read."""
    _, text = _project_in(folder)
    found = re.search(r"""^["']?name["']?:[ \t]*["']?([\w.-]+)""", text, re.MULTILINE)
    return found.group(1) if found else None


def names_of(stack: str, folder: Path) -> tuple[str, str]:
    """Return the project and the stack of a name: `dev`, or `organization/project/dev`."""
    parts = stack.split("/")
    return parts[1] if len(parts) == 3 else project_name(folder) or "", parts[-1]


def identity_of(url: str, environment: Mapping[str, str], folder: Path) -> str:
    """Return a digest of the parts of a backend's URL that identify the store."""
    parts = json.dumps(_store(url, environment, folder), sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def _store(url: str, environment: Mapping[str, str], folder: Path) -> list[Any]:
    scheme, _, rest = url.partition("://")
    scheme = {"postgresql": "postgres"}.get(scheme.lower(), scheme.lower())
    if scheme == "file":
        return [scheme, _folder_in(rest.partition("?")[0], environment, folder)]
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        # Pulumi rejects such a URL, too. The part before the last @ may contain a password.
        return [scheme, rest.rpartition("@")[2].partition("?")[0]]
    query = {
        name.lower(): value
        for name, value in parse_qsl(parts.query, keep_blank_values=False)
        if name.lower() in _NAMES_THE_STORE
    }
    path = unquote(parts.path).strip("/")
    if scheme == "postgres":
        return _database(host, port, path, query, environment, parts.username)
    if scheme in ("http", "https"):
        return [scheme, _host(host), port or _PORTS[scheme], path]
    # The prefix in a bucket is in the path or in the query.
    prefix = "/".join(
        part.strip("/") for part in (path, query.pop("prefix", "")) if part.strip("/")
    )
    for parameter, variables in _FROM_ENVIRONMENT.get(scheme, {}).items():
        value = next((environment[name] for name in variables if environment.get(name)), "")
        if value and parameter not in query:
            query[parameter] = value
    if scheme == "azblob" and "storage_account" not in query:
        query |= _account_of_connection(environment)
    if "endpoint" in query:
        query["endpoint"] = _endpoint(query["endpoint"])
    return [scheme, host or parts.netloc, prefix, _without_defaults(query)]


_FROM_ENVIRONMENT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "s3": {"endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")},
    "azblob": {
        "storage_account": ("AZURE_STORAGE_ACCOUNT",),
        "domain": ("AZURE_STORAGE_DOMAIN",),
    },
}
"""Parameters of a bucket's URL that Pulumi's drivers also read from the environment."""


_DEFAULTS = frozenset(
    {("table", "pulumi_state"), ("schema", "public"), ("search_path", "public")}
    | {("domain", "blob.core.windows.net")}
)
"""Parameters with the default values of Pulumi's drivers."""

_AWS = re.compile(r"(s3[.-][a-z0-9.-]*)?amazonaws\.com")


def _without_defaults(query: Mapping[str, str]) -> dict[str, str]:
    # Bucket names are unique across the regions, and so across the endpoints, of AWS.
    return {
        name: value
        for name, value in query.items()
        if (name, value.lower()) not in _DEFAULTS
        and not (name == "endpoint" and _AWS.fullmatch(value))
    }


def _account_of_connection(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the storage account in the environment's connection string, as a parameter."""
    names = ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGEBLOB_CONNECTIONSTRING")
    text = next((environment[name] for name in names if environment.get(name)), "")
    parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
    return {"storage_account": parts["AccountName"]} if "AccountName" in parts else {}


def _database(
    host: str,
    port: int | None,
    path: str,
    query: dict[str, str],
    environment: Mapping[str, str],
    user: str | None,
) -> list[Any]:
    # The driver's own precedence: query, URL, environment; the database defaults to the role.
    host = query.pop("host", "") or query.pop("hostname", "") or host
    host = host or environment.get("PGHOST", "") or "localhost"
    number = query.pop("port", "") or port or environment.get("PGPORT", "") or _PORTS["postgres"]
    name = query.pop("dbname", "") or query.pop("database", "") or path
    name = name or environment.get("PGDATABASE", "") or user or environment.get("PGUSER", "")
    return ["postgres", _host(host), str(number), name, _without_defaults(query)]


def _host(host: str) -> str:
    host = host.lower().rstrip(".")
    return "loopback" if is_loopback(host) else host


def _endpoint(text: str) -> str:
    """Return an endpoint's host, port and path, because the scheme does not identify a store."""
    scheme, found, rest = text.rpartition("://")
    try:
        parts = urlsplit(f"//{rest if found else text}")
        port = parts.port
    except ValueError:
        return text.lower()
    default = _PORTS.get(scheme.lower())
    shown = "" if port is None or port == default or port in (80, 443) else f":{port}"
    return f"{_host(parts.hostname or '')}{shown}{parts.path.rstrip('/')}"


def _folder_in(path: str, environment: Mapping[str, str], folder: Path) -> str:
    path = unquote(path)
    if path == "~" or path.startswith(("~/", "~\\")):
        path = f"{environment.get('HOME') or Path.home()}{path[1:]}"
    return os.path.realpath(folder / path)


def _project_in(folder: Path) -> tuple[Path, str]:
    """Return the project's folder and the text of its Pulumi.yaml, searched upward like Pulumi."""
    for place in (folder, *folder.absolute().parents):
        for name in PROJECT_FILES:
            try:
                return place, (place / name).read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
    return folder, ""


def setting_in(text: str, *keys: str) -> str | None:
    """Return the text at `keys` in a project file; None where it has none or is invalid."""
    if keys[0] not in text:
        return None
    import yaml  # Lazy import: few projects name a backend or `main:`. YAML includes JSON.

    try:
        # BaseLoader reads every value as text, so that an invalid date cannot fail.
        project: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes texts alone
    except yaml.YAMLError:
        return None
    return _text_at(project, *keys)


def _of_login(environment: Mapping[str, str]) -> str | None:
    home = environment.get("PULUMI_CREDENTIALS_PATH") or environment.get("PULUMI_HOME")
    home = home or f"{environment.get('HOME') or Path.home()}/.pulumi"
    try:
        recorded: Any = json.loads(Path(home, "credentials.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _text_at(recorded, "current")


def _text_at(value: Any, *keys: str) -> str | None:
    for key in keys:
        value = cast(dict[str, Any], value).get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value else None
