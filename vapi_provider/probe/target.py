"""The URL that a probe posts to; only its scheme, host and path are shown.

A query may contain a token.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from vapi_provider.catalogue import servers as catalogue
from vapi_provider.errors import ConfigurationError
from vapi_provider.probe.authentication import Authentication
from vapi_provider.shared.addresses import credentials_in
from vapi_provider.shared.loopback import is_loopback
from vapi_provider.shared.text import escape_control


@dataclass(frozen=True)
class Target:
    """A validated URL, and the authentication for it. `url` may contain a token, unlike `shown`."""

    url: str
    shown: str
    on_this_machine: bool
    encrypted: bool
    authentication: Authentication

    @classmethod
    def parse(cls, url: str, authentication: Authentication) -> Target:
        """Return the target of an http(s) URL.

        Raises:
            ConfigurationError: The text is no such URL, holds a user name or password, or a secret
                would cross the network in plain text.
        """
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
        if parts.scheme not in ("http", "https") or not host or not is_clean:
            raise ConfigurationError(catalogue.PROBE_URL())
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}{'?…' if parts.query else ''}"
        loopback, encrypted = is_loopback(host), parts.scheme == "https"
        if authentication and not encrypted and not loopback:
            raise ConfigurationError(catalogue.PROBE_IN_CLEAR(url=shown))
        return cls(url, shown, loopback, encrypted, authentication)

    @property
    def secrets(self) -> list[str]:
        """The texts that are sent to the server and must not be shown, its URL's among them."""
        return [*self.authentication.secrets, *credentials_in(self.url)]


def shorten_location(location: str) -> str:
    """Return a redirect's address on one short line, without query, user name and password."""
    try:
        parts = urlsplit(location)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an address that cannot be read"
    name = f"{parts.scheme}://{host}{f':{port}' if port else ''}" if host else ""
    return escape_control(f"{name}{parts.path}")[:120] or "nowhere"
