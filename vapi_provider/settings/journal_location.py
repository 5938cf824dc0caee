"""Location of the journal: named by `VAPI_JOURNAL`, else beside the state that Pulumi uses.

No module of a store is imported here, and no connection is opened.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from vapi_provider.catalogue import configuration
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.backend import url_of

FOLDER = ".vapi-journal"
"""Folder under the prefix of the state; Pulumi's own objects are under `.pulumi`."""

_NEEDS = {
    "postgres": ("psycopg", "postgres"),
    **dict.fromkeys(("s3", "gs", "azblob"), ("obstore", "object-store")),
}
"""The library that a scheme needs, and the extra that installs it."""

_SCHEMES = {"postgresql": "postgres", **{scheme: scheme for scheme in _NEEDS}}


@dataclass(frozen=True)
class Location:
    """Store of a shared journal.

    `host` is a bucket, a container or a server; `path` is the prefix of the journal's objects, or
    the database. `url` may contain a password.
    """

    scheme: str
    host: str
    path: str
    query: Mapping[str, str] = field(repr=False, hash=False)
    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL without user, password and parameters, for messages."""
        return f"{self.scheme}://{self.host}/{self.path}".rstrip("/")

    @property
    def is_plain(self) -> bool:
        """Whether the connection to the store has no TLS."""
        return is_true(self.query.get("disableSSL", "")) or any(
            self.query.get(name, "").startswith("http:") for name in ("endpoint", "protocol")
        )


@dataclass(frozen=True)
class JournalPlace:
    """Journal of a run.

    `shared` is the store that other machines read as well. `file` is the journal of this machine,
    used where there is no shared one, else the journal of earlier runs; lock files are beside it.
    """

    file: Path
    shared: Location | None = None
    warning: Message | None = None

    @property
    def kind(self) -> Literal["shared", "file"]:
        """`shared` for a journal that other machines read, `file` for one of this machine."""
        return "file" if self.shared is None else "shared"


def parse(url: str) -> Location | None:
    r"""Return the store that a URL names; None for a path such as ``C:\journal``.

    Raises ConfigurationError where the URL is invalid or its scheme unknown.
    """
    scheme, found, _ = url.partition("://")
    if not found or len(scheme) < 2:  # A single letter is a drive of Windows.
        return None
    known = _SCHEMES.get(scheme.lower())
    if known is None:
        raise ConfigurationError(configuration.JOURNAL_SCHEME(scheme=scheme))
    try:
        parts = urlsplit(f"{known}://{url.partition('://')[2]}")
        host = (parts.hostname or "") if known == "postgres" else parts.netloc
        port = parts.port if known == "postgres" else None
    except ValueError:
        raise ConfigurationError(configuration.JOURNAL_URL(scheme=known)) from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    path = unquote(parts.path).strip("/")
    if known == "postgres":
        host = f"{host}:{port}" if port else host
        return Location(known, host, path, query, url)
    if not host:
        raise ConfigurationError(configuration.JOURNAL_BUCKET(scheme=known))
    path = "/".join(part for part in (path, query.get("prefix", "").strip("/")) if part)
    if path.rpartition("/")[2] != FOLDER:
        path = f"{path}/{FOLDER}".lstrip("/")
    return Location(known, host, path, query, url)


def journal_beside(backend_url: str) -> str | None:
    """Return the URL of the journal beside a backend; None for a backend that is not shared.

    The URL has no password; `with_password` adds the backend's when the journal is opened.
    """
    scheme = _SCHEMES.get(backend_url.partition("://")[0].lower())
    if scheme is None:
        return None
    try:
        parts = urlsplit(backend_url)
        if scheme == "postgres":
            host = parts.netloc.rpartition("@")[2]
            user = quote(unquote(parts.username), safe="") if parts.username else ""
            place = f"{user}@{host}" if user else host
            query = [(name, value) for name, value in parse_qsl(parts.query) if name != "password"]
            return urlunsplit(("postgres", place, parts.path, urlencode(query), ""))
    except ValueError:
        return None  # Pulumi rejects such a URL, too.
    prefix = "/".join(part for part in (parts.path.strip("/"), FOLDER) if part)
    return urlunsplit((scheme, parts.netloc, f"/{prefix}", parts.query, ""))


def shared_location(
    environment: Mapping[str, str], folder: Path
) -> tuple[Location | None, Message | None]:
    """Return the shared store that a process in `folder` uses, if any, and a warning or None.

    Raises ConfigurationError where `VAPI_JOURNAL` is invalid or its library is not installed.
    """
    named = environment.get("VAPI_JOURNAL", "").strip()
    backend_url = url_of(environment, folder)
    url = named or journal_beside(backend_url)
    location = parse(url) if url else None
    if location is None:
        return None, None
    library, extra = _NEEDS[location.scheme]
    if importlib.util.find_spec(library):
        return with_password(location, backend_url), None
    package = f"'vapi-phone-numbers[{extra}]'"
    if not named:
        return None, configuration.JOURNAL_NOT_SHARED(library=library, package=package)
    raise ConfigurationError(
        configuration.JOURNAL_LIBRARY(place=location.shown, library=library, package=package)
    )


def with_password(location: Location, backend_url: str) -> Location:
    """Return a location with the backend's password if both are the same database."""
    if location.scheme != "postgres" or urlsplit(location.url).password:
        return location
    url = journal_beside(backend_url)
    if url is None or urlsplit(url)[:3] != urlsplit(location.url)[:3]:
        return location
    parts = urlsplit(backend_url)
    query = dict(location.query)
    password = dict(parse_qsl(parts.query)).get("password") or unquote(parts.password or "")
    if password:
        query["password"] = password
    return Location(location.scheme, location.host, location.path, query, location.url)


def export_url(environment: Mapping[str, str], folder: Path) -> str | None:
    """Return the value that `make env` exports as VAPI_JOURNAL; None for no shared store."""
    if environment.get("VAPI_JOURNAL", "").strip():
        return None
    location, _ = shared_location(environment, folder)
    return None if location is None else location.url


def require_lasting(environment: Mapping[str, str], folder: Path) -> None:
    """Raise ConfigurationError where a pipeline's journal would end with its runner.

    That is on Pulumi Cloud, unless `VAPI_JOURNAL` names a place. Pipelines set ``CI``.
    """
    if not is_true(environment.get("CI", "")) or environment.get("VAPI_JOURNAL", "").strip():
        return
    if url_of(environment, folder).partition("://")[0].lower() in ("http", "https"):
        raise ConfigurationError(configuration.JOURNAL_ENDS_WITH_RUNNER())


def is_true(text: str) -> bool:
    """Return whether a URL parameter is true by the rules of Go."""
    return text.strip().lower() in ("1", "t", "true")
