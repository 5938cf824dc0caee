"""Authentication of the probe's requests: fixed headers, a bearer token, an HMAC signature.

These are the methods of Vapi's custom credentials (API guide, server authentication). OAuth 2 is
not among them: the user passes a token as bearer instead. A secret comes from the environment or a
file; command lines, errors and reprs must not contain it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from vapi_provider.catalogue import servers as catalogue
from vapi_provider.errors import ConfigurationError

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_RESERVED = ("host", "content-length", "content-type", "transfer-encoding", "connection")
"""Headers that the probe sets itself."""


@dataclass(frozen=True)
class Hmac:
    """A signature over timestamp and body, with the defaults of Vapi's credential."""

    secret: str = field(repr=False)
    algorithm: Literal["sha256", "sha512", "sha1"] = "sha256"
    signature_header: str = "x-signature"
    timestamp_header: str = "x-timestamp"
    prefix: str = ""
    payload: str = "{timestamp}.{body}"
    message_id_header: str | None = None
    encoding: Literal["hex", "base64"] = "hex"
    secret_is_base64: bool = False
    include_timestamp: bool = True
    # Vapi does not document the unit; its messages use milliseconds.
    unit: Literal["milliseconds", "seconds"] = "milliseconds"

    def sign(self, body: bytes, url: str, milliseconds: int) -> dict[str, str]:
        """Return the headers that authenticate the sender of `body`."""
        moment = str(milliseconds if self.unit == "milliseconds" else milliseconds // 1000)
        message_id = f"msg_{uuid.uuid4().hex}"
        values = {
            "timestamp": moment.encode() if self.include_timestamp else b"",
            "body": body,
            "method": b"POST",
            "url": url.encode(),
            "svix-id": message_id.encode(),
        }
        pieces = re.split(r"\{(timestamp|body|method|url|svix-id)\}", self.payload)
        payload = b"".join(
            values[piece] if index % 2 else piece.encode() for index, piece in enumerate(pieces)
        )
        digest = hmac.new(self._key(), payload, getattr(hashlib, self.algorithm)).digest()
        signature = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        headers = {self.signature_header: self.prefix + signature}
        if self.include_timestamp:
            headers[self.timestamp_header] = moment
        if self.message_id_header:
            headers[self.message_id_header] = message_id
        return headers

    def _key(self) -> bytes:
        if not self.secret_is_base64:
            return self.secret.encode()
        try:
            return base64.b64decode(self.secret, validate=True)
        except binascii.Error:
            reason = "the secret is not base64"
            raise ConfigurationError(
                catalogue.PROBE_HMAC(option="--hmac-option secret-is-base64", reason=reason)
            ) from None


@dataclass(frozen=True)
class Authentication:
    """The headers and the signature of every request to one server; both may be missing."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    hmac: Hmac | None = None

    def __post_init__(self) -> None:
        for name in (*self.headers, *_header_names(self.hmac)):
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _RESERVED:
                raise ConfigurationError(
                    catalogue.PROBE_HEADER(name=name, reason="cannot be a header of its own")
                )
        for name, value in self.headers.items():
            if not value.isascii() or not value.isprintable():
                reason = "has characters that no header can have"
                raise ConfigurationError(catalogue.PROBE_HEADER(name=name, reason=reason))

    def __bool__(self) -> bool:
        return bool(self.headers) or self.hmac is not None

    def headers_for(self, body: bytes, url: str, milliseconds: int) -> dict[str, str]:
        """Return the headers of one request."""
        signed = self.hmac.sign(body, url, milliseconds) if self.hmac else {}
        return {**self.headers, **signed}

    @property
    def secrets(self) -> list[str]:
        """The texts that must never be shown."""
        return [*self.headers.values(), *([self.hmac.secret] if self.hmac else [])]


def bearer_header(token: str) -> dict[str, str]:
    """Return the header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}


def read_secret(place: str) -> str:
    """Return the secret at ``env:VARIABLE`` or ``file:PATH``, without a line break at its end."""
    source, colon, name = place.partition(":")
    if source not in ("env", "file") or not colon or not name:
        raise ConfigurationError(catalogue.PROBE_SECRET_FORM())
    if source == "env":
        if not os.environ.get(name):
            raise _missing(f"variable {name}", "is not set")
        return os.environ[name]
    try:
        secret = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise _missing(f"file {name}", "cannot be read") from None
    if not secret:
        raise _missing(f"file {name}", "is empty")
    return secret


def _missing(place: str, reason: str) -> ConfigurationError:
    return ConfigurationError(catalogue.PROBE_SECRET_MISSING(place=place, reason=reason))


def _header_names(hmac: Hmac | None) -> list[str]:
    if hmac is None:
        return []
    names = (hmac.signature_header, hmac.timestamp_header, hmac.message_id_header)
    return [name for name in names if name is not None]
