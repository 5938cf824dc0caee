"""HTTP transport of an account: opens the connection, and sends and retries each request.

`retry` decides what is retried, `limit` how many requests are in flight, and `response` what a
response means.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from vapi_provider.api.concurrency_limit import AdaptiveLimit
from vapi_provider.api.response import json_of, not_vapi
from vapi_provider.api.response_bounds import (
    RECORD_BYTES,
    CorruptResponse,
    InvalidResponse,
    LateResponse,
    read_content,
)
from vapi_provider.api.retry import Retry, moment_of
from vapi_provider.catalogue import api as messages
from vapi_provider.catalogue.configuration import INVALID_PROXY
from vapi_provider.errors import (
    AbandonedError,
    ApiError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnclearError,
)
from vapi_provider.settings.config import DEFAULT_REQUESTS, Settings
from vapi_provider.shared.network_settings import network_settings

USER_AGENT = "pulumi-vapi-phone-numbers/0.1"
"""Header of each request: the API's front end refuses requests without a common one (observed)."""

# A proxy refuses a request before it forwards any of it.
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def open_http(settings: Settings) -> httpx.Client:
    """Return the HTTP client of an account, which is in-process for an embedded account.

    Raises ConfigurationError where the proxy's URL or the embedded account's file is invalid.
    """
    headers = {
        "Authorization": f"Bearer {settings.api_key}",
        "User-Agent": USER_AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
    }
    if settings.embedded_file is None:
        network = network_settings(settings.base_url, os.environ)
        try:
            # Lazy import: an embedded account needs no network.
            from vapi_provider.api.network import over_the_network

            return over_the_network(settings, headers, network)
        except (ValueError, ImportError, httpx.InvalidURL):
            raise ConfigurationError(INVALID_PROXY(variable=network.proxy_from)) from None
    # Lazy import: a run against a real account never needs the embedded one.
    from vapi_provider.api.in_process import in_process

    return in_process(settings, headers)


class Transport:
    """Transport that sends requests and returns the JSON of their responses.

    Thread-safe: its threads share the pause after a 429 and the limit of requests in flight.
    """

    def __init__(
        self,
        http: httpx.Client,
        api_key: str,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.monotonic,
        limit: AdaptiveLimit | None = None,
    ) -> None:
        self._http = http
        self._api_key = api_key
        self._retry = retry or Retry()
        self._clock = clock
        self._limit = limit or AdaptiveLimit(DEFAULT_REQUESTS)
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
        before_send: Callable[[], None] = lambda: None,
        most_bytes: int = RECORD_BYTES,
    ) -> Any:
        """Return the JSON of a 2xx response, which has at most `most_bytes`.

        `secrets` are values that no error message may contain. `before_send` is called before
        each try, after any wait, and once more where another thread's 429 pauses this one; an
        exception ends the request. Once the API has refused the key, no further request is sent,
        because each would fail. Raises TransportError, UnclearError or an ApiError.
        """
        if self._refused_key is not None:
            raise self._refused_key

        may_be_done = may_still_complete = False

        def once() -> Any:
            nonlocal may_be_done, may_still_complete
            with self._turn(before_send):
                try:
                    return self._once(
                        method, path, params, body, (self._api_key, *secrets), most_bytes
                    )
                except NotFoundError as missing:
                    missing.after_unclear_try = method == "DELETE" and may_be_done
                    raise
                except (UnclearError, ServerError) as error:
                    may_be_done = True
                    may_still_complete = may_still_complete or error.may_still_complete
                    raise

        try:
            return self._retry.retrying(method)(once)
        except AbandonedError as abandoned:
            abandoned.may_still_complete = may_still_complete
            raise

    @contextmanager
    def _turn(self, before_send: Callable[[], None]) -> Generator[None]:
        """Wait until a request may be sent; count it as in flight until the block ends."""
        while True:
            self._retry.wait_out_pause()
            with self._limit.slot() as slot:
                if self._retry.is_paused():
                    continue
                before_send()
                # Another thread may start a pause while `before_send` writes to a remote journal.
                if self._retry.is_paused():
                    continue
                try:
                    yield
                except RateLimitedError as refusal:
                    # Start the pause before the slot is freed: its next holder must see it.
                    self._retry.start_pause(refusal)
                    slot.is_refused = True
                    raise
                except ApiError:
                    slot.is_refused = False
                    raise
                slot.is_refused = False
                return

    def api_time(self) -> float | None:
        """Return the API clock's time in Unix seconds; None where no response had a `Date`.

        The result lags by up to one second plus the latency, because a `Date` has whole seconds.
        """
        if self._api_clock is None:
            return None
        date, noted_at = self._api_clock
        return date + time.monotonic() - noted_at

    def _note_api_time(self, headers: Mapping[str, str]) -> None:
        date = moment_of(headers.get("Date", ""))
        if date is not None:
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
        what, url = f"{method} {path}", self._http.base_url
        try:
            with self._http.stream(method, path, params=params, json=body) as response:
                response = self._read(what, response, most_bytes)
        except _NOTHING_SENT as error:
            raise TransportError(
                messages.CANNOT_REACH(request=what, url=url, reason=_reason(error))
            ) from None
        except httpx.RequestError as error:
            raise UnclearError(
                messages.NO_ANSWER(request=what, url=url, reason=_reason(error)),
                may_still_complete=isinstance(error, httpx.TimeoutException),
            ) from None
        except CorruptResponse:
            raise UnclearError(
                messages.NO_ANSWER(request=what, url=url, reason="its compression is damaged")
            ) from None
        except LateResponse:
            raise UnclearError(
                messages.ANSWER_TOO_LATE(request=what, url=url, seconds=self._http.timeout.read),
                may_still_complete=True,
            ) from None
        self._note_api_time(response.headers)
        try:
            return json_of(what, response, secrets, self._retry.requested_wait)
        except AuthenticationError as error:
            if error.status == 401:
                refusal = "the key was refused before, and nothing more was sent"
                self._refused_key = AuthenticationError(messages.KEY_REFUSED(refusal=refusal), 401)
            raise

    def _read(self, what: str, response: httpx.Response, most_bytes: int) -> httpx.Response:
        """Return the response with its body; raise LateResponse, CorruptResponse or ServerError."""
        seconds, began = self._http.timeout.read, self._clock()
        try:
            content = read_content(
                response,
                most_bytes,
                lambda: seconds is None or self._clock() - began <= seconds,
            )
        except InvalidResponse as bad:
            if response.is_success:
                raise not_vapi(what, response.status_code, str(bad)) from None
            content = b""  # The status alone determines the error.
        headers = [
            header for header in response.headers.multi_items() if header[0] != "content-encoding"
        ]
        return httpx.Response(response.status_code, headers=headers, content=content)


def _reason(error: httpx.RequestError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
