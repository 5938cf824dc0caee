"""Retry policy shared by all workers of a run: which requests, how often, with what backoff.

GET, PATCH and DELETE are idempotent: they are retried when the API was not reached, did not respond
in time, responded with 408, 429 or 5xx, or when a proxy responded with a page that is not JSON.
POST purchases a number, so it is retried only when no record can have been created: when the
connection failed, or on 429. Backoff is exponential with jitter; the wait that a response asks for
(Retry-After in seconds or as a date, X-RateLimit-Reset) takes precedence. A 429 pauses all workers
of the run, which give up after `MAX_PAUSE_SECONDS`; any other error ends a request after
`ATTEMPTS` tries. Vapi counts requests per UTC minute and sends no reset header, so a 429 without a
wait pauses until the next minute. A 429 that asks for more than `MAX_PAUSE_SECONDS` ends the run at
once.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeGuard

from tenacity import RetryCallState, Retrying, retry_if_exception
from tenacity.wait import wait_exponential_jitter

from vapi_provider.catalogue import api as messages
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import (
    ApiError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnclearError,
)

ATTEMPTS = 5
MAX_PAUSE_SECONDS = 300.0
"""Maximum time for which a run waits after 429s before it gives up."""

MAX_WAIT_SECONDS = 30.0
WATCH_SECONDS = 2.0
"""Maximum sleep between two calls of `watch`."""

NOTIFY_AFTER_SECONDS = 10.0
"""Shortest wait that is reported to the user."""

MINUTE_JITTER_SECONDS = 10.0
"""Maximum delay after the minute starts, so that several runs do not resume at the same time."""

_MAX_ASKED_SECONDS = 1e9
_UNIX_TIMES_FROM = 10_000_000.0
"""X-RateLimit-Reset below this is in seconds, from it on a Unix time: servers send either."""

_MILLISECONDS = 100_000_000_000.0
"""X-RateLimit-Reset above this is in milliseconds: in seconds it would be in the year 5138."""

_backoff = wait_exponential_jitter(multiplier=0.5, max=MAX_WAIT_SECONDS, jitter=0.5)
_backoff_after_429 = wait_exponential_jitter(multiplier=2, max=MAX_WAIT_SECONDS, jitter=1)


def may_repeat(method: str, error: BaseException) -> bool:
    """Return whether the retry policy retries a request that failed with `error`."""
    if isinstance(error, RateLimitedError):
        return True
    if isinstance(error, UnclearError):
        return method != "POST"
    if isinstance(error, TransportError):
        return True
    return method != "POST" and isinstance(error, ServerError)


def asked_to_wait(
    headers: Mapping[str, str], now: float, most: float = MAX_WAIT_SECONDS
) -> float | None:
    """Return how many seconds after `now` (Unix time) a response asks to wait, at most `most`.

    None where the response asks for no wait, or for a time that has passed, as the clocks then
    differ.
    """
    seconds = _number(headers.get("Retry-After"))
    if seconds is None and "Retry-After" in headers:
        moment = moment_of(headers["Retry-After"])
        seconds = None if moment is None else moment - now
    if seconds is None:
        reset = _number(headers.get("X-RateLimit-Reset"))
        if reset is not None:
            reset = reset / 1000 if reset > _MILLISECONDS else reset
            seconds = reset if reset < _UNIX_TIMES_FROM else reset - now
    return None if seconds is None or seconds <= 0 else min(seconds, most)


class Retry:
    """Retry policy applied to the requests of all workers, which share the pause after a 429."""

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        notify: Callable[[Message], None] = lambda _: None,
        now: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,  # noqa: S311 - spreads runs, guards no secret
        watch: Callable[[], None] | None = None,
    ) -> None:
        """Set up the policy; `watch` is called every two seconds of a wait and may raise."""
        self._sleep = sleep
        self._clock = clock
        self._notify = notify
        self._watch = watch
        self._now = now
        self._jitter = jitter
        self._lock = threading.Lock()
        self._paused_until = -math.inf
        self._ended_until = -math.inf
        self._ended_by: RateLimitedError | None = None

    def requested_wait(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Return how many seconds an error asks to wait; None where the backoff decides.

        Dates are compared with the response's own `Date` header, if present.
        """
        now = self._now()
        if status != 429:
            return asked_to_wait(headers, now)
        moment = moment_of(headers.get("Date", ""))
        now = now if moment is None else moment
        seconds = asked_to_wait(headers, now, _MAX_ASKED_SECONDS)
        if seconds is None and _number(headers.get("Retry-After")) is None:
            return 60 - now % 60 + self._jitter(0, MINUTE_JITTER_SECONDS)
        return seconds

    def wait_out_pause(self) -> None:
        """Wait until the pause that the last 429 asked for is over.

        Raises RateLimitedError where the pause exceeds `MAX_PAUSE_SECONDS`, without a request.
        """
        while True:
            if self._ended_by is not None and self._clock() < self._ended_until:
                raise self._ended_by
            left = self._paused_until - self._clock()
            if left <= 0:
                return
            self._rest(left)

    def is_paused(self) -> bool:
        """Return whether `wait_out_pause` would wait or raise."""
        return self._clock() < max(self._paused_until, self._ended_until)

    def start_pause(self, refusal: RateLimitedError) -> None:
        """Pause all workers as long as a 429 asks, or end the run where that is too long."""
        seconds = refusal.retry_after_seconds
        if is_too_long(seconds):
            with self._lock:
                self._ended_until = self._clock() + seconds
                self._ended_by = refusal
        elif seconds is not None:
            self._extend_pause(seconds, refusal)

    def _extend_pause(self, seconds: float, refusal: RateLimitedError) -> None:
        with self._lock:
            now = self._clock()
            longer = now + seconds - max(self._paused_until, now)
            self._paused_until = max(self._paused_until, now + seconds)
        # The worker that started this pause has already reported it.
        if longer >= NOTIFY_AFTER_SECONDS:
            self._notify(messages.WAITING_TO_RETRY(seconds=seconds, cause=refusal))

    def _rest(self, seconds: float) -> None:
        if self._watch is None:
            self._sleep(seconds)
            return
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self._watch()
            self._sleep(min(left, WATCH_SECONDS))

    def retrying(self, method: str) -> Retrying:
        """Return a caller that retries a function until it succeeds or its last error is raised."""
        return Retrying(
            retry=retry_if_exception(lambda error: may_repeat(method, error)),
            wait=self._wait,
            stop=self._is_enough,
            sleep=self._rest,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, ApiError) else None
        if isinstance(error, RateLimitedError):
            if is_too_long(asked):
                return 0  # Tenacity computes the wait before it calls `_is_enough`.
            seconds = _backoff_after_429(state) if asked is None else asked
            self._extend_pause(seconds, error)
            return seconds
        seconds = _backoff(state) if asked is None else asked
        if seconds >= NOTIFY_AFTER_SECONDS:
            self._notify(messages.WAITING_TO_RETRY(seconds=seconds, cause=error))
        return seconds

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimitedError):
            if is_too_long(error.retry_after_seconds):
                return True
            # The API may ask for short waits, so limit the number of tries as well.
            return state.idle_for >= MAX_PAUSE_SECONDS or state.attempt_number >= 10 * ATTEMPTS
        return state.attempt_number >= ATTEMPTS


def is_too_long(seconds: float | None) -> TypeGuard[float]:
    """Return whether a 429 asks for a longer wait than `MAX_PAUSE_SECONDS`."""
    return seconds is not None and seconds > MAX_PAUSE_SECONDS


def moment_of(date: str) -> float | None:
    """Return an HTTP date as Unix time; None where it is malformed."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
