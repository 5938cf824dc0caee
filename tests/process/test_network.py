"""The connection to an account over loopback: the limit of a try, and what a failure names."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace

import httpx
import pytest

from tests.support.builders import KEY, settings
from vapi_provider.api.network import AccountTransport
from vapi_provider.api.retry import Retry
from vapi_provider.api.transport import Transport, open_http
from vapi_provider.errors import TransportError, UnclearError
from vapi_provider.shared.network_settings import NetworkSettings

PIECES = 400
"""What a slow server sends, one every 50 milliseconds: far longer than any limit here."""


class Server:
    """Answers each connection in its own way; counts what it could send."""

    def __init__(self, answer: Callable[[socket.socket, threading.Event], int]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.sent = 0
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        self._listener.settimeout(0.05)
        while not self._over.is_set():
            with suppress(OSError), self._listener.accept()[0] as connection:
                connection.settimeout(20)
                connection.recv(65_536)
                self.sent = self._answer(connection, self._over)

    @contextmanager
    def running(self) -> Generator[Server]:
        """Serve until the end of the block, and not longer."""
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join(timeout=60)
            self._listener.close()
            assert not self._thread.is_alive()


def dripping(head: bytes, piece: bytes) -> Callable[[socket.socket, threading.Event], int]:
    """What sends `head` at once, then one piece after the other, if there is one."""

    def answer(connection: socket.socket, over: threading.Event) -> int:
        sent = 0
        with suppress(OSError):
            connection.sendall(head)
            while piece and sent < PIECES and not over.wait(0.05):
                connection.sendall(piece)
                sent += 1
        return sent

    return answer


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"no"),
    ],
    ids=["headers", "interim answers", "body", "chunks", "a refusal"],
)
def test_an_answer_that_drips_ends_with_the_try(head: bytes, piece: bytes) -> None:
    """However a server spends the time, a try ends when its limit does, and is unclear."""
    with Server(dripping(head, piece)).running() as server:
        configured = replace(settings(request_timeout_seconds=0.5), base_url=server.url)
        with open_http(configured) as http:
            sender = Transport(http, KEY, Retry(lambda _: None))
            with pytest.raises(UnclearError) as error:
                sender.request("POST", "/phone-number", body={})
        assert error.value.may_still_complete
        assert "\n" not in str(error.value)
    assert server.sent < PIECES


def test_waiting_for_a_connection_is_no_part_of_a_try() -> None:
    """A try's limit starts with its first step on the network."""
    now = [0.0]
    with Server(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"")).running() as one:
        transport = AccountTransport(
            NetworkSettings(), httpx.Limits(), is_encrypted=False, clock=lambda: now[0]
        )
        transport._limit.arm(30)
        now[0] = 1000.0
        with httpx.Client(transport=transport, timeout=30) as http:
            assert http.get(one.url).json() == {}


def test_a_proxy_that_cannot_be_reached_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says by which proxy the account was looked for; nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:visibly-fake-password@127.0.0.1:{port}")
    with open_http(settings()) as http, pytest.raises(TransportError) as error:
        Transport(http, KEY, Retry(lambda _: None)).request("POST", "/phone-number", body={})
    assert "through the proxy of HTTPS_PROXY" in str(error.value)
    assert "visibly-fake-password" not in str(error.value)
    assert not isinstance(error.value, UnclearError)


def test_a_proxy_that_refuses_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """A purchase that the proxy has refused was not sent."""
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with Server(dripping(refusal, b"")).running() as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        with open_http(settings()) as http, pytest.raises(TransportError) as error:
            Transport(http, KEY, Retry(lambda _: None)).request("POST", "/phone-number", body={})
    assert "through the proxy of ALL_PROXY" in str(error.value)
    assert not isinstance(error.value, UnclearError)
