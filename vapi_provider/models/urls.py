"""Validation of URLs, SIP URIs and headers, to detect parts left empty by unset variables."""

from __future__ import annotations

import base64
import ipaddress
import re
from urllib.parse import urlsplit

_SCHEME_ALONE = re.compile(
    r"""\s*(bearer|basic|token|digest|negotiate|apikey|api-key|key):?\s*(''|"")?\s*""",
    re.IGNORECASE,
)
_NO_PORT = re.compile(r":\d*\Z")
_UNSET = ("None", "undefined", "null", "${")
"""Texts of an unset variable in Python and JavaScript, and of an unexpanded one of a shell."""


def has_host(url: str) -> bool:
    """Return whether `url` is an absolute URL with a host and no space."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # Raises ValueError for an invalid port.
        return bool(parts.scheme) and _is_host(parts.hostname or "") and " " not in url
    except ValueError:
        return False


def is_https(url: str) -> bool:
    """Return whether `url` is an https:// URL with a host."""
    return url.lower().startswith("https://") and has_host(url)


def is_sip_uri(uri: str) -> bool:
    """Return whether `uri` has the scheme ``sip:`` or ``sips:`` and a part after it."""
    scheme, separator, rest = uri.partition(":")
    return scheme.lower() in ("sip", "sips") and bool(separator and rest.strip()) and " " not in uri


def lacks_sip_part(uri: str) -> bool:
    """Return whether a SIP URI has an incomplete host, or an ``@`` without a user before it."""
    user, at, behind = uri.partition(":")[2].rpartition("@")
    host = _NO_PORT.sub("", re.split(r"[;?]", behind)[0])
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    return not _is_host(host) or (bool(at) and user[:1] in ("", ":"))


def lacks_credential(header: str) -> bool:
    """Return whether a header's value is a scheme such as ``Bearer`` without a credential."""
    return _SCHEME_ALONE.fullmatch(header) is not None or _basic(header) == ":"


def unset_word(text: str, *, is_header: bool = False) -> str | None:
    """Return the word of an unset variable in a text, such as ``None``; None where it has none.

    The word must be the whole text, or the host, port or user of a URL or SIP URI. In a header,
    which may have any text, it must be the credential after a scheme.
    """
    scheme, colon, rest = text.partition(":")
    if colon and rest.startswith("//"):
        parts = re.split(r"[@:.]", re.split(r"[/?#]", rest[2:])[0])
    elif colon and scheme.lower() in ("sip", "sips"):
        parts = re.split(r"[@:.]", re.split(r"[;?]", rest)[0])
    elif is_header:
        parts = [*text.split()[1:2], *(_basic(text) or "").split(":")]
    else:
        parts = [text.strip()]
    return next((word for word in _UNSET if any(_is_unset(word, part) for part in parts)), None)


def _is_unset(word: str, part: str) -> bool:
    return part.startswith(word) if word == "${" else part == word


def _is_host(host: str) -> bool:
    """Return whether a host is an IPv6 address or a name without empty or invalid labels."""
    if ":" in host:
        try:
            return bool(ipaddress.ip_address(host))
        except ValueError:
            return False
    labels = host.removesuffix(".").split(".")
    return all(label and not label.startswith("-") and not label.endswith("-") for label in labels)


def _basic(header: str) -> str | None:
    """Return the user and password of Basic authentication; None for any other header."""
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except ValueError:
        return None
