"""The URL that a probe posts to; only its scheme, host and path are shown.

A query may contain a token.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from vapi_provider.catalogue import servers as catalogue
from vapi_provider.errors import ConfigurationError
from vapi_provider.shared.loopback import is_loopback
from vapi_provider.shared.text import escape_control


@dataclass(frozen=True)
class Target:
    """A validated URL. `url` may contain a token; `shown` does not."""

    url: str
    shown: str
    on_this_machine: bool
    encrypted: bool

    @classmethod
    def parse(cls, url: str) -> Target:
        """Return the target of an http(s) URL.

        Raises:
            ConfigurationError: The text is no such URL, or holds a user name or password.
        """
        parts, host = _split(url)
        loopback = is_loopback(host)
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}{'?…' if parts.query else ''}"
        return cls(url, shown, loopback, parts.scheme == "https")

    def check_secret(self) -> None:
        """Raise ConfigurationError if a secret would cross the network in plain text."""
        if not self.encrypted and not self.on_this_machine:
            raise ConfigurationError(catalogue.PROBE_IN_CLEAR(url=self.shown))


def shorten_location(location: str) -> str:
    """Return a redirect's address on one short line, without query, user name and password."""
    try:
        parts = urlsplit(location)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an address that cannot be read"
    name = f"{parts.scheme}://{host}{f':{port}' if port else ''}" if host else ""
    return escape_control(f"{name}{parts.path}")[:120] or "nowhere"


def _split(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(catalogue.PROBE_URL()) from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(catalogue.PROBE_URL_PASSWORD())
    is_clean = all(
        character.isprintable() and not character.isspace() and character != "\\"
        for character in url
    )
    if parts.scheme.lower() not in ("http", "https") or not host or not is_clean:
        raise ConfigurationError(catalogue.PROBE_URL())
    return parts, host.lower()
