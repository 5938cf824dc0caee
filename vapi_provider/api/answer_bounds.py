"""Bounds of an API response: its size on the wire and decompressed, and its JSON.

A proxy or a faulty server may send any content for any length of time. The client rejects a
response that exceeds a bound.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, Protocol, cast

RECORD_BYTES = 4 * 2**20
"""Maximum decompressed size of a response with one record."""

PAGE_BYTES = 64 * 2**20
"""Maximum decompressed size of a page of a listing."""

DEPTH = 30
"""Maximum nesting depth of a response. The engine's gRPC messages allow at most 33 levels."""

DIGITS = 300
"""Maximum number of digits of an integer in a response: more than the engine can represent."""

_STEP_BYTES = 256 * 1024
_CONTAINERS = (dict, list)
_ENCODINGS = ("", "identity", "gzip")

# Unpaired surrogates, which a server leaves when it truncates text by UTF-16 units. Python decodes
# them, but UTF-8 cannot encode them. The pattern also matches escaped backslashes and complete
# pairs, so that the search skips them.
_SURROGATES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class BadAnswer(Exception):
    """A response that exceeds a bound; the message completes the sentence "the answer …"."""


class LateAnswer(Exception):
    """A response that did not arrive completely in time."""


class BrokenAnswer(Exception):
    """A response whose compressed content is corrupt."""


class Answer(Protocol):
    """The part of `httpx.Response` that this module reads."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        ...

    @property
    def is_stream_consumed(self) -> bool:
        """Whether the raw stream has been read."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The response's headers."""
        ...

    def iter_raw(self) -> Iterator[bytes]:
        """Return an iterator over the bytes on the wire."""
        ...

    def iter_bytes(self) -> Iterator[bytes]:
        """Return an iterator over the decompressed bytes."""
        ...


def read_content(answer: Answer, most: int, in_time: Callable[[], bool]) -> bytes:
    """Return the decompressed body, which has at most `most` bytes.

    The function calls `in_time` after each chunk. An error page longer than `most` is truncated,
    because its status is sufficient.

    Raises:
        BadAnswer: A successful response is too large, or its encoding was not requested.
        LateAnswer: `in_time` returned False.
        BrokenAnswer: The compressed content is corrupt.
    """
    content = bytearray()
    for piece in _pieces(answer, most):
        content += piece
        if len(content) > most:
            if answer.is_success:
                raise BadAnswer(f"is larger than {most // 2**20} MiB")
            return bytes(content[:most])
        if not in_time():
            raise LateAnswer
    return bytes(content)


def parse(content: bytes) -> Any:
    """Return the parsed JSON of a body; None for an empty body.

    Unpaired surrogates become the replacement character. Raises BadAnswer where the body is not
    JSON or exceeds a bound.
    """
    if not content:
        return None
    try:
        text = content.decode(json.detect_encoding(content))
        if "\\ud" in text or "\\uD" in text:
            text = _SURROGATES.sub(lambda found: "\\ufffd" if found[1] else found[0], text)
        value = _DECODER.decode(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise BadAnswer("is no JSON") from None
    _check_depth(value)
    return value


def _pieces(answer: Answer, most: int) -> Iterator[bytes]:
    if answer.is_stream_consumed:  # An in-process response has no raw stream.
        yield from answer.iter_bytes()
        return
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise BadAnswer("has a Content-Encoding that was not requested")
    raw = _counted(answer.iter_raw(), most)
    yield from _unpacked(raw) if encoding == "gzip" else raw


def _counted(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Stop after more than `most` bytes: empty gzip members decompress to nothing."""
    seen = 0
    for piece in pieces:
        yield piece
        seen += len(piece)
        if seen > most:
            return


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress in small steps: the output may be a thousand times as large as the input."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    has_content = False
    try:
        for piece in pieces:
            has_content, left = True, piece
            while not unpacker.eof:
                unpacked = unpacker.decompress(left, _STEP_BYTES)
                yield unpacked
                left = unpacker.unconsumed_tail
                if not left and len(unpacked) < _STEP_BYTES:
                    break
    except zlib.error:
        raise BrokenAnswer from None
    if has_content and not unpacker.eof:
        raise BrokenAnswer


def _check_depth(value: Any) -> None:
    level: list[Any] = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(DEPTH + 1):
        below: list[Any] = []
        for outer in level:
            inner: Any = cast(Any, outer).values() if isinstance(outer, dict) else outer
            below += [item for item in inner if isinstance(item, _CONTAINERS)]
        if not below:
            return
        level = below
    raise _too_deep()


def _too_deep() -> BadAnswer:
    return BadAnswer(f"is nested deeper than {DEPTH} levels")


def _whole_number(text: str) -> int:
    if len(text) > DIGITS:
        raise BadAnswer(f"has a number of more than {DIGITS} digits")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise BadAnswer("has a number that is too large")
    return number


def _no_number(name: str) -> NoReturn:
    raise BadAnswer(f"has {name}, which is no JSON")


_DECODER = json.JSONDecoder(
    parse_int=cast(Any, _whole_number), parse_float=_number, parse_constant=_no_number
)
