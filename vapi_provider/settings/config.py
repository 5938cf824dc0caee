"""Config and environment become one frozen object, or one clear error. Nothing is connected here.

Each setting is looked for in the stack's config (namespace `vapi`), then in the environment, then
has its default. The key goes to Vapi's own hosts and to loopback only, unless the environment
names the host: a guard against mistakes in stack config.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.backend import Backend, backend_of
from vapi_provider.settings.guards import guards_in
from vapi_provider.settings.network import network_settings
from vapi_provider.settings.paths import Place, Project, state_home
from vapi_provider.shared.loopback import account_text, is_loopback

REGIONS = {"us": "https://api.vapi.ai", "eu": "https://api.eu.vapi.ai"}
EMBEDDED = "embedded:"

LONGEST_REQUEST_SECONDS = 3600
"""Our choice: beyond it a request that hangs would stop a run for good."""

LONGEST_READY_SECONDS = 86400

MOST_REQUESTS = 1000
"""At a time. Our choice: each is a thread and a connection."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be configured. Times are in seconds."""

    api_key: str = field(repr=False)
    region: str
    base_url: str
    journal: Path
    """Where intents are written before anything is bought."""
    request_timeout_seconds: float = 30
    max_concurrent_requests: int = 16
    ready_timeout_seconds: float = 60
    confirmed_empty_account: str | None = None
    """Organization that the person says is empty: nothing else could show that a key is its."""
    guards: frozenset[str] = frozenset()
    """Rules of `vapi_provider.settings.guards` that are turned on."""
    max_releases: int | None = None
    """How many numbers one run may release; None for any number."""
    warnings: tuple[str, ...] = field(default=(), compare=False)
    """What a person should know of the settings, one line each."""
    backend: Backend = Backend("", is_named=False)
    """Pulumi's state backend: two of them share no intent."""

    @property
    def late_seconds(self) -> float:
        """How long a request may still be carried out after nobody waits for it any more.

        Our choice: as long as this side would have waited.
        """
        return self.request_timeout_seconds

    @property
    def account(self) -> str:
        """Return the account's normalized URL, by which the journal knows it."""
        return account_text(self.base_url)

    @property
    def embedded_file(self) -> Path | None:
        """The embedded account's SQLite file, absolute; None for an account over HTTP."""
        if not self.base_url.startswith(EMBEDDED):
            return None
        return Path(self.base_url.removeprefix(EMBEDDED))


def load_settings(
    config: Callable[[str], str | None], environment: Mapping[str, str], folder: Path
) -> Settings:
    """Settings from `config` (asked for ``apiKey`` and so on), `environment` and the defaults.

    `folder` is where the process runs, in the project: relative paths are resolved against the
    folder of its Pulumi.yaml. Raises ConfigurationError.
    """
    project = Project.around(folder)

    def setting(key: str, *variables: str) -> str | None:
        found = [config(key), *(environment.get(variable) for variable in variables)]
        return next((value.strip() for value in found if value and value.strip()), None)

    region = setting("region", "VAPI_REGION") or "us"
    if region not in REGIONS:
        raise ConfigurationError(
            f"vapi:region is {region!r}: it must be one of {', '.join(REGIONS)}"
        )
    base_url, moved = _base_url(
        setting("baseUrl", "VAPI_BASE_URL") or REGIONS[region],
        environment.get("VAPI_ALLOW_BASE_URL", "").strip(),
        project,
    )
    # Also in a run that sends nothing: what a preview passes must not fail in `up`.
    network_settings(base_url, environment)
    journal = _journal(environment, project)
    return Settings(
        api_key=_api_key(setting("apiKey", "VAPI_API_KEY", "VAPI_TOKEN"), base_url),
        region=region,
        base_url=base_url,
        request_timeout_seconds=_number(
            "requestTimeoutSeconds",
            setting("requestTimeoutSeconds", "VAPI_REQUEST_TIMEOUT_SECONDS"),
            default=30,
            least=0.001,
            most=LONGEST_REQUEST_SECONDS,
        ),
        max_concurrent_requests=int(
            _number(
                "maxConcurrentRequests",
                setting("maxConcurrentRequests", "VAPI_MAX_CONCURRENT_REQUESTS"),
                default=16,
                least=1,
                most=MOST_REQUESTS,
                whole=True,
            )
        ),
        ready_timeout_seconds=_number(
            "readyTimeoutSeconds",
            setting("readyTimeoutSeconds", "VAPI_READY_TIMEOUT_SECONDS"),
            default=60,
            least=0,
            most=LONGEST_READY_SECONDS,
        ),
        guards=guards_in(config("guards")),
        max_releases=max_releases(config("maxReleases"), environment),
        confirmed_empty_account=environment.get("VAPI_CONFIRM_EMPTY_ACCOUNT", "").strip() or None,
        journal=journal.path,
        warnings=tuple(text for text in (moved, journal.warning) if text),
        backend=backend_of(environment, folder),
    )


