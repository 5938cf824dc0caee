"""`Target`: the one URL that a probe posts to, checked first, and shown without secrets.

A URL may hold a token in its query: what is shown of it is scheme, host and path.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from vapi_provider.errors import ConfigurationError
from vapi_provider.shared.loopback import is_loopback


@dataclass(frozen=True)
class Target:
    """Where to post. `url` may hold a token; `shown` does not."""

    url: str
    shown: str
    on_this_machine: bool
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> Target:
        """The target of an http(s) URL; raises ConfigurationError for anything else."""
        parts, host = _split(url)
        loopback = is_loopback(host)
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}{'?…' if parts.query else ''}"
        return cls(url, shown, loopback, parts.scheme == "https")

    def check_secret(self) -> None:
        """Raises where a secret would go over the network in clear."""
        if not self.encrypted and not self.on_this_machine:
            raise ConfigurationError(
                f"a secret would go to {self.shown} in clear: use https:// (http:// is for this "
                "machine only)"
            )


def where(location: str) -> str:
    """A redirect's address without query, user and password; whatever else it may be, in short."""
    try:
        parts = urlsplit(location)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an address that cannot be read"
    name = f"{parts.scheme}://{host}{f':{port}' if port else ''}" if host else ""
    return plain(f"{name}{parts.path}")[:120] or "nowhere"


def plain(text: str) -> str:
    """`text` fit for a line on a terminal."""
    return "".join(it if it.isprintable() else " " for it in text)


def _split(url: str) -> tuple[SplitResult, str]:
    wanted = "it must be https://<host>/<path>, or http:// for tests"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"this is no URL: {wanted}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "the URL holds a user name or password, which would be shown in lists of processes "
            "and in logs: give a header instead (--header NAME=env:VARIABLE)"
        )
    strange = any(it.isspace() or it == "\\" or not it.isprintable() for it in url)
    if parts.scheme.lower() not in ("http", "https") or not host or strange:
        raise ConfigurationError(f"this is no URL: {wanted}")
    return parts, host.lower()
