"""Interpretation of a response: its JSON, or the error that tells the caller what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from http.client import responses
from typing import Any, cast

import httpx

from vapi_provider.api.response_bounds import InvalidResponse, parse
from vapi_provider.api.retry import MAX_PAUSE_SECONDS, is_too_long
from vapi_provider.catalogue import api as messages
from vapi_provider.errors import (
    ApiError,
    AuthenticationError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    ServerError,
)
from vapi_provider.shared.redaction import redact

_NO_ROUTE = re.compile(r"Cannot [A-Z]+ /")
"""Message of the API's framework for a path that it does not serve."""

_MAX_SHOWN = 500
"""Maximum characters of a response in an error message."""

_MAX_READ = 20_000
"""Maximum characters of a page that is not JSON to redact."""


def json_of(
    what: str,
    response: httpx.Response,
    secrets: Collection[str],
    requested_wait: Callable[[int, Mapping[str, str]], float | None],
) -> Any:
    """Return the JSON of a 2xx response; None for an empty body.

    `secrets` are values that no error message may contain. `requested_wait` returns how
    many seconds a status and headers ask the client to wait. Raises an ApiError for any other
    status, and ServerError where the body is not JSON.
    """
    fault = ""
    try:
        parsed: Any = parse(response.content)
    except InvalidResponse as bad:
        parsed, fault = response, str(bad)
    if response.is_success:
        if fault:
            raise not_vapi(what, response.status_code, fault)
        return parsed
    refusal = f"{what}: {_status_line(response.status_code)}: {_words(parsed, response, secrets)}"
    wait = requested_wait(response.status_code, response.headers)
    raise _error(response.status_code, parsed, refusal, wait)


def not_vapi(what: str, status: int, fault: str) -> ServerError:
    """Return the error for a response that Vapi's API cannot have sent."""
    fault = f"{what}: {_status_line(status)}: the response {fault}"
    fault = f"{fault}: something other than Vapi answers here"
    return ServerError(messages.NOT_THE_API(fault=fault), status)


def _error(status: int, parsed: Any, refusal: str, wait: float | None) -> ApiError:
    """Return the error for a status that is not 2xx; `refusal` shows the response."""
    if status == 401:
        return AuthenticationError(messages.KEY_REFUSED(refusal=refusal), status, wait)
    if status == 403:
        return AuthenticationError(messages.KEY_LACKS_PERMISSION(refusal=refusal), status, wait)
    if status == 404:
        return _error_of_404(parsed, refusal, wait)
    if status == 429:
        limit = "the account's limit on requests is reached"
        if is_too_long(wait):
            limit = (
                f"the API asks to wait {wait:.0f} s, and a run waits {MAX_PAUSE_SECONDS:.0f} s at "
                "most"
            )
        return RateLimitedError(messages.RATE_LIMITED(refusal=refusal, limit=limit), status, wait)
    if status == 408 or status >= 500 or status < 400:
        return ServerError(messages.API_FAILED(refusal=refusal), status, wait)
    return RejectedError(messages.REQUEST_REJECTED(refusal=refusal), status, wait)


def _error_of_404(parsed: Any, refusal: str, wait: float | None) -> ApiError:
    """Return the error for a 404: only the API's own JSON proves that a record is missing.

    The API's body for a missing number was never observed, so `statusCode` may be absent.
    """
    body = cast(dict[str, Any], parsed) if isinstance(parsed, dict) else {}
    status = str(body.get("statusCode", 404))
    if status != "404" or not ("message" in body or "error" in body):
        fault = f"{refusal}: not the API's own response"
        return ServerError(messages.NOT_THE_API(fault=fault), 404, wait)
    if _NO_ROUTE.match(str(body.get("message"))):
        fault = f"{refusal}: no such path here"
        return RejectedError(messages.NOT_THE_API(fault=fault), 404, wait)
    return NotFoundError(messages.NOT_FOUND(refusal=refusal), 404, wait)


def _status_line(status: int) -> str:
    return f"{status} {responses.get(status, '')}".strip()


def _words(parsed: Any, response: httpx.Response, secrets: Collection[str]) -> str:
    """Return the API's message, or else the body, as one line of limited length."""
    if parsed is response:
        # The charset in the response's headers may not exist, so detect the encoding.
        content = response.content
        text = content[: 4 * _MAX_READ].decode(json.detect_encoding(content), "replace")
        words = redact(text[:_MAX_READ], secrets)
    else:
        shown = redact(parsed, secrets)
        body: Any = cast(dict[str, Any], shown) if isinstance(shown, dict) else {}
        message: Any = body.get("message")
        if isinstance(message, list):
            message = "; ".join(str(item) for item in cast(list[Any], message))
        compact = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        bare = compact if response.content else ""
        words = bare if message is None else str(message)
    line = " ".join(words.split())
    return line if len(line) <= _MAX_SHOWN else line[:_MAX_SHOWN] + "…"
