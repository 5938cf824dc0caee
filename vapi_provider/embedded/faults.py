"""Trouble on purpose: answers refused, lost or late, at requests chosen by number or by seed.

A fault is one text, ``METHOD:WHEN:WHAT`` (`GRAMMAR`). It wraps the app, so that an account in this
process and one over HTTP share it. Counts begin anew with each app. Knows HTTP and WSGI; nothing
of phone numbers.
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

from vapi_provider.embedded.failures import MISHAPS, Mishap

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
# Far below a day: longer ones are slips of the pen.
_MOST_SECONDS = 3600.0

Counts = Counter[str]
Condition = Callable[[str, Counts], bool]


@dataclass(frozen=True)
class Fault:
    """One fault and its own count, by method, of the requests that it looks at."""

    method: str
    hits: Condition
    commits: bool
    mishap: Mishap
    seconds: float
    _seen: Counts = field(default_factory=Counts, repr=False)

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it if the fault looks at such requests."""
        kinds = ["*", method]
        if method == "GET":
            kinds.append("LIST" if path.rstrip("/") in _LISTS else "READ")
        if self.method not in kinds:
            return False
        self._seen[method] += 1
        return self.hits(method, self._seen)


def with_faults(app: WSGIApplication, faults: Iterable[str], seed: int = 0) -> WSGIApplication:
    """`app` with faults in the way: of those that hit a request the first one strikes.

    The same seed and the same order of requests give the same trouble; by chance, the same order
    within each method is enough. Raises ValueError, one line, for a fault that cannot be read.
    """
    chosen = parse_faults(faults, seed)
    counting = threading.Lock()

    def faulty(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        with counting:
            # All of them count, so that one fault does not move the others.
            struck = [fault for fault in chosen if fault.strikes(method, path)]
        if not struck:
            return app(environ, start_response)
        fault = struck[0]
        done: Any = None
        if fault.commits:
            done = Response.from_app(app, environ, buffered=True)
        answer = fault.mishap.happen(fault.seconds)
        if answer is None:
            answer = app if done is None else done
        return answer(environ, start_response)

    return faulty if chosen else app


def parse_faults(faults: Iterable[str], seed: int = 0) -> list[Fault]:
    """The faults that the texts say. Raises ValueError with one line that quotes the wrong one."""
    return [_fault(text.strip(), f"{seed}/{place}") for place, text in enumerate(faults)]


def describe_faults() -> list[tuple[str, str]]:
    """Every mishap as it is written, and what it is."""
    return [
        (name if mishap.seconds is None else f"{name}[=SECONDS]", mishap.about)
        for name, mishap in MISHAPS.items()
    ]


def _fault(text: str, stream: str) -> Fault:
    parts = text.split(":")
    if len(parts) != 3:
        raise ValueError(f"fault {text!r} must be METHOD:WHEN:WHAT, as in POST:2:commit-then-drop")
    method, when, what = (part.strip() for part in parts)
    if method.upper() not in _METHODS:
        raise ValueError(f"fault {text!r}: {method!r} is none of {', '.join(_METHODS)}")
    name, equals, value = what.removeprefix(_COMMIT).partition("=")
    mishap = MISHAPS.get(name)
    if mishap is None:
        raise ValueError(f"fault {text!r}: {name!r} is none of {', '.join(MISHAPS)}")
    return Fault(
        method.upper(),
        _condition(text, when, stream),
        what.startswith(_COMMIT),
        mishap,
        _seconds(text, mishap, value) if equals else mishap.seconds or 0.0,
    )


def _condition(text: str, when: str, stream: str) -> Condition:
    wrong = ValueError(f"fault {text!r}: {when!r} is none of 2, 2-4, every3, p0.1, *")
    found = _WHEN.fullmatch(when)
    if found is None:
        raise wrong
    if found["each"]:
        return lambda _method, _seen: True
    if found["every"]:
        every = int(found["every"])
        return lambda _method, seen: seen.total() % every == 0
    if found["share"]:
        share = float(found["share"])
        if share > 1:
            raise wrong
        return lambda method, seen: _draw(f"{stream}/{method}/{seen[method]}") < share
    first, last = int(found["first"]), int(found["last"] or found["first"])
    if last < first:
        raise wrong
    return lambda _method, seen: first <= seen.total() <= last


def _draw(request: str) -> float:
    """A number from 0 to 1 that depends on nothing but this text: no thread can move it."""
    digest = hashlib.sha256(request.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _seconds(text: str, mishap: Mishap, value: str) -> float:
    if mishap.seconds is None:
        raise ValueError(f"fault {text!r} takes no value")
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _MOST_SECONDS:
        raise ValueError(
            f"fault {text!r} takes seconds from 0 to {_MOST_SECONDS:.0f}, not {value!r}"
        )
    return seconds
