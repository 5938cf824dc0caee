"""Interpretation of a response: its JSON, or the error that tells the caller what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, Protocol, cast

from vapi_provider.api.answer_bounds import BadAnswer, parse
from vapi_provider.api.retry import PATIENCE_SECONDS, is_too_long
from vapi_provider.errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    ServerError,
)
from vapi_provider.shared.redaction import redacted

_NO_ROUTE = re.compile(r"Cannot [A-Z]+ /")
"""Message of the API's framework for a path that it does not serve."""

_MOST_SHOWN = 500
"""Maximum characters of a response in an error message."""

_MOST_READ = 20_000
"""Maximum characters of a page that is not JSON to redact."""


class Response(Protocol):
    """The part of `httpx.Response` that this module reads; its body has arrived."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The response's headers."""
        ...

    @property
    def content(self) -> bytes:
        """The decompressed body."""
        ...


def json_of(
    what: str,
    response: Response,
    secrets: Collection[str],
    asked: Callable[[int, Mapping[str, str]], float | None],
) -> Any:
    """Return the JSON of a 2xx response; None for an empty body.

    `secrets` are values that no error message may contain. `asked` returns how many seconds a
    status and headers ask the client to wait. Raises an ApiError for any other status, and
    ServerError where the body is not JSON.
    """
    fault = ""
    try:
        parsed: Any = parse(response.content)
    except BadAnswer as bad:
        parsed, fault = response, str(bad)
    status = f"{response.status_code} {_phrase(response.status_code)}".strip()
    if response.is_success:
        if fault:
            raise not_vapi(what, response.status_code, fault)
        return parsed
    words = _words(parsed, response, secrets)
    kind, advice = _meaning(response.status_code, parsed)
    wait = asked(response.status_code, response.headers)
    if kind is RateLimitedError and is_too_long(wait):
        advice = (
            f" — the API asks to wait {wait:.0f} s, and a run waits {PATIENCE_SECONDS:.0f} s at "
            "most: run it again then"
        )
    raise kind(f"{what}: {status}: {words}{advice}", response.status_code, wait)


def not_vapi(what: str, status: int, fault: str) -> ServerError:
    """Return the error for a response that Vapi's API cannot have sent."""
    line = f"{status} {_phrase(status)}".strip()
    return ServerError(
        f"{what}: {line}: the answer {fault}: something other than Vapi answers here", status
    )


def _meaning(status: int, parsed: Any) -> tuple[type[ApiError], str]:
    """Return the error class of a status, and the advice to append to its message."""
    if status == 401:
        return AuthenticationError, " — check vapi:apiKey: a private key of this account and region"
    if status == 403:
        return AuthenticationError, " — the key may not do this, or a firewall stands between"
    if status == 404:
        return _meaning_of_404(parsed)
    if status == 429:
        return RateLimitedError, " — the account's limit on requests is reached: run again later"
    if status == 408 or status >= 500 or status < 400:
        return ServerError, " — try again later"
    return RejectedError, ""


def _meaning_of_404(parsed: Any) -> tuple[type[ApiError], str]:
    """Return the error class of a 404: only the API's own JSON proves that a record is missing.

    The API's body for a missing number was never observed, so `statusCode` may be absent.
    """
    body = cast(dict[str, Any], parsed) if isinstance(parsed, dict) else {}
    status = str(body.get("statusCode", 404))
    if status != "404" or not ("message" in body or "error" in body):
        return ServerError, " — not the API's own answer: check vapi:baseUrl and any proxy"
    if _NO_ROUTE.match(str(body.get("message"))):
        return RejectedError, " — no such path here: check vapi:baseUrl"
    return NotFoundError, ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _words(parsed: Any, response: Response, secrets: Collection[str]) -> str:
    """Return the API's message, or else the body, as one line of limited length."""
    if parsed is response:
        # The charset in the response's headers may not exist, so detect the encoding.
        content = response.content
        text = content[: 4 * _MOST_READ].decode(json.detect_encoding(content), "replace")
        words = redacted(text[:_MOST_READ], secrets)
    else:
        answer = redacted(parsed, secrets)
        body: Any = cast(dict[str, Any], answer) if isinstance(answer, dict) else {}
        message: Any = body.get("message")
        if isinstance(message, list):
            message = "; ".join(str(item) for item in cast(list[Any], message))
        bare = _json(answer) if response.content else ""
        words = bare if message is None else str(message)
    line = " ".join(words.split())
    return line if len(line) <= _MOST_SHOWN else line[:_MOST_SHOWN] + "…"


def _json(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
