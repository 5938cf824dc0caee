"""Redaction of the backend URL's credentials in Pulumi's messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from vapi_provider.settings.backend import url_of
from vapi_provider.shared.redaction import REDACTED

_NAME = re.compile(r"pass|secret|token|key|sas|sig|cred", re.IGNORECASE)
"""The names of query parameters that may hold a credential."""

_SHORT = 5
"""The length from which a secret is redacted everywhere.

A shorter one may be part of any word, so it is redacted after a colon or an equals sign only.
"""


def without_credentials(text: str, environment: Mapping[str, str], folder: Path) -> str:
    """Return a message of Pulumi's with the credentials of the backend's URL redacted."""
    raw = set(_credentials(url_of(environment, folder).partition("://")[2]))
    decoded = {decode(text) for text in raw for decode in (unquote, unquote_plus)}
    encoders = (quote, quote_plus, _quote_all)
    encoded = {encode(unquote(text)) for text in raw for encode in encoders}
    for secret in sorted(filter(None, raw | decoded | encoded), key=len, reverse=True):
        pattern = re.escape(secret)
        text = re.sub(pattern if len(secret) >= _SHORT else f"(?<=[:=]){pattern}", REDACTED, text)
    return text


def _credentials(rest: str) -> Iterator[str]:
    """Yield the parts of a URL, given without its scheme, that may be credentials."""
    path, _, query = rest.partition("?")
    # A password that is not escaped may itself contain a slash, a question mark or an @.
    for part in (re.split("[/?#]", rest, maxsplit=1)[0], path, rest):
        yield part.rpartition("@")[0].partition(":")[2]
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if _NAME.search(name):
            yield value


def _quote_all(text: str) -> str:
    return quote(text, safe="")
