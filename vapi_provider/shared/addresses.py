"""Credentials in URLs and SIP URIs: user information, query and fragment.

A token in the path cannot be distinguished from other paths, so it is not detected.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*):(?P<slashes>//)?"
    r"(?P<authority>[^/?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE | re.DOTALL,
)


def contains_user_information(text: str) -> bool:
    """Return whether a URL has user information, or a SIP URI (``sip:user@host``) a password."""
    user, colon, _ = _user_information(text).partition(":")
    return bool(user or colon) if _has_slashes(text) else bool(colon)


def contains_credentials(text: str) -> bool:
    """Return whether a URL or SIP URI has a part that may be a credential."""
    return contains_user_information(text) or any(_after_the_path(text))


def credentials_in(text: str) -> Iterator[str]:
    """Yield the texts that output must not show: a URL with credentials and their parts."""
    if not contains_credentials(text):
        return
    yield text
    user, _, password = _user_information(text).partition(":")
    if contains_user_information(text):
        yield from (_user_information(text), password) if password else (user,)
    for part in _after_the_path(text):
        yield part
        yield from (pair.rpartition("=")[2] for pair in re.split(r"[&;]", part))


def bare(text: str) -> str:
    """Return a URL without user information, query and fragment; a SIP URI keeps its user."""
    found = _URL.match(text)
    if found is None or not contains_credentials(text):
        return text
    user, at, host = found["authority"].rpartition("@")
    if contains_user_information(text):
        user, at = ("", "") if _has_slashes(text) else (user.partition(":")[0], at)
    return f"{found['scheme']}:{found['slashes'] or ''}{user}{at}{host}{found['path']}"


def words_in(secret: str) -> Iterator[str]:
    """Yield a secret and its parts that are secret as well, such as `T` in `Bearer T`."""
    yield secret
    yield unquote(secret)
    scheme, _, token = secret.rpartition(" ")
    yield token
    if scheme.strip().lower() == "basic":
        try:
            decoded = base64.b64decode(token, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield from (decoded, decoded.partition(":")[2])


def _has_slashes(text: str) -> bool:
    found = _URL.match(text)
    return found is not None and found["slashes"] is not None


def _user_information(text: str) -> str:
    found = _URL.match(text)
    return found["authority"].rpartition("@")[0] if found else ""


def _after_the_path(text: str) -> tuple[str, ...]:
    """Return the query and the fragment that are not empty."""
    found = _URL.match(text)
    parts = (found["query"], found["fragment"]) if found else ()
    return tuple(part for part in parts if part)
