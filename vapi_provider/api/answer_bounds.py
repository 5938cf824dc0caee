"""Bounds of one answer: its bytes while they arrive, what they unpack to, the JSON that they spell.

An API, a proxy or whoever stands between may send anything for any length of time. What is beyond a
bound here is no answer of Vapi's.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, Protocol, cast

RECORD_BYTES = 4 * 2**20
"""The most that an answer with one record may hold, decompressed."""

PAGE_BYTES = 64 * 2**20
"""The same of a page of a listing."""

DEPTH = 30
"""Levels of objects and lists in an answer. The engine's messages end at 33 of them."""

DIGITS = 300
"""Digits of a whole number in an answer: more than any that the engine could carry."""

_AT_ONCE = 256 * 1024
_CONTAINERS = (dict, list)
_ENCODINGS = ("", "identity", "gzip")

# Half of a surrogate pair: a server that cuts texts by UTF-16 units leaves some. Python reads it,
# and no UTF-8 can spell it. Escaped backslashes and whole pairs are matched to be passed over.
_HALVES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class BadAnswer(Exception):
    """An answer that is beyond a bound; its text continues "the answer …"."""


class LateAnswer(Exception):
    """An answer that was not whole in time."""


class BrokenAnswer(Exception):
    """An answer whose compression is broken."""


class Answer(Protocol):
    """What is read of `httpx.Response`."""

    @property
    def is_success(self) -> bool: ...
    @property
    def is_stream_consumed(self) -> bool: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    def iter_raw(self) -> Iterator[bytes]: ...
    def iter_bytes(self) -> Iterator[bytes]: ...


def read_content(answer: Answer, most: int, in_time: Callable[[], bool]) -> bytes:
    """Return the body, decompressed: at most `most` bytes, each piece while `in_time` says so.

    Of an error page that is longer the beginning is enough: its status says what it means. Raises
    BadAnswer, LateAnswer or BrokenAnswer.
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
    """Return the JSON of a body, None for an empty one; raises BadAnswer for what is none.

    Half of a surrogate pair becomes the replacement character.
    """
    if not content:
        return None
    try:
        text = content.decode(json.detect_encoding(content))
        if "\\ud" in text or "\\uD" in text:
            text = _HALVES.sub(lambda found: "\\ufffd" if found[1] else found[0], text)
        value = _DECODER.decode(text)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise BadAnswer("is no JSON") from None
    _check_depth(value)
    return value


def _pieces(answer: Answer, most: int) -> Iterator[bytes]:
    if answer.is_stream_consumed:  # It was never on a wire.
        yield from answer.iter_bytes()
        return
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise BadAnswer("is compressed in a way that was not asked for")
    raw = _counted(answer.iter_raw(), most)
    yield from _unpacked(raw) if encoding == "gzip" else raw


def _counted(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """End after `most` bytes and one more piece: empty members of gzip unpack to nothing."""
    seen = 0
    for piece in pieces:
        yield piece
        seen += len(piece)
        if seen > most:
            return


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress in small steps: a thousandth of what it unpacks to may be on the wire."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    came = False
    try:
        for piece in pieces:
            came, left = True, piece
            while not unpacker.eof:
                unpacked = unpacker.decompress(left, _AT_ONCE)
                yield unpacked
                left = unpacker.unconsumed_tail
                if not left and len(unpacked) < _AT_ONCE:
                    break
    except zlib.error:
        raise BrokenAnswer from None
    if came and not unpacker.eof:
        raise BrokenAnswer


def _check_depth(value: Any) -> None:
    level: list[Any] = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(DEPTH + 1):
        below: list[Any] = []
        for outer in level:
            inner: Any = cast(Any, outer).values() if isinstance(outer, dict) else outer
            below += [it for it in inner if isinstance(it, _CONTAINERS)]
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
