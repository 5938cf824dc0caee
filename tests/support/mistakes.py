"""Voice servers that make one mistake each, with the finding's code and words of it."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import time
from collections.abc import Callable
from functools import cache

from tests.support.loopback import Behaviour, Request, at_once, chunk, head
from tests.support.voices import Sound, pcm
from tests.support.voices import voice as sound_of


@cache
def speech(rate: int) -> Sound:
    """A second and a half of speech, made once."""
    return sound_of(rate, 1.5, still=0.1)


def spoken(request: Request) -> Sound:
    """Speech at the rate that was asked for."""
    return speech(request.message["sampleRate"])


def answers(made: Callable[[bytes], bytes]) -> Behaviour:
    """Return the behaviour of a server that sends the correct samples, changed by `made`."""
    return lambda connection, request: connection.sendall(made(pcm(spoken(request))))


def writes(write: Callable[[Sound], bytes]) -> Behaviour:
    """Return the behaviour of a server that encodes the correct sound with `write`."""
    return lambda connection, request: connection.sendall(at_once(write(spoken(request))))


def in_chunks(connection: socket.socket, request: Request) -> None:
    """Streams the right answer."""
    body = pcm(spoken(request))
    connection.sendall(head(Transfer_Encoding="chunked"))
    for at in range(0, len(body), 4001):
        connection.sendall(chunk(body[at : at + 4001]))
        time.sleep(0.002)
    connection.sendall(chunk(b""))


def drops_in_the_middle(connection: socket.socket, request: Request) -> None:
    connection.sendall(head(Transfer_Encoding="chunked") + chunk(pcm(spoken(request))[:5000]))
    time.sleep(0.1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def ends_in_the_middle(connection: socket.socket, request: Request) -> None:
    connection.sendall(head(Transfer_Encoding="chunked") + chunk(pcm(spoken(request))[:5000]))


def never_ends(connection: socket.socket, request: Request) -> None:
    piece = chunk(pcm(spoken(request)) * 40)
    connection.sendall(head(Transfer_Encoding="chunked"))
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(piece)


def drips(connection: socket.socket, request: Request) -> None:
    connection.sendall(head(Transfer_Encoding="chunked"))
    with contextlib.suppress(OSError):
        for value in pcm(spoken(request)):
            connection.sendall(chunk(bytes([value])))
            time.sleep(0.05)


def drips_its_headers(connection: socket.socket, request: Request) -> None:
    with contextlib.suppress(OSError):
        for value in head() * 50:
            connection.sendall(bytes([value]))
            time.sleep(0.05)


def says_nothing(connection: socket.socket, request: Request) -> None:
    connection.recv(1)


def stutters(connection: socket.socket, request: Request) -> None:
    body = pcm(spoken(request))
    connection.sendall(head(Content_Length=len(body)) + body[:2000])
    time.sleep(1.2)
    connection.sendall(body[2000:])


def promises_less(connection: socket.socket, request: Request) -> None:
    body = pcm(spoken(request)) * 20
    connection.sendall(head(Content_Length=24_000) + body)
    connection.recv(1)


PAGE = b"<html><body>Something went wrong</body></html>"
MISTAKES: dict[str, tuple[Behaviour, str, str]] = {
    "an error page": (
        lambda it, _: it.sendall(at_once(PAGE, "500 Internal Server Error")),
        *("status", "500 Internal Server Error, with an HTML page: it must be 200"),
    ),
    "not found": (
        lambda it, _: it.sendall(at_once(b"", "404 Not Found")),
        *("status", "404 Not Found: it must be 200"),
    ),
    "created": (answers(lambda it: at_once(it, "201 Created")), "status", "201 Created"),
    "unauthorized": (
        lambda it, _: it.sendall(at_once(b"", "401 Unauthorized")),
        *("authentication", "401 Unauthorized: it does not accept"),
    ),
    "no content": (lambda it, _: it.sendall(head("204 No Content")), "empty", "204 No Content"),
    "an empty body": (lambda it, _: it.sendall(at_once(b"")), "empty", "the body is empty"),
    "200 with an error page": (
        lambda it, _: it.sendall(at_once(PAGE, Content_Type="text/html")),
        *("wrapped", "an HTML page"),
    ),
    "JSON": (
        lambda it, _: it.sendall(at_once(b'{"data": "AAAA"}', Content_Type="application/json")),
        *("wrapped", "JSON"),
    ),
    "the wrong content type": (
        answers(lambda it: at_once(it, Content_Type="audio/mpeg")),
        *("content-type", "Content-Type is audio/mpeg: application/octet-stream is documented"),
    ),
    "gzip": (
        answers(lambda it: at_once(gzip.compress(it), Content_Encoding="gzip")),
        *("compressed", "compressed (gzip)"),
    ),
    "half a sample": (answers(lambda it: at_once(it + b"\x00")), "odd-length", "half a sample"),
    "silence": (writes(lambda it: bytes(2 * len(it))), "silence", "s of silence"),
    "clipping": (writes(lambda it: pcm([9 * one for one in it])), "clipping", "full scale"),
    "cut off": (
        writes(lambda it: pcm(it[len(it) // 3 : len(it) // 3 + len(it) // 20])),
        "too-short",
        "25 characters",
    ),
    "the rate is ignored": (
        lambda it, _: it.sendall(at_once(pcm(sound_of(24000, 1.5)))),
        *("wrong-rate", "the server ignores sampleRate"),
    ),
    "a connection dropped midway": (drops_in_the_middle, "broken-off", "dropped"),
    "a connection ended midway": (ends_in_the_middle, "broken-off", "dropped"),
    "no answer at all": (lambda it, _: None, "no-answer", "closed without an answer"),
    "no HTTP": (
        lambda it, _: it.sendall(b"SSH-2.0-nothing\r\n\r\n"),
        *("no-answer", "does not speak HTTP"),
    ),
    "a length too large": (
        answers(lambda it: head(Content_Length=len(it) + 9) + it),
        *("broken-off", "Content-Length promised"),
    ),
    "a length too small": (promises_less, "content-length", "more bytes follow"),
    "no end": (never_ends, "endless", "it may be endless"),
    "drops of a body": (drips, "time-limit", "the answer had no end within 1 s"),
    "drops of headers": (drips_its_headers, "time-limit", "no answer within 1 s"),
    "no word": (says_nothing, "time-limit", "no answer within 1 s"),
    "pauses": (stutters, "stutter", "it will stutter"),
}
