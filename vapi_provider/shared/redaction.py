"""Redaction of secrets in texts of others: responses of the API, findings about a server.

A response may spell a secret differently: escaped for JSON, HTML, a URL or Python, even several
times, in other letter case, or truncated. The text is therefore searched as it is and decoded, and
the characters from which a secret was decoded are replaced.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, cast

from vapi_provider.shared.addresses import words_in

REDACTED = "[secret]"

MIN_LENGTH = 4
"""Minimum length of a secret: redacting shorter ones would make texts unreadable."""

_MAX_ROUNDS = 4
"""Maximum number of rounds of decoding a text that was escaped repeatedly."""

_BEGINNING = 8
"""Minimum length of a part of a secret without a sign of truncation beside it."""

_CUT = re.compile(r"\s*(?:…|\.{2,}|\*{2,}|•{2,}|x{3,}|\[\w*\]?|\(\w*\)?|[\"'`,;)\]}]*\s*$)")
"""Signs of truncation after a part of a secret: dots, stars, a remark, or the end of the text."""

_CUT_BEFORE = re.compile(r"(?:…|\.{2,}|\*{2,}|•{2,}|x{3,}|\])\s*$")

_Span = tuple[int, int]
_Spelled = tuple[str, list[_Span]]
"""A decoded text, and the span of the original text for each of its characters."""


def redact(value: Any, secrets: Collection[str]) -> Any:
    """Return `value`, a text or parsed JSON, with the secrets in any spelling replaced."""
    words = _words_to_hide(secrets)
    return _redact(value, words) if words else value


def _redact(value: Any, words: list[str]) -> Any:
    if isinstance(value, str):
        return _without(value, words)
    if isinstance(value, Mapping):
        properties = cast(Mapping[Any, Any], value)
        return {_redact(key, words): _redact(item, words) for key, item in properties.items()}
    if isinstance(value, list):
        return [_redact(item, words) for item in cast(list[Any], value)]
    if isinstance(value, int | float) and _fold(str(value)) in words:
        return REDACTED
    return value


def _words_to_hide(secrets: Collection[str]) -> list[str]:
    """Return the words to search for, the longest first."""
    words = {_fold(word) for secret in secrets for word in words_in(secret)}
    return sorted(
        (word for word in words if len(word.strip()) >= MIN_LENGTH), key=len, reverse=True
    )


def _without(text: str, words: list[str]) -> str:
    found: list[_Span] = []
    for spelled, spans in _iterate_decodings(text):
        folded = _fold(spelled)
        for word in words:
            found += [(spans[a][0], spans[b - 1][1]) for a, b in _places(folded, word)]
    for begin, end in reversed(_merge_spans(found)):
        text = text[:begin] + REDACTED + text[end:]
    return text


def _fold(text: str) -> str:
    """Return a text of the same length in lower case, with + as a space, for comparison."""
    return "".join(
        " " if character == "+" else low if len(low := character.lower()) == 1 else character
        for character in text
    )


def _places(text: str, word: str) -> Iterator[_Span]:
    """Yield the spans of `word` in `text`, whole or truncated."""
    at = text.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = text.find(word, at + 1)
    if len(word) > MIN_LENGTH:
        yield from _beginnings(text, word)
        yield from _ends(text, word)


def _beginnings(text: str, word: str) -> Iterator[_Span]:
    at = text.find(word[:MIN_LENGTH])
    while at >= 0:
        length = _common(text[at : at + len(word)], word)
        if _shows_much(length, word) or _CUT.match(text, at + length):
            yield at, at + length
        at = text.find(word[:MIN_LENGTH], at + 1)


def _ends(text: str, word: str) -> Iterator[_Span]:
    at = text.find(word[-MIN_LENGTH:])
    while at >= 0:
        end = at + MIN_LENGTH
        length = _common(text[max(0, end - len(word)) : end][::-1], word[::-1])
        if _shows_much(length, word) or _CUT_BEFORE.search(text[: end - length][-8:]):
            yield end - length, end
        at = text.find(word[-MIN_LENGTH:], at + 1)


def _shows_much(length: int, word: str) -> bool:
    return length >= max(_BEGINNING, (len(word) + 1) // 2)


def _common(text: str, word: str) -> int:
    """Return the length of the common prefix of two texts."""
    for index, (left, right) in enumerate(zip(text, word, strict=False)):
        if left != right:
            return index
    return min(len(text), len(word))


def _merge_spans(spans: list[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _iterate_decodings(text: str) -> Iterator[_Spelled]:
    """Yield the text as it is, and after each decoding that changes it."""
    spelled: _Spelled = (text, [(index, index + 1) for index in range(len(text))])
    yield spelled
    for _ in range(_MAX_ROUNDS):
        before = spelled[0]
        for pattern, decode in _ESCAPES:
            after = _decode(spelled, pattern, decode)
            if after[0] != spelled[0]:
                spelled = after
                yield spelled
        if spelled[0] == before:
            return


def _decode(spelled: _Spelled, pattern: re.Pattern[str], decode: Callable[[str], str]) -> _Spelled:
    text, spans = spelled
    characters: list[str] = []
    places: list[_Span] = []
    done = 0
    for found in pattern.finditer(text):
        characters += text[done : found.start()]
        places += spans[done : found.start()]
        decoded = decode(found.group())
        characters += decoded
        places += [(spans[found.start()][0], spans[found.end() - 1][1])] * len(decoded)
        done = found.end()
    return "".join([*characters, *text[done:]]), [*places, *spans[done:]]


_NAMED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "0": "\0"}


def _unescape(escape: str) -> str:
    """Return the character of a backslash escape of JSON, JavaScript or Python."""
    digits = escape[2:].strip("{}")
    if escape[1] in "uUxX" and digits:
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF else escape
    return _NAMED.get(escape[1], escape[1])


def _join_surrogates(surrogates: str) -> str:
    return surrogates.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_bytes(text: str) -> str:
    """Decode UTF-8 bytes that were decoded as Latin-1 before."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return text


def _decode_percent(text: str) -> str:
    data = bytes.fromhex(text.replace("%", ""))
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


_ESCAPES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (
        re.compile(
            r"\\(?:u\{[0-9a-fA-F]{1,6}\}|U00[01][0-9a-fA-F]{5}|[uU][0-9a-fA-F]{4}"
            r"|[xX][0-9a-fA-F]{2}|.)",
            re.DOTALL,
        ),
        _unescape,
    ),
    (re.compile("[\ud800-\udbff][\udc00-\udfff]"), _join_surrogates),
    (re.compile("[\xc2-\xf4][\x80-\xbf]+"), _from_bytes),
    (re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|\w{2,8});", re.IGNORECASE), html.unescape),
    (re.compile(r"(?:%[0-9a-f]{2})+", re.IGNORECASE), _decode_percent),
)
