"""One POST as Vapi makes it, and what came of it: `Exchange`. The only room here that knows HTTP.

It never follows a redirect, never repeats, never decodes, and ends after a total time and a number
of bytes, whatever the server does. It has no key of the account, and no proxy for this machine.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import httpx

from vapi_provider.errors import ConfigurationError
from vapi_provider.probe.target import Target, plain
from vapi_provider.shared.network_settings import NetworkSettings, settings_for

USER_AGENT = "vapi-phone-numbers-probe/0.1"

_AFTERWARDS_SECONDS = 0.05
"""How long to look for bytes beyond the length that the answer gave itself."""


@dataclass(frozen=True)
class Limits:
    """When to stop: seconds from the first step to the last byte, and bytes of the body."""

    seconds: float
    bytes: int


@dataclass(frozen=True)
class Exchange:
    """What came back. Seconds count from the moment the request was begun.

    `failure` is one line for what broke the exchange off (the body is then what had come);
    `late` if that was the time limit, `capped` if it was the limit of bytes.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    arrivals: tuple[tuple[float, int], ...] = field(default=(), repr=False)
    seconds: float = 0.0
    failure: str | None = None
    late: bool = False
    capped: bool = False
    more_followed: bool = False

    @property
    def first_byte_seconds(self) -> float | None:
        """When the first byte of the body came; None for an empty one."""
        return self.arrivals[0][0] if self.arrivals else None

    @property
    def chunked(self) -> bool:
        """Whether the body came without a length given beforehand."""
        return "content-length" not in self.headers

    @property
    def streamed(self) -> bool:
        """Whether it came in parts as they were made: with no length beforehand, in several."""
        return self.chunked and len(self.arrivals) > 1


async def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    limits: Limits,
    clock: Callable[[], float] = time.perf_counter,
) -> Exchange:
    """Posts `body` and reads the answer; never raises for what a server or a network may do."""
    try:
        client = _client(target, limits)
    except ConfigurationError as error:
        return Exchange(failure=str(error))
    got = _Got(clock, clock(), limits)
    failure, late = None, False
    try:
        await asyncio.wait_for(_exchange(client, target, body, headers, got), limits.seconds)
    except asyncio.TimeoutError:
        late = True
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        failure = _reason(error)
    return got.exchange(failure, late)


class _Got:
    """What has come so far, kept when the exchange is broken off."""

    def __init__(self, clock: Callable[[], float], began: float, limits: Limits) -> None:
        self.clock, self.began, self.limits = clock, began, limits
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.arrivals: list[tuple[float, int]] = []
        self.capped = self.more_followed = False

    def take(self, piece: bytes) -> bool:
        """Keeps a piece of the body; whether more is wanted."""
        self.body += piece
        if piece:
            self.arrivals.append((self.clock() - self.began, len(self.body)))
        self.capped = len(self.body) > self.limits.bytes
        return not self.capped

    def exchange(self, failure: str | None, late: bool) -> Exchange:
        return Exchange(
            status=self.status,
            headers=self.headers,
            body=bytes(self.body),
            arrivals=tuple(self.arrivals),
            seconds=self.clock() - self.began,
            failure=failure,
            late=late,
            capped=self.capped,
            more_followed=self.more_followed,
        )


async def _exchange(
    client: httpx.AsyncClient, target: Target, body: bytes, headers: Mapping[str, str], got: _Got
) -> None:
    ours = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        # What is compressed has to be decompressed before it can be heard.
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    async with (
        client,
        client.stream("POST", target.url, content=body, headers={**ours, **headers}) as answer,
    ):
        got.status = answer.status_code
        got.headers = {name.lower(): plain(value) for name, value in answer.headers.items()}
        # Not aiter_raw: that closes the connection before one can look for more.
        async for piece in cast(httpx.AsyncByteStream, answer.stream):
            if not got.take(piece):
                return
        got.more_followed = await _more(answer, got)


def _client(target: Target, limits: Limits) -> httpx.AsyncClient:
    """A client for one request; raises ConfigurationError for what the environment has wrong."""
    # A proxy must not see what goes to this machine.
    direct = {"no_proxy": "*"} if target.on_this_machine else {}
    network = settings_for(target.url, {**os.environ, **direct})
    try:
        return httpx.AsyncClient(
            # The total time ends it first, so that what is late is told as late.
            timeout=limits.seconds + 5,
            follow_redirects=False,
            verify=_tls(network) if target.encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            proxy=network.proxy,
            # What the environment says is in `network`, for this address.
            trust_env=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        raise ConfigurationError(
            f"the proxy of {network.proxy_from} cannot be used: it must be http:// or https://"
        ) from None


@cache
def _tls(network: NetworkSettings) -> ssl.SSLContext:
    """The certificates that are trusted; loading them takes a while, so once, and not for http."""
    if network.certificates is None and network.certificates_folder is None:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.create_default_context(
        cafile=network.certificates, capath=network.certificates_folder
    )


async def _more(answer: httpx.Response, got: _Got) -> bool:
    """Whether bytes follow the length that the answer gave: a Content-Length that is too small."""
    if answer.headers.get("content-length") != str(len(got.body)):
        return False
    stream: Any = answer.extensions.get("network_stream")
    try:
        return bool(stream and await stream.read(1024, timeout=_AFTERWARDS_SECONDS))
    except Exception:  # noqa: BLE001 - httpcore's own errors: nothing more came, which is right
        return False


def _reason(error: Exception) -> str:
    """A failed exchange in one line, by its innermost cause."""
    causes: list[BaseException] = [error]
    while causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cast(BaseException, causes[-1].__cause__ or causes[-1].__context__))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its TLS certificate is not good: {plain(cause.verify_message)}"
        if isinstance(cause, ssl.SSLError):
            return "the TLS handshake failed: it may speak plain http"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused: nothing listens there"
    if isinstance(error, httpx.ConnectError):
        return "it cannot be reached: no such host, or no way there"
    if isinstance(error, httpx.RemoteProtocolError):
        return _protocol(str(error))
    if isinstance(error, httpx.NetworkError):
        return "the connection was dropped"
    return f"the exchange failed: {type(error).__name__}"


def _protocol(words: str) -> str:
    if "without sending a response" in words:
        return "the connection was closed without an answer"
    if "expected" in words and "received" in words:
        return "the connection ended before as many bytes had come as Content-Length promised"
    if "incomplete chunked" in words:
        return "the connection was dropped in the middle of the body"
    return "it does not speak HTTP as it should"
