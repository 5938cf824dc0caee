"""Admission of requests to a served account: their host, duration and size.

A web page can send requests to this machine under its own host name (DNS rebinding), and any local
program can send incomplete requests or wrong lengths. They are rejected before the account.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Callable, Mapping
from email.message import Message
from typing import IO, Any

from vapi_provider.shared.loopback import is_loopback

IDLE_SECONDS = 75.0
"""How long a connection may stay idle; longer than the clients keep theirs."""

REQUEST_SECONDS = 30.0
"""How long a request may take to arrive, and its answer to be sent."""

CONNECTIONS = 512
"""How many connections may be open at once."""

BODY_BYTES = 16 * 2**20
_PIECE = 64 * 1024
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)


class RequestRejected(Exception):
    """A request that never reaches the account; the connection is closed after the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class TimedReader(io.RawIOBase):
    """A connection's bytes: a request may begin late, but must then arrive within a time limit."""

    def __init__(
        self,
        connection: socket.socket,
        idle: float = IDLE_SECONDS,
        whole: float = REQUEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._connection = connection
        self._idle = idle
        self._whole = whole
        self._clock = clock
        self._until: float | None = None

    def next_request(self) -> None:
        """Reset the time limit before the next request."""
        self._until = None

    def readable(self) -> bool:
        """Return True, as `io` requires."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read the available bytes; raise TimeoutError if the request takes too long."""
        left = self._idle if self._until is None else self._until - self._clock()
        if left <= 0:
            raise TimeoutError("the request did not arrive in time")
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer)
        if self._until is None:
            self._until = self._clock() + self._whole
        return count


def check_request(headers: Message, environ: Mapping[str, Any]) -> int | None:
    """Return the length of a request's body, None for one in chunks; raise RequestRejected."""
    # A line that is no header ends the headers, so a length after it would be in the payload.
    if headers.defects or headers.get_payload():
        raise RequestRejected(400, "a line of the headers cannot be read")
    hosts = headers.get_all("Host", [])
    if len(hosts) > 1 or (not hosts and environ["SERVER_PROTOCOL"] != "HTTP/1.0"):
        raise RequestRejected(400, "there must be one Host header")
    # An absolute request target names a host, too.
    for host in {*hosts, *([environ["HTTP_HOST"]] if "HTTP_HOST" in environ else [])}:
        if not _is_this_machine(host):
            raise RequestRejected(
                403, "this account is served to this machine only, by a loopback host"
            )
    lengths, codings = headers.get_all("Content-Length", []), headers.get_all("Transfer-Encoding")
    if codings is not None:
        if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise RequestRejected(400, "the length of the body is unclear")
        return None
    if len(lengths) > 1 or any(not _LENGTH.fullmatch(length) for length in lengths):
        raise RequestRejected(400, "Content-Length must be one whole number")
    length = int(lengths[0]) if lengths else 0
    if length > BODY_BYTES:
        raise _too_large()
    return length


def read_body(source: IO[bytes], length: int | None) -> bytes:
    """Return the whole body; raise RequestRejected for one that is too large or broken."""
    content = bytearray()
    try:
        while length is None or len(content) < length:
            size = _PIECE if length is None else min(_PIECE, length - len(content))
            piece = source.read(size)
            if not piece:
                break
            content += piece
            if len(content) > BODY_BYTES:
                raise _too_large()
    except TimeoutError:
        raise
    except OSError:
        raise RequestRejected(400, "the chunks of the body cannot be read") from None
    if length is not None and len(content) < length:
        raise ConnectionResetError("the body was cut off")
    return bytes(content)


def _is_this_machine(host: str) -> bool:
    name, bracket, rest = host[1:].partition("]") if host.startswith("[") else (host, "", "")
    if not bracket:
        name, _, rest = host.partition(":")
        rest = f":{rest}" if rest else ""
    port = rest.removeprefix(":")
    is_port = rest == "" or (rest.startswith(":") and (port.isdecimal() and port.isascii()))
    return is_port and is_loopback(name.lower())


def _too_large() -> RequestRejected:
    return RequestRejected(413, f"the body is larger than {BODY_BYTES // 2**20} MiB")
