"""The probe's HTTP client, which sends one POST as Vapi does and records the exchange.

It does not follow redirects, retry or decompress. It stops after a total time and a number of
bytes, whatever the server does. Requests to this machine use no proxy.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import httpx

from vapi_provider.catalogue.configuration import INVALID_PROXY
from vapi_provider.catalogue.message import split
from vapi_provider.errors import ConfigurationError
from vapi_provider.probe.request import now_in_milliseconds
from vapi_provider.probe.target import Target
from vapi_provider.shared.network_settings import NetworkSettings, settings_for
from vapi_provider.shared.redaction import redact
from vapi_provider.shared.text import escape_control

USER_AGENT = "vapi-phone-numbers-probe/0.1"

_AFTERWARDS_SECONDS = 0.05
"""How long to wait for bytes beyond the answer's Content-Length."""


@dataclass(frozen=True)
class Limits:
    """Limits of an exchange: total seconds until the last byte, and bytes of the body."""

    seconds: float
    bytes: int


@dataclass
class Exchange:
    """An answer, complete or not. Seconds count from the start of the request.

    Attributes:
        arrivals: For each piece of the body, when it arrived and the bytes received until then.
        failure: The reason in one line if the exchange broke off; the body is then incomplete.
        late: Whether the time limit ended the exchange.
        capped: Whether the limit of bytes ended the exchange.
        more_followed: Whether bytes followed beyond the answer's Content-Length.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    arrivals: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]], repr=False)
    seconds: float = 0.0
    failure: str | None = None
    late: bool = False
    capped: bool = False
    more_followed: bool = False

    @property
    def first_byte_seconds(self) -> float | None:
        """The time until the body's first byte; None for an empty body."""
        return self.arrivals[0][0] if self.arrivals else None

    @property
    def chunked(self) -> bool:
        """Whether the answer did not announce the body's length."""
        return "content-length" not in self.headers

    @property
    def streamed(self) -> bool:
        """Whether the body came in several parts, without an announced length."""
        return self.chunked and len(self.arrivals) > 1


async def post(target: Target, body: bytes, limits: Limits) -> Exchange:
    """Post `body` and read the answer; failures of server and network are part of the result."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        # Vapi does not decompress a body before it plays it.
        "Accept-Encoding": "identity",
        "Connection": "close",
        **target.authentication.headers_for(body, target.url, now_in_milliseconds()),
    }
    exchange = Exchange()
    try:
        client = _client(target, limits)
    except ConfigurationError as error:
        exchange.failure = split(str(error)).text
        return exchange
    began = time.perf_counter()

    async def receive() -> None:
        async with (
            client,
            client.stream("POST", target.url, content=body, headers=headers) as answer,
        ):
            exchange.status = answer.status_code
            # A tab is white space in a header, and must not be shown as an escape.
            shown = {
                name.lower(): escape_control(value.expandtabs(1))
                for name, value in answer.headers.items()
            }
            # Before anything shortens a header: a part of an echoed secret would remain.
            exchange.headers = redact(shown, target.secrets)
            received = bytearray()
            try:
                # Not aiter_raw: it closes the connection before `_has_more_bytes` can read on.
                async for piece in cast(httpx.AsyncByteStream, answer.stream):
                    received += piece
                    if piece:
                        exchange.arrivals.append((time.perf_counter() - began, len(received)))
                    exchange.capped = len(received) > limits.bytes
                    if exchange.capped:
                        return
            finally:
                exchange.body = bytes(received)
            exchange.more_followed = await _has_more_bytes(answer, len(received))

    try:
        await asyncio.wait_for(receive(), limits.seconds)
    except asyncio.TimeoutError:
        exchange.late = True
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        exchange.failure = _reason(error)
    exchange.seconds = time.perf_counter() - began
    return exchange


def _client(target: Target, limits: Limits) -> httpx.AsyncClient:
    """Return a client for one request; raise ConfigurationError for a wrong environment."""
    # A proxy must not see what goes to this machine.
    direct = {"no_proxy": "*"} if target.on_this_machine else {}
    network = settings_for(target.url, {**os.environ, **direct})
    try:
        return httpx.AsyncClient(
            # Longer than the total time, so that a late answer is reported as late.
            timeout=limits.seconds + 5,
            follow_redirects=False,
            verify=_tls(network) if target.encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            proxy=network.proxy,
            # What the environment says is in `network`, for this address.
            trust_env=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        raise ConfigurationError(INVALID_PROXY(variable=network.proxy_from)) from None


@cache
def _tls(network: NetworkSettings) -> ssl.SSLContext:
    """Return the trusted certificates; loading them is slow, so once and only for https."""
    if network.certificates is None and network.certificates_folder is None:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.create_default_context(
        cafile=network.certificates, capath=network.certificates_folder
    )


async def _has_more_bytes(answer: httpx.Response, length: int) -> bool:
    """Return whether bytes follow after the answer's Content-Length, which is then too small."""
    if answer.headers.get("content-length") != str(length):
        return False
    stream: Any = answer.extensions.get("network_stream")
    try:
        return bool(stream and await stream.read(1024, timeout=_AFTERWARDS_SECONDS))
    except Exception:  # noqa: BLE001 - httpcore's own errors: nothing more came, which is right
        return False


def _reason(error: Exception) -> str:
    """Describe a failed exchange in one line, by its innermost cause."""
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cast(BaseException, causes[-1].__cause__ or causes[-1].__context__))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not good: {escape_control(cause.verify_message)}"
        if isinstance(cause, ssl.SSLError):
            return "the TLS handshake failed: it may speak plain http"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused: nothing listens there"
    if isinstance(error, httpx.ConnectError):
        return "it cannot be reached: no such host, or no way there"
    if isinstance(error, httpx.RemoteProtocolError):
        return _describe_protocol_error(str(error))
    if isinstance(error, httpx.NetworkError):
        return "the connection was dropped"
    return f"the exchange failed: {type(error).__name__}"


def _describe_protocol_error(text: str) -> str:
    if "without sending a response" in text:
        return "the connection was closed without an answer"
    if "expected" in text and "received" in text:
        return "the connection ended before as many bytes had come as Content-Length promised"
    if "incomplete chunked" in text:
        return "the connection was dropped in the middle of the body"
    return "it does not speak HTTP as it should"
