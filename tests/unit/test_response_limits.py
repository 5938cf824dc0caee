"""Limits of a response: its size on the wire and unpacked, its time, its JSON."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from tests.support.builders import KEY, Clock, http, wire_record
from vapi_provider.api.client import VapiClient
from vapi_provider.api.response_bounds import PAGE_BYTES, RECORD_BYTES, parse, read_content
from vapi_provider.api.retry import Retry
from vapi_provider.api.transport import Transport
from vapi_provider.errors import RejectedError, ServerError, UnclearError


class Pieces(httpx.SyncByteStream):
    """A body that arrives in pieces, and how many of them were taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.taken = 0
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece

    def close(self) -> None:
        self.closed = True


def transport(status: int, body: Pieces, clock: Clock | None = None, **headers: str) -> Transport:
    """Our transport, connected to what answers each request with `body`."""
    time = clock or Clock()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = http(lambda _: httpx.Response(status, headers=named, stream=body))
    client.timeout = httpx.Timeout(30)
    return Transport(client, KEY, Retry(time.sleep, time), time)


def endless(piece: bytes) -> Pieces:
    """A body without an end; a test that reads on would not end either."""

    def pieces() -> Iterator[bytes]:
        for _ in range(10_000):
            yield piece
        raise AssertionError("it was read on and on")

    return Pieces(pieces())


def create(sender: Transport) -> Any:
    """A purchase over `sender`."""
    return VapiClient(sender).create_phone_number({"provider": "vapi", "name": "a"})


@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_without_end_is_one_line(status: int) -> None:
    """No more than the bound is read of a body, and the connection is given up."""
    body = endless(b" " * 65_536)
    with pytest.raises(ServerError, match=r"larger than 4 MiB: something other than Vapi") as error:
        transport(status, body).request("POST", "/phone-number", body={})
    assert body.taken <= RECORD_BYTES // 65_536 + 1
    assert body.closed
    assert "\n" not in str(error.value)


def test_what_an_answer_unpacks_to_is_counted() -> None:
    """A few kilobytes of gzip that unpack to gigabytes are unpacked to the bound and no further."""
    packed = gzip.compress(b" " * (RECORD_BYTES * 8), 9)
    assert len(packed) < 64 * 1024
    seen: list[int] = []

    def in_time() -> bool:
        seen.append(1)
        return True

    headers = {"Content-Encoding": "gzip"}
    response = httpx.Response(400, headers=headers, stream=Pieces([packed]))
    assert len(read_content(response, RECORD_BYTES, in_time)) == RECORD_BYTES
    assert len(seen) < 100
    with pytest.raises(ServerError, match="larger than 4 MiB"):
        transport(200, Pieces([packed]), Content_Encoding="gzip").request("POST", "/phone-number")


def test_empty_members_of_gzip_end() -> None:
    """A stream that unpacks to nothing is bounded by what is on the wire."""
    body = endless(gzip.compress(b"") * 1000)
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body)
    assert read_content(response, 100_000, lambda: True) == b""
    assert body.taken <= 8


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd", "deflate"])
def test_only_the_compression_that_was_asked_for_is_unpacked(encoding: str) -> None:
    """Another compression, or one over the other, could unpack to anything."""
    with pytest.raises(ServerError, match="has a Content-Encoding that was not requested"):
        transport(200, Pieces([b"{}"]), Content_Encoding=encoding).request("POST", "/phone-number")


