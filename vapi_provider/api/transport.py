"""HTTP to the account: the key, the time limits, what is repeated, what an answer means.

What is repeated, and how long between, is the policy in `retry`. Knows nothing of phone numbers.
"""

from __future__ import annotations

import json as jsonlib
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from typing import Any, cast

from vapi_provider.api.answer_bounds import (
    RECORD_BYTES,
    BadAnswer,
    BrokenAnswer,
    LateAnswer,
    parse,
    read_content,
)
from vapi_provider.api.retry import PATIENCE_SECONDS, Retry, is_too_long
from vapi_provider.errors import (
    AbandonedError,
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    ServerError,
    TransportError,
    UnclearError,
)
from vapi_provider.settings.config import EMBEDDED, Settings
from vapi_provider.settings.network import network_settings
from vapi_provider.shared.redaction import redacted

# httpx loads its own command line with click and rich, where they are installed, and does without
# where they are not. Each run of the engine would pay for it.
sys.modules.setdefault("httpx._main", cast(Any, None))
import httpx  # noqa: E402

if sys.modules["httpx._main"] is cast(Any, None):
    del sys.modules["httpx._main"]

USER_AGENT = "pulumi-vapi-phone-numbers/0.1"
"""Sent with each request: the API's front refuses requests without a sensible one (observed)."""

_NO_ROUTE = re.compile(r"Cannot [A-Z]+ /")
"""What the API's framework answers for a path that it does not serve."""
_MOST_READ = 20_000
"""Characters of a page that is no JSON of which an error may show the beginning."""

