"""HTTP connection to an account over the network, with a proxy and certificates.

httpx applies its timeout to each read, so that a response of one byte per second never ends. The
deadline here covers a whole try: it starts with the first network operation, excludes the wait for
a free connection, and shortens the timeout of each operation to the remaining time.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import httpcore
import httpx

from vapi_provider.settings.config import Settings
from vapi_provider.shared.network_settings import NetworkSettings

_PIECE = 16 * 1024
"""Maximum bytes per write, so that the deadline also covers a peer that reads slowly."""


class AccountTransport(httpx.HTTPTransport):
    """httpx transport that uses the request's read timeout as the deadline of the whole try.

    Thread-safe; one thread sends a try and reads its response.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        limits: httpx.Limits,
        *,
        is_encrypted: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            # Loading the certificates is slow, so skip it without TLS.
            verify=_certificates(settings) if is_encrypted else False,
            trust_env=False,
            limits=limits,
            proxy=settings.proxy,
        )
        self._via = settings.description
        self._limit = _Limit(clock)
        # httpx has no parameter for the backend; a test with a slow server covers this private use.
        pool = cast(Any, self)._pool
        pool._network_backend = _Backend(pool._network_backend, self._limit)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request before the deadline.

        Raises httpx.TransportError, whose message names the proxy and certificates in use.
        """
        self._limit.arm(request.extensions.get("timeout", {}).get("read"))
        try:
            return super().handle_request(request)
        except httpx.TransportError as error:
            if not self._via:
                raise
            words = f"{str(error) or type(error).__name__}, {self._via}"
            raise type(error)(words, request=request) from error


def over_the_network(
    settings: Settings, headers: Mapping[str, str], network: NetworkSettings
) -> httpx.Client:
    """Return the HTTP client of an account that is reached over the network or on localhost."""
    at_once = settings.max_concurrent_requests
    return httpx.Client(
        base_url=settings.base_url,
        headers=headers,
        # Waiting for a free connection is not a network failure.
        timeout=httpx.Timeout(settings.request_timeout_seconds, pool=None),
        transport=AccountTransport(
            network,
            httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once),
            is_encrypted=not settings.base_url.lower().startswith("http://"),
        ),
        # `network` already has the environment's settings for this address.
        trust_env=False,
    )


def _certificates(settings: NetworkSettings) -> ssl.SSLContext | bool:
    if settings.certificates is None and settings.certificates_folder is None:
        return True
    return ssl.create_default_context(
        cafile=settings.certificates, capath=settings.certificates_folder
    )


class _Limit:
    """Deadline of each thread's current try."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._of_thread = threading.local()

    def arm(self, seconds: float | None) -> None:
        """Start a try that ends at most `seconds` after its first network operation."""
        self._of_thread.seconds = seconds
        self._of_thread.until = None

    def left(self, timeout: float | None, late: type[Exception]) -> float | None:
        """Return the timeout of the next operation; raise `late` where no time is left."""
        seconds: float | None = getattr(self._of_thread, "seconds", None)
        if seconds is None:
            return timeout
        now = self._clock()
        if self._of_thread.until is None:
            self._of_thread.until = now + seconds
        left: float = self._of_thread.until - now
        if left <= 0:
            raise late(f"not done within {seconds:g} s")
        return left if timeout is None else min(timeout, left)


class _Backend(httpcore.NetworkBackend):
    """Network backend that connects before the deadline, also to a host with several addresses."""

    def __init__(self, inner: httpcore.NetworkBackend, limit: _Limit) -> None:
        self._inner = inner
        self._limit = limit

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that responds; each gets a share of the remaining time."""
        self._limit.left(timeout, httpcore.ConnectTimeout)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        failure: Exception = httpcore.ConnectError("the host has no address")
        for index, address in enumerate(addresses):
            left = self._limit.left(timeout, httpcore.ConnectTimeout)
            share = None if left is None else left / (len(addresses) - index)
            try:
                stream = self._inner.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._limit)
        raise failure

    def sleep(self, seconds: float) -> None:
        """Sleep between the connection retries of httpcore."""
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """Network stream whose operations observe the deadline of the current try."""

    def __init__(self, inner: httpcore.NetworkStream, limit: _Limit) -> None:
        self._inner = inner
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read the available bytes before the deadline."""
        return self._inner.read(max_bytes, self._limit.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write the whole buffer before the deadline."""
        for start in range(0, len(buffer), _PIECE):
            left = self._limit.left(timeout, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _PIECE], left)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the connection encrypted with TLS."""
        left = self._limit.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._limit)

    def get_extra_info(self, info: str) -> Any:
        """Return the socket information that httpcore asks for."""
        return self._inner.get_extra_info(info)
