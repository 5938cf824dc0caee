"""URLs and SIP URIs as a program puts them together, perhaps from variables that are unset."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_SCHEME_ALONE = re.compile(r"\s*(bearer|basic|token|digest|apikey|api-key|key)\s*", re.IGNORECASE)
_PORT = re.compile(r":\d*")


def has_host(url: str) -> bool:
    """Return whether `url` is an absolute URL with a host and no space."""
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and parts.hostname) and " " not in url
    except ValueError:
        return False


def is_https(url: str) -> bool:
    """Return whether `url` is an https:// URL with a host."""
    return url.lower().startswith("https://") and has_host(url)


def is_sip_uri(uri: str) -> bool:
    """Return whether `uri` has the scheme ``sip:`` or ``sips:`` and something behind it."""
    scheme, separator, rest = uri.partition(":")
    return scheme.lower() in ("sip", "sips") and bool(separator and rest.strip()) and " " not in uri


def lacks_sip_part(uri: str) -> bool:
    """Return whether a SIP URI has no host, or an ``@`` with no user before it."""
    user, at, behind = uri.partition(":")[2].rpartition("@")
    host = re.split(r"[;?]", behind)[0]
    return not host or _PORT.fullmatch(host) is not None or (bool(at) and user[:1] in ("", ":"))


def lacks_credential(header: str) -> bool:
    """Return whether a header's value names a scheme such as ``Bearer`` with nothing behind it."""
    return _SCHEME_ALONE.fullmatch(header) is not None
