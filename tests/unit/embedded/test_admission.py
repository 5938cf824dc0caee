"""Admission of requests to a served account."""

from __future__ import annotations

import io
from email.message import Message
from typing import Any

import pytest

from vapi_provider.embedded.admission import (
    BODY_BYTES,
    RequestRejected,
    TimedReader,
    check_request,
    read_body,
)


def headers(*pairs: tuple[str, str]) -> Message:
    """Return a request's headers, some of which may be repeated."""
    message = Message()
    for name, value in pairs:
        message.add_header(name, value)
    return message


def admit(*pairs: tuple[str, str], version: str = "HTTP/1.1", target: str = "") -> int | None:
    """Return the result of `check_request` for these headers."""
    environ = {"SERVER_PROTOCOL": version, **({"HTTP_HOST": target} if target else {})}
    return check_request(headers(*pairs), environ)


OWN = ("Host", "127.0.0.1:8080")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:80", "localhost:1", "LOCALHOST", "[::1]", "[::1]:80", "127.9.9.9"],
)
def test_a_loopback_host_is_answered(host: str) -> None:
    """Each name of this machine is admitted, with and without a port."""
    assert admit(("Host", host)) == 0


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil@127.0.0.1",
        "127.0.0.1@evil.example",
        "[::1].evil.example",
        "[::1",
        "::1",
        "192.168.0.1",
        "0.0.0.0",
        "127.0.0.1:80:80",
        "127.0.0.1:x",
        "127.0.0.1, evil.example",
        "",
    ],
)
def test_another_host_is_refused(host: str) -> None:
    """A host name that is not loopback is rejected, even if it resolves to this machine."""
    with pytest.raises(RequestRejected) as refused:
        admit(("Host", host))
    assert refused.value.status == 403
    with pytest.raises(RequestRejected):
        admit(OWN, target=host or "x")


def test_there_is_one_host() -> None:
    """A request needs exactly one host, unless it is HTTP/1.0."""
    for pairs in ([], [OWN, OWN]):
        with pytest.raises(RequestRejected) as refused:
            admit(*pairs)
        assert refused.value.status == 400
    assert admit(version="HTTP/1.0") == 0


@pytest.mark.parametrize(
    "lengths",
    [
        ["-1"],
        ["+5"],
        ["5 5"],
        ["5,5"],
        ["abc"],
        ["0x10"],
        ["1e3"],
        [""],
        ["5", "5"],
        ["\u0665"],
        ["²"],
    ],
    ids=ascii,
)
def test_an_odd_length_is_refused(lengths: list[str]) -> None:
    """A Content-Length that is not one whole number is rejected."""
    with pytest.raises(RequestRejected) as refused:
        admit(OWN, *(("Content-Length", length) for length in lengths))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("pairs", "status"),
    [
        ([("Content-Length", str(BODY_BYTES + 1))], 413),
        ([("Content-Length", "999999999999")], 413),
        ([("Content-Length", "5"), ("Transfer-Encoding", "chunked")], 400),
        ([("Transfer-Encoding", "gzip, chunked")], 400),
        ([("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], 400),
    ],
)
def test_a_length_that_is_unclear_or_too_large_is_refused(
    pairs: list[tuple[str, str]], status: int
) -> None:
    """Two ways to state the length, or too long a body, are rejected."""
    with pytest.raises(RequestRejected) as refused:
        admit(OWN, *pairs)
    assert refused.value.status == status


def test_a_body_is_read_whole_or_not_at_all() -> None:
    """A body that is cut off or too large is rejected, in chunks, too."""
    assert admit(OWN, ("Content-Length", "3")) == 3
    assert admit(OWN, ("Transfer-Encoding", "Chunked")) is None
    assert read_body(io.BytesIO(b"abcdef"), 3) == b"abc"
    with pytest.raises(ConnectionError):
        read_body(io.BytesIO(b"ab"), 3)
    with pytest.raises(RequestRejected) as refused:
        read_body(io.BytesIO(bytes(BODY_BYTES + 1)), None)
    assert refused.value.status == 413


class Dripping:
    """A connection that sends one byte a second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timeouts: list[float] = []

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)

    def recv_into(self, buffer: Any) -> int:
        self.now += 1
        buffer[:1] = b"x"
        return 1


def read_bytes(reader: TimedReader, count: int) -> None:
    """Read a number of bytes, one after the other."""
    for _ in range(count):
        reader.readinto(bytearray(8))


def test_half_a_request_ends() -> None:
    """A request may begin late but must then arrive in time; the next one has its own limit."""
    connection: Any = Dripping()
    reader = TimedReader(connection, idle=75, whole=30, clock=lambda: connection.now)
    for _ in range(2):
        reader.next_request()
        begun, connection.timeouts = connection.now, []
        with pytest.raises(TimeoutError):
            read_bytes(reader, 100)
        assert connection.now - begun == 31
        assert connection.timeouts[:3] == [75, 30, 29]