@pytest.mark.parametrize("pieces", [1, 7, 4000])
def test_a_compressed_answer_is_read_whole(pieces: int) -> None:
    """However it arrives, an answer reads as it was sent."""
    record = wire_record(name="ü" * 300)
    packed = gzip.compress(json.dumps(record).encode())
    size = max(len(packed) // pieces, 1)
    parts = [packed[at : at + size] for at in range(0, len(packed), size)]
    sender = transport(200, Pieces(parts), Content_Encoding="gzip")
    assert sender.request("GET", "/phone-number/a") == record


@pytest.mark.parametrize(
    "packed", [gzip.compress(b"{}" * 50)[:-9], b"no gzip"], ids=["cut", "none"]
)
def test_damaged_compression_is_no_answer(packed: bytes) -> None:
    """Whether a request was carried out is unclear where its answer is damaged."""
    with pytest.raises(UnclearError, match="damaged"):
        transport(200, Pieces([packed]), Content_Encoding="gzip").request("POST", "/phone-number")


def test_the_timeout_is_the_whole_of_a_try() -> None:
    """A byte every 0.3 seconds ends with the try, and a purchase is unclear then."""
    clock = Clock()

    def drip() -> Iterator[bytes]:
        for _ in range(1000):
            clock.now += 0.3
            yield b" "

    with pytest.raises(UnclearError, match=r"no complete response from .* within 30 s") as error:
        create(transport(201, Pieces(drip()), clock))
    assert clock.now < 31
    assert error.value.may_still_complete


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 200_000, "nested deeper than 30 levels"),
        (b'{"a":' * 200_000, "nested deeper than 30 levels"),
        (b"[" * 40 + b"]" * 40, "nested deeper than 30 levels"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number of more than 300 digits"),
        (b'{"a": 1e999}', "a number that is too large"),
        (b'{"a": NaN}', "has NaN"),
        (b'{"a": -Infinity}', "has -Infinity"),
        (b"\xff\xfe\xff", "is not JSON"),
        (b'{"a": "\xed\xa0\x80"}', "is not JSON"),
        (b"<html>", "is not JSON"),
    ],
    ids=lambda it: it[:20] if isinstance(it, bytes) else it,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_json_beyond_its_bounds_is_one_line(content: bytes, words: str, method: str) -> None:
    """What no API means is an error in one line, and a purchase that it answers is unclear."""
    sender = transport(200, Pieces([content]))
    with pytest.raises(UnclearError if method == "POST" else ServerError, match=words) as error:
        create(sender) if method == "POST" else sender.request(method, "/phone-number/a")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"[" * 200_000, b"NaN", b"9" * 5000, b"x" * 9_000_000])
def test_a_refusal_is_told_by_its_status(content: bytes) -> None:
    """A 4xx whose page is beyond a bound is the refusal all the same, in one short line."""
    with pytest.raises(RejectedError, match="400 Bad Request") as error:
        transport(400, Pieces([content])).request("POST", "/phone-number")
    assert len(str(error.value)) < 700


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r'"\ud83d"', "\ufffd"),
        (r'"\udc00 \uD800x"', "\ufffd \ufffdx"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\ud83d"', r"\ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
        ('"\U0001f600"', "\U0001f600"),
    ],
)
def test_half_of_a_pair_is_read_as_the_replacement_character(text: str, read: str) -> None:
    """A text that was cut inside of a character can be written down again."""
    assert parse(text.encode()) == read
    parse(text.encode()).encode()


@pytest.mark.parametrize(
    "part", [{"name": {}}, {"number": 5}, {"sipUri": [1]}, {"id": ".."}], ids=str
)
def test_a_purchase_whose_answer_has_another_type_is_unclear(part: dict[str, Any]) -> None:
    """Something was answered, so something may have been bought."""
    body = json.dumps(
        wire_record(**part) if "id" not in part else {**wire_record(), **part}
    ).encode()
    with pytest.raises(UnclearError, match="no phone number in the response"):
        create(transport(201, Pieces([body])))


def test_a_page_has_a_bound_of_its_own() -> None:
    """A listing of a large account is larger than any record."""
    assert PAGE_BYTES == 64 * 2**20
    body = endless(b" " * 2**20)
    with pytest.raises(ServerError, match="larger than 64 MiB"):
        VapiClient(transport(200, body)).list_phone_numbers()
