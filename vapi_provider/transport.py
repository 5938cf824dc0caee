"""HTTP to the account: the key, the time limits, what is repeated, what an answer means.

Policy. GET, PATCH and DELETE do no harm twice: they are repeated when the API was not reached, did
not answer in time, answered 408, 429 or 5xx, or something before it answered a page that is no
JSON. POST buys: it is repeated only when nothing can have been made, that is when no connection
came about, or on 429. At most `ATTEMPTS` tries, with jittered exponential waits, or those that a
Retry-After header asks for in seconds. A DELETE that finds nothing after an unclear try of its own
has done its work. Knows nothing of phone numbers.
"""

from __future__ import annotations

import json as jsonlib
import math
import time
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any, cast

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from vapi_provider.errors import (
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
from vapi_provider.settings import EMBEDDED, Settings

USER_AGENT = "pulumi-vapi-phone-numbers/0.1"
"""Sent with each request: the API's front refuses requests without a sensible one (observed)."""

ATTEMPTS = 5
LONGEST_WAIT_SECONDS = 30.0
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def may_repeat(method: str, error: BaseException) -> bool:
    """The policy above as one function of what happened."""
    if isinstance(error, RateLimitedError):
        return True
    if isinstance(error, UnclearError):
        return method != "POST"
    if isinstance(error, TransportError):
        return True
    return method != "POST" and isinstance(error, ServerError)


def open_http(settings: Settings) -> httpx.Client:
    """An HTTP client for the account: over the network, or in-process for an embedded one."""
    headers = {
        "Authorization": f"Bearer {settings.api_key}",
        "User-Agent": USER_AGENT,
        "Accept": "application/json",
    }
    file = settings.embedded_file
    if file is None:
        on_this_machine = settings.base_url.startswith("http://")
        return httpx.Client(
            base_url=settings.base_url,
            headers=headers,
            timeout=settings.request_timeout_seconds,
            limits=httpx.Limits(
                max_connections=settings.max_concurrent_requests,
                max_keepalive_connections=settings.max_concurrent_requests,
            ),
            # A proxy must not see a key that goes to this machine in clear.
            trust_env=not on_this_machine,
        )
    # Only here: an ordinary run against a real account never loads the embedded one.
    from vapi_provider.embedded import EmbeddedAccountError, create_app

    try:
        app = create_app(file, region=settings.region)
    except EmbeddedAccountError as error:
        raise ConfigurationError(f"vapi:baseUrl {EMBEDDED}{file}: {error}") from None
    return httpx.Client(
        base_url="http://embedded", headers=headers, transport=httpx.WSGITransport(app=app)
    )


class Transport:
    """Sends requests and gives back the answers' JSON, or raises from the error tree."""

    def __init__(
        self, http: httpx.Client, api_key: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._http = http
        self._api_key = api_key
        self._sleep = sleep
        self._refused_key: AuthenticationError | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        secrets: Collection[str] = (),
    ) -> Any:
        """The JSON of a 2xx answer. `secrets` are values that no error may show.

        Raises TransportError, UnclearError or an ApiError, by the policy above. Once the key was
        refused as such, nothing more is sent: a fleet would be refused number by number.
        """
        if self._refused_key is not None:
            raise self._refused_key

        may_be_done = False

        def once() -> Any:
            nonlocal may_be_done
            try:
                return self._once(method, path, params, body, (self._api_key, *secrets))
            except NotFoundError:
                if method == "DELETE" and may_be_done:
                    return None
                raise
            except (UnclearError, ServerError):
                may_be_done = True
                raise

        retrying = Retrying(
            retry=retry_if_exception(lambda error: may_repeat(method, error)),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(once)

    def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: Mapping[str, Any] | None,
        secrets: Collection[str],
    ) -> Any:
        what = f"{method} {path}"
        try:
            response = self._http.request(method, path, params=params, json=body)
        except _NOTHING_SENT as error:
            raise TransportError(
                f"{what}: cannot reach {self._http.base_url} ({_reason(error)}): check the "
                "network and vapi:baseUrl"
            ) from None
        except httpx.RequestError as error:
            raise UnclearError(
                f"{what}: no answer from {self._http.base_url} ({_reason(error)})"
            ) from None
        try:
            return _answer(what, response, secrets)
        except AuthenticationError as error:
            if error.status == 401:
                self._refused_key = AuthenticationError(
                    "the key was refused before: check vapi:apiKey, nothing more was sent", 401
                )
            raise


_backoff = wait_exponential_jitter(multiplier=0.5, max=LONGEST_WAIT_SECONDS, jitter=0.5)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after_seconds if isinstance(error, ApiError) else None
    return _backoff(state) if asked is None else asked


def _answer(what: str, response: httpx.Response, secrets: Collection[str]) -> Any:
    """The answer's JSON; None for an empty 2xx."""
    try:
        parsed: Any = response.json() if response.content else None
    except (jsonlib.JSONDecodeError, UnicodeDecodeError):
        parsed = response
    status = f"{response.status_code} {_phrase(response.status_code)}".strip()
    if response.is_success:
        if parsed is response:
            raise ServerError(
                f"{what}: {status} without JSON: something other than Vapi answers here",
                response.status_code,
            )
        return parsed
    words = _words(parsed, _redacted(response.text, secrets), secrets)
    kind, advice = _meaning(response.status_code)
    raise kind(f"{what}: {status}: {words}{advice}", response.status_code, _retry_after(response))


def _meaning(status: int) -> tuple[type[ApiError], str]:
    """The error's class and what to do about it."""
    if status == 401:
        return AuthenticationError, " — check vapi:apiKey: a private key of this account and region"
    if status == 403:
        return AuthenticationError, " — the key may not do this, or a firewall stands between"
    if status == 404:
        return NotFoundError, ""
    if status == 429:
        return RateLimitedError, " — wait, or lower vapi:maxConcurrentRequests"
    if status == 408 or status >= 500 or status < 400:
        return ServerError, " — try again later"
    return RejectedError, ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _words(parsed: Any, text: str, secrets: Collection[str]) -> str:
    """Vapi's own words in one line of reasonable length; `text` where it has none."""
    message: Any = cast(dict[str, Any], parsed).get("message") if isinstance(parsed, dict) else None
    if isinstance(message, list):
        message = "; ".join(str(item) for item in cast(list[Any], message))
    # Secrets go before anything is folded or cut: a part of one is one too.
    words = text if message is None else _redacted(str(message), secrets)
    line = " ".join(words.split())
    return line if len(line) <= 500 else line[:500] + "…"


def _redacted(text: str, secrets: Collection[str]) -> str:
    """`text` without the secrets, plain or as JSON spells them; longer ones first."""
    spelled = {form for secret in secrets for form in (secret, jsonlib.dumps(secret)[1:-1])}
    # A header's value of a letter or two is no secret, and would tear words apart.
    for form in sorted((one for one in spelled if len(one) > 3), key=len, reverse=True):
        text = text.replace(form, "[secret]")
    return text


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header in its numeric form, bounded."""
    try:
        seconds = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _reason(error: httpx.RequestError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
