"""Requests on a socket: which of them the server refuses, and what it closes then."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.serving import serve_here
from vapi_provider.embedded import create_app, with_faults


def talk(url: str, sent: bytes) -> bytes:
    """Return everything that the server sends until it closes the connection."""
    place = urlsplit(url)
    assert place.hostname is not None
    with closing(socket.create_connection((place.hostname, place.port or 0), 20)) as connection:
        connection.sendall(sent)
        answered = b""
        while piece := connection.recv(65_536):
            answered += piece
        return answered


Ask = Callable[..., bytes]


@pytest.fixture
def ask(db: Path) -> Ask:
    """Return a function that serves an account, and returns what it answers to some bytes."""

    def asked(sent: bytes, *faults: str, **options: Any) -> bytes:
        app = with_faults(create_app(db), faults)
        return serve_here(app, lambda url: talk(url, sent), **options)

    return asked


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
def test_what_is_refused_closes_the_connection(ask: Ask, request_: bytes, status: int) -> None:
    """A rejected request gets one answer in JSON, and the connection is closed."""
    head, _, body = ask(request_).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in head
    assert json.loads(body)["statusCode"] == status


def test_an_ordinary_request_is_answered_and_the_next_one_too(ask: Ask) -> None:
    """Two requests on one connection get two answers."""
    answered = ask(GET + b"Content-Length: 0\r\n\r\n" + NEXT)
    assert answered.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    ("host", "status"), [(b"127.0.0.1", b"200 OK"), (b"evil.example", b"403 Forbidden")]
)
def test_an_answer_to_head_has_no_body(ask: Ask, host: bytes, status: bytes) -> None:
    """It has the length of the body that it leaves out, also where the request is rejected."""
    head, _, body = ask(NEXT.replace(b"GET", b"HEAD").replace(b"127.0.0.1", host)).partition(
        b"\r\n\r\n"
    )
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"Content-Length: " in head
    assert body == b""


def test_a_client_that_asks_first_is_told_to_go_on(ask: Ask) -> None:
    """A client such as curl sends a large body only after `100 Continue`."""
    wanted = b"Expect: 100-Continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    first, _, rest = ask(GET.replace(b"GET", b"POST") + wanted).partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 100 Continue"
    assert rest.startswith(b"HTTP/1.1 400 ")


def test_a_dropped_answer_is_in_the_log(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    """An injected fault closes the connection without a byte, and the log shows where."""
    assert ask(GET + b"\r\n" + NEXT, "GET:1:drop", verbose=True) == b""
    assert '"GET /phone-number HTTP/1.1" dropped' in capsys.readouterr().err


def test_the_log_shows_no_escapes(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    """`--verbose` prints any request line without control characters."""
    ask(NEXT.replace(b"/phone-number", b"/\x1b[31m\x9b1m"), verbose=True)
    log = capsys.readouterr().err
    assert "/\\u001b[31m\\u009b1m" in log
    assert "\x1b" not in log


def test_the_url_of_an_ipv6_address_has_brackets(ask: Ask) -> None:
    """The address may be given with brackets, as in a URL, and is served."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback address")
    assert ask(NEXT, host="[::1]").startswith(b"HTTP/1.1 200 OK")
