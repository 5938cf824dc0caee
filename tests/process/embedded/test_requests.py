"""Requests on a socket: which of them the server refuses, and what it closes then."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.serving import serving


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Serve an account for the tests of this file; return its address."""
    db = tmp_path_factory.mktemp("served") / "a.db"
    with serving("--db", db, "--verbose") as (process, url):
        # What it writes is read, or the pipe would fill up and stop it.
        assert process.stderr is not None
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield "127.0.0.1", int(url.rpartition(":")[2])


def talk(address: tuple[str, int], sent: bytes) -> bytes:
    """Return everything that the server sends until it closes the connection."""
    with closing(socket.create_connection(address, timeout=20)) as connection:
        connection.sendall(sent)
        answered = b""
        while piece := connection.recv(65_536):
            answered += piece
        return answered


GET = (
    b"GET /phone-number HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: t\r\nAuthorization: Bearer k\r\n"
)
NEXT = GET + b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET.replace(b"127.0.0.1", b"evil.example") + b"\r\n" + NEXT, 403),
        (GET.replace(b"/phone", b"http://evil.example/phone") + b"\r\n" + NEXT, 403),
        (GET + b"Content-Length: -5\r\n\r\n" + NEXT, 400),
        (GET + b"Content-Length: five\r\n\r\nhello" + NEXT, 400),
        (GET + b"Content-Length : 5\r\n\r\nhello" + NEXT, 400),
        (GET + b"a line\r\nContent-Length: 5\r\n\r\nhello" + NEXT, 400),
        (GET + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello" + NEXT, 400),
        (GET + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + NEXT, 400),
        (GET.replace(b"/phone-number", b"http://[") + b"\r\n" + NEXT, 400),
    ],
)
def test_what_is_refused_closes_the_connection(
    address: tuple[str, int], request_: bytes, status: int
) -> None:
    """A rejected request gets one answer in JSON, and the connection is closed."""
    head, _, body = talk(address, request_).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in head
    assert json.loads(body)["statusCode"] == status


def test_an_ordinary_request_is_answered_and_the_next_one_too(address: tuple[str, int]) -> None:
    """Two requests on one connection get two answers."""
    answered = talk(address, GET + b"Content-Length: 0\r\n\r\n" + NEXT)
    assert answered.count(b"HTTP/1.1 200 OK") == 2


def test_the_log_shows_no_escapes(tmp_path: Path) -> None:
    """`--verbose` prints any request line without control characters."""
    with serving("--db", tmp_path / "a.db", "--verbose") as (process, url):
        place = ("127.0.0.1", int(url.rpartition(":")[2]))
        line = GET.replace(b"/phone-number", b"/\x1b[31m\x9b1m") + b"Connection: close\r\n\r\n"
        talk(place, line)
        process.terminate()
        _, log = process.communicate(timeout=10)
    assert "/\\u001b[31m\\u009b1m" in log
    assert "\x1b" not in log
