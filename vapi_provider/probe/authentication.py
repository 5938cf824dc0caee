"""How a server knows that Vapi is calling: fixed headers, a bearer token, a signature.

The ways of Vapi's custom credentials (api guide, server authentication), except OAuth 2: for that
get a token yourself and give it as a bearer. A secret is named by where it lies, never written on a
command line, and never in an error or a repr.
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

from vapi_provider.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

_OURS = ("host", "content-length", "content-type", "transfer-encoding", "connection")
"""Headers that the request itself has."""


@dataclass(frozen=True)
class Hmac:
    """A signature over timestamp and body. The defaults are those of Vapi's credential."""

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
    # The unit is documented nowhere; messages carry milliseconds.
    unit: Literal["milliseconds", "seconds"] = "milliseconds"

    def sign(self, body: bytes, url: str, milliseconds: int) -> dict[str, str]:
        """The headers that prove who sent `body`."""
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
            values[piece] if at % 2 else piece.encode() for at, piece in enumerate(pieces)
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
            raise ConfigurationError("the HMAC secret is not base64") from None


@dataclass(frozen=True)
class Authentication:
    """What goes with every request of a run; empty where the server asks for nothing."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    hmac: Hmac | None = None

    def __post_init__(self) -> None:
        named = [*self.headers, *_header_names(self.hmac)]
        for name in named:
            if not _NAME.fullmatch(name) or name.lower() in _OURS:
                raise ConfigurationError(f"{name!r} cannot be a header of its own")
        for name, value in self.headers.items():
            if not value.isascii() or not value.isprintable():
                raise ConfigurationError(
                    f"the value for header {name} has characters no header has"
                )

    def __bool__(self) -> bool:
        return bool(self.headers) or self.hmac is not None

    def of(self, body: bytes, url: str, milliseconds: int) -> dict[str, str]:
        """The headers for one request."""
        signed = self.hmac.sign(body, url, milliseconds) if self.hmac else {}
        return {**self.headers, **signed}

    @property
    def secrets(self) -> list[str]:
        """What must never be shown."""
        return [*self.headers.values(), *([self.hmac.secret] if self.hmac else [])]


def bearer(token: str) -> dict[str, str]:
    """The header of a bearer token."""
    return {"Authorization": f"Bearer {token}"}


def secret_at(place: str, environment: Mapping[str, str] = os.environ) -> str:
    """The secret at ``env:VARIABLE`` or ``file:PATH``, without a line break at its end."""
    where, colon, name = place.partition(":")
    if where not in ("env", "file") or not colon or not name:
        raise ConfigurationError(
            "a secret is named by where it lies, env:VARIABLE or file:PATH, never written out"
        )
    if where == "env":
        if not environment.get(name):
            raise ConfigurationError(f"{name} is not set in the environment")
        return environment[name]
    try:
        found = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"the secret's file cannot be read: {name}") from None
    if not found:
        raise ConfigurationError(f"the secret's file is empty: {name}")
    return found


def _header_names(hmac: Hmac | None) -> list[str]:
    if hmac is None:
        return []
    names = (hmac.signature_header, hmac.timestamp_header, hmac.message_id_header)
    return [name for name in names if name is not None]
