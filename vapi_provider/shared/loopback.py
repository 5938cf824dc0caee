"""Detection of loopback hosts, to which a secret may be sent without TLS."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Return whether a host in lower case is loopback; our choice: names are not resolved."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def account_text(base_url: str) -> str:
    """Return an account's base URL in one spelling: without query, with one name for loopback.

    The URL of an embedded account, which names its file, only loses its query.
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
