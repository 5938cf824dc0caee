"""What is repeated, how often and how long between: the transport's policy, without any HTTP.

GET, PATCH and DELETE do no harm twice: they are repeated when the API was not reached, did not
answer in time, answered 408, 429 or 5xx, or something before it answered a page that is no JSON.
POST buys: it is repeated only when nothing can have been made, that is when no connection came
about, or on 429. Waits grow and are jittered; an answer that says how long to wait (Retry-After in
seconds or as a date, X-RateLimit-Reset) is obeyed. A 429 makes all workers of the run wait, and is
borne for `PATIENCE_SECONDS`; anything else ends after `ATTEMPTS` tries. Vapi counts requests per
UTC minute and sends no reset header: a 429 that does not say how long waits for the next minute.
One that asks for more than `PATIENCE_SECONDS` ends the run at once.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

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
"""Longest sleep between two looks whether waiting still has a purpose."""

SAID_SECONDS = 10.0
"""A wait from here on is told to the person."""

MINUTE_JITTER_SECONDS = 10.0
"""How far into the next minute runs come back: not all of a fleet's in its first second."""

_LONGEST_ASKED_SECONDS = 1e9
_SECONDS_RATHER_THAN_A_MOMENT = 10_000_000.0
"""Both are written there in the field; no wait is this long, and no moment this far back."""

_backoff = wait_exponential_jitter(multiplier=0.5, max=LONGEST_WAIT_SECONDS, jitter=0.5)
_patient = wait_exponential_jitter(multiplier=2, max=LONGEST_WAIT_SECONDS, jitter=1)


def may_repeat(method: str, error: BaseException) -> bool:
    """The policy above as one function of what happened."""
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
    """How long an answer asks to wait, in seconds from `now` (Unix time); None where it does not.

    At most `most`. A moment that has passed asks for nothing: then the two clocks
    differ, or the server does not mean it. A small X-RateLimit-Reset is seconds, not a moment.
    """
    seconds = _number(headers.get("Retry-After"))
    if seconds is None and "Retry-After" in headers:
        moment = _moment(headers["Retry-After"])
        seconds = None if moment is None else moment - now
    if seconds is None:
        reset = _number(headers.get("X-RateLimit-Reset"))
        if reset is not None:
            seconds = reset if reset < _SECONDS_RATHER_THAN_A_MOMENT else reset - now
    return None if seconds is None or seconds <= 0 else min(seconds, most)


class Retry:
    """The policy at work for all workers of a run, who share a pause after a 429."""

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,  # noqa: S311 - spreads runs, guards no secret
        watch: Callable[[], None] | None = None,
    ) -> None:
        """`watch` is called every two seconds of a wait; what it raises ends the request."""
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
        """Return how long to wait after an error, in seconds; None where that is ours to choose.

        Moments are read by the answer's own clock, where it shows one.
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
        """Waits until the pause that the last 429 asked for is over.

        Raises RateLimitedError where it is longer than a run waits: nothing more is sent then.
        """
        while True:
            if self._ended_by is not None and self._clock() < self._ended_until:
                raise self._ended_by
            left = self._paused_until - self._clock()
            if left <= 0:
                return
            self._rest(left)

    def _rest(self, seconds: float) -> None:
        if self._watch is None:
            self._sleep(seconds)
            return
        until = self._clock() + seconds
        while (left := until - self._clock()) > 0:
            self._watch()
            self._sleep(min(left, WATCH_SECONDS))

    def repeating(self, method: str) -> Retrying:
        """What calls a function until it answers, or raises the last error."""
        return Retrying(
            retry=retry_if_exception(lambda error: may_repeat(method, error)),
            wait=self._wait,
            stop=self._is_enough,
            sleep=self._rest,
            reraise=True,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        limited = isinstance(error, RateLimitedError)
        asked = error.retry_after_seconds if isinstance(error, ApiError) else None
        if limited and is_too_long(asked):
            return 0  # Asked for before `_is_enough` is, which ends it.
        usual = _patient(state) if limited else _backoff(state)
        seconds = usual if asked is None else asked
        longer = seconds
        if limited:
            with self._lock:
                now = self._clock()
                longer = now + seconds - max(self._paused_until, now)
                self._paused_until = max(self._paused_until, now + seconds)
        # What one worker has said of a pause the others need not repeat.
        if longer >= SAID_SECONDS:
            self._say(f"waiting {seconds:.0f} s, then trying again: {error}")
        return seconds

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimitedError):
            if is_too_long(error.retry_after_seconds):
                self._end(error)
                return True
            # Waits that are asked for may be short, so tries are bounded as well.
            return state.idle_for >= PATIENCE_SECONDS or state.attempt_number >= 10 * ATTEMPTS
        return state.attempt_number >= ATTEMPTS

    def _end(self, error: RateLimitedError) -> None:
        with self._lock:
            if error is not self._ended_by:
                self._ended_until = self._clock() + (error.retry_after_seconds or 0)
                self._ended_by = error


def is_too_long(seconds: float | None) -> bool:
    """Whether a 429 asks for a longer wait than a run makes."""
    return seconds is not None and seconds > PATIENCE_SECONDS


def _moment(date: str) -> float | None:
    """An HTTP date as Unix time."""
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
