"""Which state backend a run uses, as a digest that holds no credential.

Two spellings of one backend (another role, a rotated password, `postgresql://`, a default port)
have one identity, so that a rerun finds the intents of the run before it.
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

_PORTS = {"http": 80, "https": 443, "postgres": 5432}

_NAMES_THE_STORE = frozenset(
    {"endpoint", "hostname", "host", "port", "dbname", "database", "table", "schema", "search_path"}
    | {"storage_account", "domain", "prefix"}
)
"""Query parameters that say which store is meant; others are credentials, TLS and time limits."""


@dataclass(frozen=True)
class Backend:
    """A state backend's identity, and whether the environment named the backend."""

    identity: str
    is_named: bool


def backend_of(environment: Mapping[str, str], folder: Path) -> Backend:
    """Return the backend that Pulumi uses in `folder`, found in the order that Pulumi has.

    That is `PULUMI_BACKEND_URL`, `backend.url` of Pulumi.yaml, then what `pulumi login` recorded.
    """
    named = environment.get("PULUMI_BACKEND_URL", "").strip()
    root, _ = _project_in(folder)
    return Backend(identity_of(url_of(environment, folder), environment, root), bool(named))


def url_of(environment: Mapping[str, str], folder: Path) -> str:
    """Return the URL of that backend as it is written; it may hold a password."""
    named = environment.get("PULUMI_BACKEND_URL", "").strip()
    _, project = _project_in(folder)
    return named or _backend_in(project) or _of_login(environment) or PULUMI_CLOUD


def folder_of(environment: Mapping[str, str], folder: Path) -> Path | None:
    """Return the folder of a file backend; None for a backend of another kind."""
    url = url_of(environment, folder)
    if url.partition("://")[0].lower() != "file":
        return None
    root, _ = _project_in(folder)
    path = url.partition("://")[2].partition("?")[0]
    return Path(_folder_in(path, environment, root))


def project_name(folder: Path) -> str | None:
    """Return the project's name in Pulumi.yaml; None where it cannot be read."""
    _, text = _project_in(folder)
    found = re.search(r"""^["']?name["']?:[ \t]*["']?([\w.-]+)""", text, re.MULTILINE)
    return found.group(1) if found else None


def identity_of(url: str, environment: Mapping[str, str], folder: Path) -> str:
    """Return a digest of what in a backend's URL says which store it is."""
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
        # Pulumi refuses such a URL, too. What stands before the last @ may be a password.
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
    # A bucket; its prefix is in the path or in the query.
    prefix = "/".join(one.strip("/") for one in (path, query.pop("prefix", "")) if one.strip("/"))
    for name, variables in _FROM_ENVIRONMENT.get(scheme, {}).items():
        value = next((environment[one] for one in variables if environment.get(one)), "")
        if value and name not in query:
            query[name] = value
    if "endpoint" in query:
        query["endpoint"] = _endpoint(query["endpoint"])
    return [scheme, host or parts.netloc, prefix, query]


_FROM_ENVIRONMENT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "s3": {"endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")},
    "azblob": {
        "storage_account": ("AZURE_STORAGE_ACCOUNT",),
        "domain": ("AZURE_STORAGE_DOMAIN",),
    },
}
"""Parameters of a bucket's URL that Pulumi's drivers also take from the environment."""


def _database(
    host: str,
    port: int | None,
    path: str,
    query: dict[str, str],
    environment: Mapping[str, str],
    user: str | None,
) -> list[Any]:
    # The driver's own order: query, URL, environment; the database defaults to the role's name.
    host = query.pop("host", "") or query.pop("hostname", "") or host
    host = host or environment.get("PGHOST", "") or "localhost"
    number = query.pop("port", "") or port or environment.get("PGPORT", "") or _PORTS["postgres"]
    name = query.pop("dbname", "") or query.pop("database", "") or path
    name = name or environment.get("PGDATABASE", "") or user or environment.get("PGUSER", "")
    return ["postgres", _host(host), str(number), name, query]


def _host(host: str) -> str:
    host = host.lower().rstrip(".")
    return "loopback" if is_loopback(host) else host


def _endpoint(text: str) -> str:
    """Return an endpoint's host and port: with a scheme or without, it is the same store."""
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
    """Return the project's folder and its Pulumi.yaml, looked for upward, as Pulumi does."""
    for place in (folder, *folder.absolute().parents):
        for name in ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json"):
            try:
                return place, (place / name).read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue
    return folder, ""


def _backend_in(text: str) -> str | None:
    if "backend" not in text:
        return None
    import yaml  # Lazily: few projects name their backend there.

    try:
        project: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    return _text_at(project, "backend", "url")


def _of_login(environment: Mapping[str, str]) -> str | None:
    home = environment.get("PULUMI_HOME") or f"{environment.get('HOME') or Path.home()}/.pulumi"
    try:
        recorded: Any = json.loads(Path(home, "credentials.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return _text_at(recorded, "current")


def _text_at(value: Any, *keys: str) -> str | None:
    for key in keys:
        value = cast(dict[str, Any], value).get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) and value else None
