"""Which hosts are this machine: a secret may go to them without TLS."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a URL's host, in lower case, is this machine. Our choice: no name is resolved."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def account_text(base_url: str) -> str:
    """Return an account's base URL as one text for all its spellings.

    Without query, with one name for this machine; an embedded account's is its file.
    """
    url = base_url.partition("?")[0]
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    host = "loopback" if is_loopback(host) else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    shown = "" if port in (None, default) else f":{port}"
    return f"{parts.scheme}://{host}{shown}{parts.path.rstrip('/')}"