# A proxy that refuses does so before it lets anything through.
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def open_http(settings: Settings) -> httpx.Client:
    """An HTTP client for the account: over the network, or in-process for an embedded one."""
    headers = {
        "Authorization": f"Bearer {settings.api_key}",
        "User-Agent": USER_AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    file = settings.embedded_file
    if file is None:
        network = network_settings(settings.base_url, os.environ)
        try:
            # Only here: an embedded account needs no network.
            from vapi_provider.api.connection import over_the_network

            return over_the_network(settings, headers, network)
        except (ValueError, ImportError, httpx.InvalidURL):
            raise ConfigurationError(
                f"the proxy of {network.proxy_from} cannot be used: it must be an http:// or "
                "https:// URL"
            ) from None
    # Only here: an ordinary run against a real account never loads the embedded one.
    from vapi_provider.embedded import EmbeddedAccountError, open_app

    try:
        app = open_app(str(file), region=settings.region)
    except EmbeddedAccountError as error:
        raise ConfigurationError(f"vapi:baseUrl {EMBEDDED}{file}: {error}") from None
    return httpx.Client(
        base_url="http://embedded",
        headers=headers,
        timeout=settings.request_timeout_seconds,
        transport=InProcess(app, settings.max_concurrent_requests),
    )


class InProcess(httpx.WSGITransport):
    """Calls an app of this process; one that drops a request or is too slow fails as a network.

    At most `at_once` requests are under way, as over a network.
    """

    def __init__(self, app: Any, at_once: int) -> None:
        super().__init__(app=app)
        self._turns = threading.BoundedSemaphore(at_once)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._turns:
            return self._handle(request)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        begun = time.monotonic()
        try:
            response = super().handle_request(request)
            # A server's clock is in each of its answers; this one's is ours.
            response.headers.setdefault("Date", formatdate(usegmt=True))
        except ConnectionError as error:
            raise httpx.ReadError(str(error), request=request) from error
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and time.monotonic() - begun > limit:
            raise httpx.ReadTimeout("the answer came too late", request=request)
        return response


class Transport:
    """Sends requests and gives back the answers' JSON, or raises from the error tree."""

    def __init__(
        self,
        http: httpx.Client,
        api_key: str,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._api_key = api_key
        self._retry = retry or Retry()
        self._clock = clock
        self._refused_key: AuthenticationError | None = None
        self._api_clock: tuple[float, float] | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
        about_to_send: Callable[[], None] = lambda: None,
        most_bytes: int = RECORD_BYTES,
    ) -> Any:
        """The JSON of a 2xx answer. `secrets` are values that no error may show.

        `most_bytes` is how much the answer may hold.

        `about_to_send` is called before each try, after any pause; what it raises ends the request.
        Raises TransportError, UnclearError or an ApiError, by the policy above. Once the key was
        refused as such, nothing more is sent: a fleet would be refused number by number.
        """
        if self._refused_key is not None:
            raise self._refused_key

        may_be_done = may_come_later = False

        def once() -> Any:
            nonlocal may_be_done, may_come_later
            self._retry.pause()
            about_to_send()
            try:
                return self._once(method, path, params, body, (self._api_key, *secrets), most_bytes)
            except NotFoundError as missing:
                missing.after_unclear_try = method == "DELETE" and may_be_done
                raise
            except (UnclearError, ServerError) as error:
                may_be_done = True
                may_come_later = may_come_later or error.may_come_later
                raise

        try:
            return self._retry.repeating(method)(once)
        except AbandonedError as abandoned:
            abandoned.may_come_later = may_come_later
            raise

    def api_time(self) -> float | None:
        """Return the time by the API's clock, in Unix seconds; None where no answer had a `Date`.

        An answer's `Date` has whole seconds, and took its time to come.
        """
        if self._api_clock is None:
            return None
        date, heard_at = self._api_clock
        return date + time.monotonic() - heard_at

    def _hear_clock(self, headers: Mapping[str, str]) -> None:
        if "Date" in headers:
            with suppress(ValueError):
                date = parsedate_to_datetime(headers["Date"]).timestamp()
                self._api_clock = (date, time.monotonic())

    def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
        secrets: Collection[str],
        most_bytes: int,
    ) -> Any:
        what = f"{method} {path}"
        try:
            with self._http.stream(method, path, params=params, json=body) as response:
                response = self._read(what, response, most_bytes)
        except _NOTHING_SENT as error:
            raise TransportError(
                f"{what}: cannot reach {self._http.base_url} ({_reason(error)}): check the "
                "network and vapi:baseUrl"
            ) from None
        except httpx.RequestError as error:
            raise UnclearError(
                f"{what}: no answer from {self._http.base_url} ({_reason(error)})",
                may_come_later=isinstance(error, httpx.TimeoutException),
            ) from None
        except BrokenAnswer:
            raise UnclearError(
                f"{what}: the answer from {self._http.base_url} is damaged: its compression is "
                "broken"
            ) from None
        except LateAnswer:
            raise UnclearError(
                f"{what}: no whole answer from {self._http.base_url} within "
                f"{self._http.timeout.read:g} s: check the network, or raise "
                "vapi:requestTimeoutSeconds",
                may_come_later=True,
            ) from None
        self._hear_clock(response.headers)
        try:
            return _answer(what, response, secrets, self._retry.asked)
        except AuthenticationError as error:
            if error.status == 401:
                self._refused_key = AuthenticationError(
                    "the key was refused before: check vapi:apiKey, nothing more was sent", 401
                )
            raise

    def _read(self, what: str, response: httpx.Response, most_bytes: int) -> httpx.Response:
        """The answer with its body, which has arrived within the bounds of one try."""
        seconds, began = self._http.timeout.read, self._clock()
        try:
            content = read_content(
                response,
                most_bytes,
                lambda: seconds is None or self._clock() - began <= seconds,
            )
        except BadAnswer as bad:
            if response.is_success:
                raise _not_vapi(what, response.status_code, str(bad)) from None
            content = b""  # Its status says what it means.
        headers = [it for it in response.headers.multi_items() if it[0] != "content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=content)


def _answer(
    what: str,
    response: httpx.Response,
    secrets: Collection[str],
    asked: Callable[[int, Mapping[str, str]], float | None],
) -> Any:
    """The answer's JSON; None for an empty 2xx."""
    fault = ""
    try:
        parsed: Any = parse(response.content)
    except BadAnswer as bad:
        parsed, fault = response, str(bad)
    status = f"{response.status_code} {_phrase(response.status_code)}".strip()
    if response.is_success:
        if fault:
            raise _not_vapi(what, response.status_code, fault)
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


def _not_vapi(what: str, status: int, fault: str) -> ServerError:
    line = f"{status} {_phrase(status)}".strip()
    return ServerError(
        f"{what}: {line}: the answer {fault}: something other than Vapi answers here", status
    )


def _meaning(status: int, parsed: Any) -> tuple[type[ApiError], str]:
    """Return the error's class and what to do about it."""
    if status == 401:
        return AuthenticationError, " — check vapi:apiKey: a private key of this account and region"
    if status == 403:
        return AuthenticationError, " — the key may not do this, or a firewall stands between"
    if status == 404:
        return _meaning_of_404(parsed)
    if status == 429:
        return RateLimitedError, " — wait, or lower vapi:maxConcurrentRequests"
    if status == 408 or status >= 500 or status < 400:
        return ServerError, " — try again later"
    return RejectedError, ""


def _meaning_of_404(parsed: Any) -> tuple[type[ApiError], str]:
    """Return what a 404 means: only the API's own JSON says that a record is missing.

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


def _words(parsed: Any, response: httpx.Response, secrets: Collection[str]) -> str:
    """Return Vapi's own words in one line of reasonable length; the body where it has none."""
    if parsed is response:
        words = redacted(response.text[:_MOST_READ], secrets)
    else:
        answer = redacted(parsed, secrets)
        bag: Any = cast(dict[str, Any], answer) if isinstance(answer, dict) else {}
        message: Any = bag.get("message")
        if isinstance(message, list):
            message = "; ".join(str(item) for item in cast(list[Any], message))
        bare = _json(answer) if response.content else ""
        words = bare if message is None else str(message)
    line = " ".join(words.split())
    return line if len(line) <= 500 else line[:500] + "…"


def _json(answer: Any) -> str:
    return jsonlib.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _reason(error: httpx.RequestError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
