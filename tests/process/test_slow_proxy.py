"""The proxy that makes a store of shared state slow: how its connections end."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bench.stores import slow_proxy

TIMEOUT_SECONDS = 60


class Echo(socketserver.ThreadingTCPServer):
    """A server that sends back what it gets, and counts the connections that have ended."""

    daemon_threads = True

    def __init__(self) -> None:
        self.ended = threading.Semaphore(0)
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(socketserver.StreamRequestHandler):
    server: Echo

    def handle(self) -> None:
        while piece := self.connection.recv(100):
            self.connection.sendall(piece)
        self.server.ended.release()


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def connected(port: int) -> socket.socket:
    """A connection to the proxy that has passed on a piece each way."""
    client = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
    client.sendall(b"piece")
    assert client.recv(100) == b"piece"
    return client


def test_an_open_connection_ends_with_the_proxy(echo: Echo) -> None:
    """Both ends see the connection close, so that nothing of it outlives the loop."""
    with slow_proxy(echo.server_address[1], 0.001) as port:
        client = connected(port)
    with client, suppress(ConnectionResetError):
        assert client.recv(100) == b""
    assert echo.ended.acquire(timeout=TIMEOUT_SECONDS)


def test_a_reset_connection_ends_at_the_server(echo: Echo) -> None:
    """A client that resets its connection ends it, and the proxy serves the next one."""
    with slow_proxy(echo.server_address[1], 0.001) as port:
        client = connected(port)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert echo.ended.acquire(timeout=TIMEOUT_SECONDS)
        connected(port).close()