def max_releases(configured: str | None, environment: Mapping[str, str]) -> int | None:
    """How many numbers a run may release. The environment wins: it is the way out for one run."""
    named = environment.get("VAPI_MAX_RELEASES", "").strip() or configured
    if not named:
        return None
    return int(_number("maxReleases", named, default=0, least=0, whole=True))


def journal_in(environment: Mapping[str, str], folder: Path) -> Path:
    """Return the journal's file for a process in `folder`. Raises ConfigurationError."""
    return _journal(environment, Project.around(folder)).path


def _journal(environment: Mapping[str, str], project: Project) -> Place:
    """`VAPI_JOURNAL`, or one file a person in the place that the XDG specification gives state."""
    named = environment.get("VAPI_JOURNAL")
    if named:
        return project.place(named, "the journal", tables="intent")
    return Place(state_home(environment) / "vapi-phone-numbers" / "journal.sqlite")


def _api_key(key: str | None, base_url: str) -> str:
    if key is None:
        if base_url.startswith(EMBEDDED):
            return "embedded"
        raise ConfigurationError(
            "no Vapi key: run `pulumi config set --secret vapi:apiKey` with a private key "
            "of the account, or set VAPI_API_KEY"
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "the Vapi key has characters that no key has (a space, a line break, a quote from "
            "another alphabet): copy it again"
        )
    return key


def _base_url(url: str, allowed: str, project: Project) -> tuple[str, str | None]:
    """The account's URL, and what is to be said of it."""
    if url.startswith(EMBEDDED):
        name = url.removeprefix(EMBEDDED)
        if not name:
            raise ConfigurationError(
                "vapi:baseUrl is 'embedded:' without a file: write embedded:<SQLite file>"
            )
        file, question, query = name.partition("?")
        place = project.place(file, "the embedded account", tables="phone_number")
        return f"{EMBEDDED}{place.path}{question}{query}", place.warning
    parts, host = _split(url)
    loopback = is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise ConfigurationError(
            f"vapi:baseUrl sends the key in clear to {host}: use https:// "
            "(http:// is for this machine only)"
        )
    allowed_here = allowed.lower() in (host, parts.netloc.lower())
    if not (loopback or host.endswith(".vapi.ai") or allowed_here):
        raise ConfigurationError(
            f"vapi:baseUrl would send the key to {host}, which is not Vapi: if you mean it, set "
            f"VAPI_ALLOW_BASE_URL={host} in the environment"
        )
    return url.rstrip("/"), None


def _split(url: str) -> tuple[SplitResult, str]:
    """The URL's parts and its host, lower-case; raises for anything but a plain http(s) URL."""
    wanted = "it must be https://<host>, http:// on this machine, or embedded:<SQLite file>"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"vapi:baseUrl cannot be read ({error}): {wanted}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "vapi:baseUrl holds a user name or password: only the key in vapi:apiKey is sent"
        )
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise ConfigurationError(f"vapi:baseUrl is {url!r}: {wanted}")
    if any(character.isspace() or character == "\\" for character in url):
        raise ConfigurationError(f"vapi:baseUrl is {url!r}: {wanted}")
    return parts, host.lower()


def _number(
    key: str,
    text: str | None,
    *,
    default: float,
    least: float,
    most: float = math.inf,
    whole: bool = False,
) -> float:
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < least or (whole and not number.is_integer()):
        kind = "a whole number" if whole else "a number"
        raise ConfigurationError(f"vapi:{key} is {text!r}: it must be {kind}, {least:g} or more")
    if number > most:
        raise ConfigurationError(f"vapi:{key} is {text!r}: it must be {most:g} or less")
    return number
