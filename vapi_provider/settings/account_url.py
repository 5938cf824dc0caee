"""Validation of the account's URL, so that the key is sent to no other host by mistake."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from vapi_provider.catalogue import configuration
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.paths import Project
from vapi_provider.settings.values import invalid_setting
from vapi_provider.shared.loopback import is_loopback

EMBEDDED = "embedded:"
_EXPECTED = "https://<host>, http:// on this machine, or embedded:<SQLite file>"


def account_url(url: str, allowed: str, project: Project) -> tuple[str, Message | None]:
    """Return the account's URL and a warning about it, or None.

    `allowed` is a host that the environment allows. Raises ConfigurationError where the URL is
    invalid or would send the key to another host or without TLS.
    """
    if url.startswith(EMBEDDED):
        name = url.removeprefix(EMBEDDED)
        if not name:
            raise ConfigurationError(configuration.NO_ACCOUNT_FILE())
        file, question, query = name.partition("?")
        path, warning = project.place(file, "the embedded account", tables="phone_number")
        return f"{EMBEDDED}{path}{question}{query}", warning
    parts, host = _split(url)
    loopback = is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise ConfigurationError(configuration.KEY_IN_CLEAR(host=host))
    allowed_here = allowed.lower() in (host, parts.netloc.lower())
    if not (loopback or host.endswith(".vapi.ai") or allowed_here):
        raise ConfigurationError(configuration.FOREIGN_HOST(host=host))
    return url.rstrip("/"), None


def _split(url: str) -> tuple[SplitResult, str]:
    """Return the URL's parts and its host in lower case.

    Raises ConfigurationError for a URL with credentials, a query or a fragment, or without http(s).
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(
            configuration.UNREADABLE_BASE_URL(error=error, expected=_EXPECTED)
        ) from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(configuration.BASE_URL_WITH_PASSWORD())
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.query
        or parts.fragment
        or any(character.isspace() or character == "\\" for character in url)
    ):
        raise invalid_setting("baseUrl", url, _EXPECTED)
    return parts, host.lower()
