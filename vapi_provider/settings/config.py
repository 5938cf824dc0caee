"""Settings of a run, read from the stack's config and the environment.

Each setting is read from the stack's config (namespace `vapi`), then from the environment, then has
its default. The key is sent to Vapi's own hosts and to loopback only, unless the environment names
the host, as a guard against mistakes in the stack's config.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vapi_provider.catalogue import configuration
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.account_url import EMBEDDED, account_url
from vapi_provider.settings.backend import Backend, backend_of
from vapi_provider.settings.journal_location import JournalPlace, Location, shared_location
from vapi_provider.settings.paths import Project, state_home
from vapi_provider.settings.values import invalid_setting, number_setting
from vapi_provider.shared.loopback import account_text

REGIONS = {"us": "https://api.vapi.ai", "eu": "https://api.eu.vapi.ai"}

MAX_REQUEST_SECONDS = 3600
"""Maximum request timeout. Our choice: a hanging request must not block a run forever."""

MAX_READY_SECONDS = 86400

DEFAULT_REQUESTS = 32
"""Default number of requests in flight. Measured: 48 are no faster than 32."""

MAX_REQUESTS = 1000
"""Maximum number of requests in flight. Our choice: each needs a thread and a connection."""


@dataclass(frozen=True)
class Settings:
    """All settings of a run; times are in seconds."""

    api_key: str = field(repr=False)
    region: str
    base_url: str
    journal: Path
    """Journal file of this machine, used unless a shared one exists; lock files are beside it."""
    request_timeout_seconds: float = 30
    max_concurrent_requests: int = DEFAULT_REQUESTS
    ready_timeout_seconds: float = 60
    confirmed_empty_account: str | None = None
    """Organization whose account the user confirms to be empty, where no record can show it."""
    guards: frozenset[str] = frozenset()
    """Enabled rules of `vapi_provider.settings.guards`."""
    max_releases: int | None = None
    """Maximum number of releases in one run; None for no limit."""
    warnings: tuple[Message, ...] = field(default=(), compare=False)
    """Warnings about the settings, one line each."""
    shared_journal: Location | None = None
    """Store of the shared journal, which other machines read as well."""
    backend: Backend = Backend("", is_named=False)
    """Pulumi's state backend; different backends share no journal entries."""

    @property
    def completion_grace_seconds(self) -> float:
        """Seconds in which the API may still complete a request after the client has given up.

        Our choice: the request timeout.
        """
        return self.request_timeout_seconds

    @property
    def journal_place(self) -> JournalPlace:
        """The location of the journal."""
        return JournalPlace(self.journal, self.shared_journal)

    @property
    def account(self) -> str:
        """The account's normalized URL, which is its key in the journal."""
        return account_text(self.base_url)

    @property
    def embedded_file(self) -> Path | None:
        """Absolute path of the embedded account's SQLite file; None for an account over HTTP."""
        if not self.base_url.startswith(EMBEDDED):
            return None
        return Path(self.base_url.removeprefix(EMBEDDED))


def load_settings(
    config: Callable[[str], str | None], environment: Mapping[str, str], folder: Path
) -> Settings:
    """Return the settings from `config`, `environment` and the defaults.

    `config` returns the value of a key such as ``apiKey``. `folder` is the process's folder in the
    project: relative paths are resolved against the folder of its Pulumi.yaml. Raises
    ConfigurationError where a setting is missing or invalid.
    """

    def setting(key: str, *variables: str) -> str | None:
        found = [config(key), *(environment.get(variable) for variable in variables)]
        return next((value.strip() for value in found if value and value.strip()), None)

    region = setting("region", "VAPI_REGION") or "us"
    if region not in REGIONS:
        raise invalid_setting("region", region, f"one of {', '.join(REGIONS)}")
    base_url, url_warning = account_url(
        setting("baseUrl", "VAPI_BASE_URL") or REGIONS[region],
        environment.get("VAPI_ALLOW_BASE_URL", "").strip(),
        Project.around(folder),
    )
    # Lazy import: the preflight of each make target needs the journal's location only.
    from vapi_provider.settings.guards import guards_in
    from vapi_provider.shared.network_settings import network_settings

    # Checked in runs without requests as well, so that a preview fails where `up` would.
    network_settings(base_url, environment)
    journal = journal_in(environment, folder)
    return Settings(
        api_key=_api_key(setting("apiKey", "VAPI_API_KEY", "VAPI_TOKEN"), base_url),
        region=region,
        base_url=base_url,
        request_timeout_seconds=number_setting(
            "requestTimeoutSeconds",
            setting("requestTimeoutSeconds", "VAPI_REQUEST_TIMEOUT_SECONDS"),
            default=30,
            least=0.001,
            most=MAX_REQUEST_SECONDS,
        ),
        max_concurrent_requests=int(
            number_setting(
                "maxConcurrentRequests",
                setting("maxConcurrentRequests", "VAPI_MAX_CONCURRENT_REQUESTS"),
                default=DEFAULT_REQUESTS,
                least=1,
                most=MAX_REQUESTS,
                whole=True,
            )
        ),
        ready_timeout_seconds=number_setting(
            "readyTimeoutSeconds",
            setting("readyTimeoutSeconds", "VAPI_READY_TIMEOUT_SECONDS"),
            default=60,
            least=0,
            most=MAX_READY_SECONDS,
        ),
        guards=guards_in(config("guards")),
        max_releases=max_releases(config("maxReleases"), environment),
        confirmed_empty_account=environment.get("VAPI_CONFIRM_EMPTY_ACCOUNT", "").strip() or None,
        journal=journal.file,
        shared_journal=journal.shared,
        warnings=tuple(text for text in (url_warning, journal.warning) if text),
        backend=backend_of(environment, folder),
    )


def max_releases(configured: str | None, environment: Mapping[str, str]) -> int | None:
    """Return the maximum number of releases; the environment overrides the config for one run.

    Raises ConfigurationError where it is not a whole number.
    """
    named = environment.get("VAPI_MAX_RELEASES", "").strip() or configured
    if not named:
        return None
    return int(number_setting("maxReleases", named, default=0, least=0, whole=True))


def journal_in(environment: Mapping[str, str], folder: Path) -> JournalPlace:
    """Return the journal named by `VAPI_JOURNAL`, else beside a shared state, else per user.

    `folder` is the process's. The user's file is in the state folder of the XDG specification.
    Raises ConfigurationError where `VAPI_JOURNAL` is invalid or there is no home folder.
    """
    shared, warning = shared_location(environment, folder)
    named = environment.get("VAPI_JOURNAL", "").strip()
    if named and shared is None:
        path, warning = Project.around(folder).place(named, "the journal", tables="intent")
        return JournalPlace(path, warning=warning)
    try:
        file = state_home(environment) / "vapi-phone-numbers" / "journal.sqlite"
    except ConfigurationError:
        if shared is None:
            raise
        # Without a home folder use a temporary one: it holds lock files only.
        file = Path(tempfile.gettempdir(), "vapi-phone-numbers", "journal.sqlite")
    return JournalPlace(file, shared, warning)


def _api_key(key: str | None, base_url: str) -> str:
    if key is None:
        if base_url.startswith(EMBEDDED):
            return "embedded"
        raise ConfigurationError(configuration.NO_API_KEY())
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(configuration.MALFORMED_API_KEY())
    return key
