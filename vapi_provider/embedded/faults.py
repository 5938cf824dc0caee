"""Fault injection: refused, lost or late answers to requests chosen by number or by seed.

A fault is a text ``METHOD:WHEN:WHAT`` (`GRAMMAR`). Faults wrap the WSGI app, so they work for an
account in this process and over HTTP. Each app counts its requests from zero.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from vapi_provider.catalogue.embedded import FAULT_FORM
from vapi_provider.embedded.fault_responses import FAILURES, Failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GRAMMAR = """\
METHOD:WHEN:WHAT, such as POST:2:commit-then-drop
  METHOD  POST, GET, PATCH, DELETE; LIST or READ for a GET of a list or of one record; * for any
  WHEN    2 (the second such request), 2-4, every3 (the third, sixth ...), p0.1 (one in ten, by
          the seed), * (each)
  WHAT    one of the below, alone (the request is not carried out) or after commit-then- (it is
          carried out first); SECONDS may be left out"""

_METHODS = ("*", "POST", "GET", "PATCH", "DELETE", "LIST", "READ")
_LISTS = ("/phone-number", "/v2/phone-number")
_COMMIT = "commit-then-"
_WHEN = re.compile(
    r"(?P<first>[1-9]\d*)(?:-(?P<last>[1-9]\d*))?"
    r"|every(?P<every>[1-9]\d*)|p(?P<share>[01](?:\.\d+)?|\.\d+)|(?P<each>\*)",
    re.ASCII,
)
# A longer time is surely a typing error.
_MAX_SECONDS = 3600.0

Counts = Counter[str]
Condition = Callable[[str, Counts], bool]


@dataclass(frozen=True)
class Fault:
    """One fault and its count, by method, of the requests with its method."""

    method: str
    hits: Condition
    commits: bool
    failure: Failure
    seconds: float
    _seen: Counts = field(default_factory=Counts, repr=False)

    def count_and_match(self, method: str, path: str) -> bool:
        """Count the request if it has the fault's method; return whether the fault hits it."""
        kinds = ["*", method]
        if method == "GET":
            kinds.append("LIST" if path.rstrip("/") in _LISTS else "READ")
        if self.method not in kinds:
            return False
        self._seen[method] += 1
        return self.hits(method, self._seen)


def with_faults(app: WSGIApplication, faults: Iterable[str], seed: int = 0) -> WSGIApplication:
    """Return `app` with faults; if several hit a request, the first one happens.

    The same seed and order of requests reproduce the same failures; for faults with a probability,
    the same order within each method suffices.

    Raises:
        ValueError: A fault is invalid; the message is one line.
    """
    chosen = parse_faults(faults, seed)
    count_lock = threading.Lock()

    def faulty(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        with count_lock:
            # Every fault counts each request, so that faults do not influence each other.
            matching = [fault for fault in chosen if fault.count_and_match(method, path)]
        if not matching:
            return app(environ, start_response)
        fault = matching[0]
        committed: Any = None
        if fault.commits:
            committed = Response.from_app(app, environ, buffered=True)
        answer = fault.failure.trigger(fault.seconds)
        if answer is None:
            answer = app if committed is None else committed
        return answer(environ, start_response)

    return faulty if chosen else app


def parse_faults(faults: Iterable[str], seed: int = 0) -> list[Fault]:
    """Return the faults of these texts; raise ValueError, one line, that quotes an invalid one."""
    return [_fault(text.strip(), f"{seed}/{place}") for place, text in enumerate(faults)]


def describe_faults() -> list[tuple[str, str]]:
    """Return each failure's name, as a fault spells it, and its description."""
    return [
        (name if failure.seconds is None else f"{name}[=SECONDS]", failure.description)
        for name, failure in FAILURES.items()
    ]


def _fault(text: str, stream: str) -> Fault:
    parts = text.split(":")
    if len(parts) != 3:
        raise _invalid(text, " must be METHOD:WHEN:WHAT, as in POST:2:commit-then-drop")
    method, when, what = (part.strip() for part in parts)
    if method.upper() not in _METHODS:
        raise _invalid(text, f": {method!r} is none of {', '.join(_METHODS)}")
    name, equals, value = what.removeprefix(_COMMIT).partition("=")
    failure = FAILURES.get(name)
    if failure is None:
        raise _invalid(text, f": {name!r} is none of {', '.join(FAILURES)}")
    return Fault(
        method.upper(),
        _condition(text, when, stream),
        what.startswith(_COMMIT),
        failure,
        _seconds(text, failure, value) if equals else failure.seconds or 0.0,
    )


def _condition(text: str, when: str, stream: str) -> Condition:
    error = _invalid(text, f": {when!r} is none of 2, 2-4, every3, p0.1, *")
    found = _WHEN.fullmatch(when)
    if found is None:
        raise error
    if found["each"]:
        return lambda _method, _seen: True
    if found["every"]:
        every = int(found["every"])
        return lambda _method, seen: seen.total() % every == 0
    if found["share"]:
        share = float(found["share"])
        if share > 1:
            raise error
        return lambda method, seen: _draw(f"{stream}/{method}/{seen[method]}") < share
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if last < first:
        raise error
    return lambda _method, seen: first <= seen.total() <= last


def _draw(request: str) -> float:
    """Return a number from 0 to 1 that depends on the text only, not on the order of threads."""
    digest = hashlib.sha256(request.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _seconds(text: str, failure: Failure, value: str) -> float:
    if failure.seconds is None:
        raise _invalid(text, " takes no value")
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MAX_SECONDS:
        raise _invalid(text, f" takes seconds from 0 to {_MAX_SECONDS:.0f}, not {value!r}")
    return seconds


def _invalid(fault: str, reason: str) -> ValueError:
    return ValueError(FAULT_FORM(fault=fault, reason=reason))
