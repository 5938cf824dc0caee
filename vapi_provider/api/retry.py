"""Retry policy shared by all workers of a run: which requests, how often, with what backoff.

GET, PATCH and DELETE are idempotent: they are retried when the API was not reached, did not answer
in time, answered 408, 429 or 5xx, or a proxy answered a page that is not JSON. POST buys, so it is
retried only when nothing can have been created: when no connection came about, or on 429. Backoff
is exponential with jitter; an answer that says how long to wait (Retry-After in seconds or as a
date, X-RateLimit-Reset) is obeyed. A 429 pauses all workers of the run, which give up after
`PATIENCE_SECONDS` of it; any other error ends a request after `ATTEMPTS` tries. Vapi counts
requests per UTC minute and sends no reset header: a 429 that does not say how long pauses until the
next minute. One that asks for more than `PATIENCE_SECONDS` ends the run at once.
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

from vapi_provider.errors import (
    ApiError,
    RateLimitedError,
    ServerError,
    TransportError,
    UnclearError,
)

ATTEMPTS = 5
PATIENCE_SECONDS = 300.0
LONGEST_WAIT_SECONDS = 30.0
WATCH_SECONDS = 2.0
"""Longest sleep between two calls of `watch`."""

SAID_SECONDS = 10.0
"""The person is told of a wait that is at least this long."""

MINUTE_JITTER_SECONDS = 10.0
"""Runs resume this far into the next minute, so that a fleet's do not all in its first second."""

_LONGEST_ASKED_SECONDS = 1e9
_SECONDS_RATHER_THAN_A_MOMENT = 10_000_000.0
"""X-RateLimit-Reset below this is seconds, from it on Unix time: servers send either."""

_MILLISECONDS = 100_000_000_000.0
"""A moment from here on is in milliseconds: in seconds it would be in the year 5138."""

_backoff = wait_exponential_jitter(multiplier=0.5, max=LONGEST_WAIT_SECONDS, jitter=0.5)
_patient = wait_exponential_jitter(multiplier=2, max=LONGEST_WAIT_SECONDS, jitter=1)


def may_repeat(method: str, error: BaseException) -> bool:
    """Return whether the policy above retries a request that failed with `error`."""
    if isinstance(error, RateLimitedError):
        return True
    if isinstance(error, UnclearError):
        return method != "POST"
    if isinstance(error, TransportError):
        return True
    return method != "POST" and isinstance(error, ServerError)


def asked_to_wait(
    headers: Mapping[str, str], now: float, most: float = LONGEST_WAIT_SECONDS
) -> float | None:
    """Return how many seconds from `now` (Unix time) an answer asks to wait, at most `most`.

    None where it asks for none, or for a moment that has passed: then the two clocks differ.
    """
    seconds = _number(headers.get("Retry-After"))
    if seconds is None and "Retry-After" in headers:
        moment = _moment(headers["Retry-After"])
        seconds = None if moment is None else moment - now
    if seconds is None:
        reset = _number(headers.get("X-RateLimit-Reset"))
        if reset is not None:
            reset = reset / 1000 if reset > _MILLISECONDS else reset
            seconds = reset if reset < _SECONDS_RATHER_THAN_A_MOMENT else reset - now
    return None if seconds is None or seconds <= 0 else min(seconds, most)


class Retry:
    """The policy applied to the requests of all workers, which share a pause after a 429."""

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,  # noqa: S311 - spreads runs, guards no secret
        watch: Callable[[], None] | None = None,
    ) -> None:
        """Call `watch` every two seconds of a wait; what it raises ends the request."""
        self._sleep = sleep
        self._clock = clock
        self._say = say
        self._watch = watch
        self._now = now
        self._jitter = jitter
        self._lock = threading.Lock()
        self._paused_until = -math.inf
        self._ended_until = -math.inf
        self._ended_by: RateLimitedError | None = None

    def asked(self, status: int, headers: Mapping[str, str]) -> float | None:
        """Return how many seconds an error asks to wait; None where the backoff decides.

        Dates are compared with the answer's own `Date`, where it has one.
        """
        now = self._now()
        if status != 429:
            return asked_to_wait(headers, now)
        moment = _moment(headers.get("Date", ""))
        now = now if moment is None else moment
        seconds = asked_to_wait(headers, now, _LONGEST_ASKED_SECONDS)
        if seconds is None and _number(headers.get("Retry-After")) is None:
            return 60 - now % 60 + self._jitter(0, MINUTE_JITTER_SECONDS)
        return seconds

    def pause(self) -> None:
        """Wait until the pause that the last 429 asked for is over.

        Raises RateLimitedError where it is longer than a run waits: nothing more is sent then.
        """
        while True:
            if self._ended_by is not None and self._clock() < self._ended_until:
                raise self._ended_by
            left = self._paused_until - self._clock()
            if left <= 0:
                return
            self._rest(left)

    def is_paused(self) -> bool:
        """Return whether `pause` would wait or raise."""
        return self._clock() < max(self._paused_until, self._ended_until)

    def pause_all(self, refusal: RateLimitedError) -> None:
        """Make all workers wait as long as a 429 asks, or end the run where that is too long."""
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
        # One worker has told the person of this pause: the others need not.
        if longer >= SAID_SECONDS:
            self._say(f"waiting {seconds:.0f} s, then trying again: {refusal}")

    def _rest(self, seconds: float) -> None:
        if self._watch is None:
            self._sleep(seconds)
            return
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self._watch()
            self._sleep(min(left, WATCH_SECONDS))

    def repeating(self, method: str) -> Retrying:
        """Return what calls a function until it succeeds, or raises its last error."""
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
                return 0  # Tenacity asks for the wait before `_is_enough`, which ends the request.
            seconds = _patient(state) if asked is None else asked
            self._extend_pause(seconds, error)
            return seconds
        seconds = _backoff(state) if asked is None else asked
        if seconds >= SAID_SECONDS:
            self._say(f"waiting {seconds:.0f} s, then trying again: {error}")
        return seconds

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimitedError):
            if is_too_long(error.retry_after_seconds):
                return True
            # Waits that are asked for may be short, so tries are bounded as well.
            return state.idle_for >= PATIENCE_SECONDS or state.attempt_number >= 10 * ATTEMPTS
        return state.attempt_number >= ATTEMPTS


def is_too_long(seconds: float | None) -> TypeGuard[float]:
    """Return whether a 429 asks for a longer wait than a run makes."""
    return seconds is not None and seconds > PATIENCE_SECONDS


def _moment(date: str) -> float | None:
    """Return an HTTP date as Unix time."""
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
