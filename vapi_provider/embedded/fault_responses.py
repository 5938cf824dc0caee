"""The failures that can replace an answer: errors of the API, of proxies and of the network.

A client of the real API may meet each of them. `faults` decides when one happens.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from werkzeug.http import http_date
from werkzeug.wrappers import Response

from vapi_provider.embedded.errors import RATE_LIMITED, Refusal, refused

Trigger = Callable[[float], "Response | None"]

_UPSTREAM = "upstream connect error or disconnect/reset before headers"


class Dropped(ConnectionResetError):
    """The connection is closed without an answer; server and client handle the base class."""


@dataclass(frozen=True)
class Failure:
    """One kind of failure.

    Attributes:
        description: What happens, for `--help`.
        trigger: Takes seconds; returns an answer, or None for the account's own; may raise Dropped.
        seconds: The default seconds; None for a failure that takes none.
    """

    description: str
    trigger: Trigger
    seconds: float | None = None


def _json(refusal: Refusal) -> Response:
    text = json.dumps(refusal.body, separators=(",", ":"))
    return Response(text, refusal.status, content_type="application/json; charset=utf-8")


def _page(status: int, title: str) -> Response:
    text = (
        f"<!DOCTYPE html>\n<html>\n<head><title>{title}</title></head>\n"
        f"<body><center><h1>{title}</h1></center><hr><center>cloudflare</center></body>\n</html>\n"
    )
    return Response(text, status, content_type="text/html; charset=UTF-8")


def _too_many(header: str = "", value: str = "") -> Response:
    answer = _json(refused(RATE_LIMITED, 429))
    if header:
        answer.headers[header] = value
    return answer


def _later(seconds: float) -> int:
    # These headers hold whole seconds; rounded up so that no client comes too early.
    return math.ceil(time.time() + seconds)


def _plain(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=UTF-8")


def _unavailable(seconds: str) -> Response:
    answer = _plain(_UPSTREAM, 503)
    answer.headers["Retry-After"] = seconds
    return answer


def _drop(_seconds: float) -> NoReturn:
    raise Dropped("the connection was closed without an answer, on purpose")


def _die(_seconds: float) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL cannot be survived")


FAILURES: Mapping[str, Failure] = {
    "drop": Failure("the connection is closed without an answer", _drop),
    "slow": Failure(
        "the request takes so long, then goes on as if nothing was", time.sleep, seconds=1
    ),
    "500": Failure(
        "500 in the API's JSON",
        lambda _: _json(Refusal(500, {"statusCode": 500, "message": "Internal server error"})),
    ),
    "502": Failure("502, an HTML page of a gateway", lambda _: _page(502, "502 Bad Gateway")),
    "503": Failure(
        "503, a gateway's line of text",
        lambda _: _plain(_UPSTREAM, 503),
    ),
    "503-after": Failure(
        "503 with Retry-After in seconds", lambda seconds: _unavailable(f"{seconds:g}"), seconds=1
    ),
    "504": Failure("504 without a body", lambda _: _plain("", 504)),
    "page": Failure("200, but an HTML page of a portal", lambda _: _page(200, "Sign in")),
    "408": Failure("408 in the API's JSON", lambda _: _json(refused("Request Timeout", 408))),
    "409": Failure("409 in the API's JSON", lambda _: _json(refused("Conflict", 409))),
    "429": Failure("429 that does not say how long to wait", lambda _: _too_many()),
    "429-after": Failure(
        "429 with Retry-After in seconds",
        lambda seconds: _too_many("Retry-After", f"{seconds:g}"),
        seconds=1,
    ),
    "429-date": Failure(
        "429 with Retry-After as an HTTP date",
        lambda seconds: _too_many("Retry-After", http_date(_later(seconds))),
        seconds=1,
    ),
    "429-reset": Failure(
        "429 with X-RateLimit-Reset, seconds since 1970",
        lambda seconds: _too_many("X-RateLimit-Reset", str(_later(seconds))),
        seconds=1,
    ),
    "1010": Failure(
        "403 of a firewall: error code 1010", lambda _: _plain("error code: 1010", 403)
    ),
    "kill": Failure("SIGKILL to the process that the account runs in", _die),
}
