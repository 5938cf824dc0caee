"""Findings about the answer to an assistant-request: its time, its shape, and whom it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from vapi_provider.messages.envelope import describe_errors
from vapi_provider.models.constants import UUID
from vapi_provider.models.destination import Destination
from vapi_provider.models.fields import as_object
from vapi_provider.probe.findings import Finding
from vapi_provider.probe.judge import judge_transport
from vapi_provider.probe.magic_bytes import describe_container
from vapi_provider.probe.post import Exchange, Limits
from vapi_provider.shared.text import escape_control

LIMIT_SECONDS = 7.5
"""Vapi gives up after this time, whatever the server's own timeout says. Source: API guide."""

PROBE_LIMITS = Limits(seconds=15.0, bytes=2_000_000)
"""Limits of the probe: it waits longer than Vapi to report how late an answer is."""

_IDS = ("assistantId", "squadId")
_OBJECTS = ("assistant", "squad")
_STOPPED = ("workflowId", "workflow")
_STOPPED_SAYS = "answers nobody: workflows stopped on 2026-08-19; name an assistant or a squad"
_DESTINATION: TypeAdapter[Any] = TypeAdapter(Destination)
_SNAKE = {"assistant_id": "assistantId", "squad_id": "squadId"}


def judge_assistant(exchange: Exchange) -> list[Finding]:
    """Return the faults of a server's answer to an assistant-request."""
    findings = judge_transport(exchange, PROBE_LIMITS)
    if exchange.status is not None and exchange.seconds > LIMIT_SECONDS and not exchange.late:
        says = f"took {exchange.seconds:.1f} s: Vapi gives up after {LIMIT_SECONDS:g} s"
        findings.append(Finding("time-limit", says))
    if exchange.status != HTTPStatus.OK or not exchange.body or findings:
        return findings
    try:
        answer = json.loads(exchange.body)
    except (ValueError, RecursionError):
        kind = describe_container(exchange.body) or "no text"
        return [Finding("not-json", f"the body is {kind}, not JSON")]
    if not isinstance(answer, dict):
        return [Finding("shape", "the answer is not a JSON object")]
    return list(_shape(cast(Mapping[str, Any], answer)))


def _shape(answer: Mapping[str, Any]) -> Iterator[Finding]:
    if "messageResponse" in answer:
        says = "messageResponse is around the answer: Vapi's guide shows the bare object"
        yield Finding("envelope", says, "likely")
        answer = as_object(answer["messageResponse"])
    given = {key: value for key, value in answer.items() if value is not None}
    for wrong, right in _SNAKE.items():
        if wrong in given:
            yield Finding("shape", f"{wrong} is spelled {right}")
    yield from _values(given)
    answered = any(key in given for key in (*_IDS, *_OBJECTS, "destination", "error"))
    stopped = next((key for key in _STOPPED if key in given), None)
    if not answered:
        says = f"names nobody: none of {', '.join((*_IDS, *_OBJECTS))}, destination and error"
        says = says if stopped is None else f"{stopped} {_STOPPED_SAYS}"
        yield Finding("nobody", says)
    elif stopped is not None:
        yield Finding("workflow", f"{stopped} {_STOPPED_SAYS}", note=True)
    named = [key for key in ("error", "destination", *_IDS, *_OBJECTS) if key in given]
    if len(named) > 1:
        says = f"{named[0]} is given beside {', '.join(named[1:])}"
        over = named[0] in ("error", "destination")
        what = "and wins over all others" if over else "which one answers is not documented"
        yield Finding("several", f"{says}: {what}", note=True)
    elif named == ["error"]:
        yield Finding("error", "the answer is an error, which is spoken to the caller", note=True)


def _values(given: Mapping[str, Any]) -> Iterator[Finding]:
    for key in _IDS:
        value = given.get(key)
        if value is not None and not (isinstance(value, str) and UUID.fullmatch(value)):
            yield Finding("shape", f"{key} must be a UUID")
    for key in _OBJECTS:
        if not isinstance(given.get(key, {}), dict):
            yield Finding("shape", f"{key} must be an object")
    error = given.get("error", "-")
    if not isinstance(error, str) or not error.strip():
        yield Finding("shape", "error must be the words to speak")
    destination = given.get("destination")
    if destination is None:
        return
    try:
        _DESTINATION.validate_python(destination, by_alias=True, by_name=False)
    except ValidationError as error:
        # The path may contain a key of the server's answer, which can be any text.
        yield Finding("shape", escape_control(describe_errors(error, "destination")))
