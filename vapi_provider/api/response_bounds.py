"""Bounds of an API response: its size on the wire and decompressed, and its JSON.

A proxy or a faulty server may send any content for any length of time. The client rejects a
response that exceeds a bound.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:  # Most runs send no request, so they never load httpx.
    import httpx

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


class InvalidResponse(Exception):
    """A response that exceeds a bound; the message completes the sentence "the response …"."""


class LateResponse(Exception):
    """A response that did not arrive completely in time."""


class CorruptResponse(Exception):
    """A response whose compressed content is corrupt."""


def read_content(response: httpx.Response, most: int, in_time: Callable[[], bool]) -> bytes:
    """Return the decompressed body, which has at most `most` bytes.

    The function calls `in_time` after each chunk. An error page longer than `most` is truncated,
    because its status is sufficient.

    Raises:
        InvalidResponse: A successful response is too large, or its encoding was not requested.
        LateResponse: `in_time` returned False.
        CorruptResponse: The compressed content is corrupt.
    """
    content = bytearray()
    for piece in _pieces(response, most):
        content += piece
        if len(content) > most:
            if response.is_success:
                raise InvalidResponse(f"is larger than {most // 2**20} MiB")
            return bytes(content[:most])
        if not in_time():
            raise LateResponse
    return bytes(content)


def parse(content: bytes) -> Any:
    """Return the parsed JSON of a body; None for an empty body.

    Unpaired surrogates become the replacement character. Raises InvalidResponse where the body is
    not JSON or exceeds a bound.
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
        raise InvalidResponse("is not JSON") from None
    _check_depth(value)
    return value


def _pieces(response: httpx.Response, most: int) -> Iterator[bytes]:
    if response.is_stream_consumed:  # An in-process response has no raw stream.
        yield from response.iter_bytes()
        return
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise InvalidResponse("has a Content-Encoding that was not requested")
    raw = _limit_bytes(response.iter_raw(), most)
    yield from _unpack(raw) if encoding == "gzip" else raw


def _limit_bytes(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Stop after more than `most` bytes: empty gzip members decompress to nothing."""
    seen = 0
    for piece in pieces:
        yield piece
        seen += len(piece)
        if seen > most:
            return


def _unpack(pieces: Iterable[bytes]) -> Iterator[bytes]:
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
        raise CorruptResponse from None
    if has_content and not unpacker.eof:
        raise CorruptResponse


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


def _too_deep() -> InvalidResponse:
    return InvalidResponse(f"is nested deeper than {DEPTH} levels")


def _whole_number(text: str) -> int:
    if len(text) > DIGITS:
        raise InvalidResponse(f"has a number of more than {DIGITS} digits")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise InvalidResponse("has a number that is too large")
    return number


def _no_number(name: str) -> NoReturn:
    raise InvalidResponse(f"has {name}, which is not JSON")


_DECODER = json.JSONDecoder(
    parse_int=cast(Any, _whole_number), parse_float=_number, parse_constant=_no_number
)
