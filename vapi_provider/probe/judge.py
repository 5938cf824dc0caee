"""What is wrong with an answer: what any server can do wrong, then what a voice server can."""

from __future__ import annotations

from http import HTTPStatus

from vapi_provider.messages import PcmFormat
from vapi_provider.probe.findings import Finding
from vapi_provider.probe.magic_bytes import wrapping
from vapi_provider.probe.post import Exchange, Limits
from vapi_provider.probe.shape import misread
from vapi_provider.probe.sound import heard
from vapi_provider.probe.target import where

CAP_SECONDS = 120
"""Seconds of sound after which an answer to a short text is taken for endless."""

_SLOW_SECONDS = 1.5
"""From here on a pause before the first sound is felt."""

_BEHIND_SECONDS = 0.5
"""How far the sound may come behind its playing before it stutters."""

_RAW_TYPES = (
    "",
    "audio/pcm",
    "audio/x-pcm",
    "audio/raw",
    "audio/x-raw",
    "audio/l16",
    "audio/basic",
)
"""Not what is documented, yet no other format: a note."""


def voice(exchange: Exchange, text: str, rate: int, limits: Limits) -> list[Finding]:
    """What is wrong with a voice server's answer to `text` at `rate`."""
    broken = transport(exchange, limits)
    pcm = PcmFormat(rate)
    if exchange.status != HTTPStatus.OK or not exchange.body:
        return broken
    if exchange.headers.get("content-encoding", "identity").lower() != "identity":
        how = exchange.headers["content-encoding"]
        return [
            *broken,
            Finding("compressed", f"the body is compressed ({how}): Vapi wants it raw"),
        ]
    wrapped = wrapping(exchange.body)
    if wrapped:
        return [*broken, Finding("wrapped", f"the body is {wrapped}, not raw samples")]
    if broken:
        # Of half an answer nothing is judged that the other half may change.
        return broken
    found = _content_type(exchange)
    if len(exchange.body) % pcm.sample_width:
        says = f"{len(exchange.body)} bytes: half a sample is missing, or one byte is too much"
        found.append(Finding("odd-length", says))
    other = misread(exchange.body)
    if other:
        return [*found, other]
    found += heard(pcm.decode(exchange.body), rate, text)
    return [*found, *_pace(exchange, pcm)]


def transport(exchange: Exchange, limits: Limits) -> list[Finding]:
    """What is wrong before anybody looks at the body."""
    if exchange.status is None:
        says = f"no answer within {limits.seconds:g} s" if exchange.late else exchange.failure
        return [Finding("time-limit" if exchange.late else "no-answer", says or "no answer")]
    if exchange.status != HTTPStatus.OK:
        return [_status(exchange)]
    found: list[Finding] = []
    so_far = f"{len(exchange.body)} bytes so far"
    if exchange.late:
        says = f"the answer had no end within {limits.seconds:g} s ({so_far})"
        found.append(Finding("time-limit", says))
    elif exchange.capped:
        says = f"the answer has more than {limits.bytes} bytes: it may be endless"
        found.append(Finding("endless", says))
    elif exchange.failure:
        found.append(Finding("broken-off", f"{exchange.failure} ({so_far})"))
    elif not exchange.body:
        found.append(Finding("empty", "the body is empty"))
    if exchange.more_followed:
        says = f"more bytes follow than the {len(exchange.body)} of Content-Length: they are lost"
        found.append(Finding("content-length", says))
    return found


def _status(exchange: Exchange) -> Finding:
    status = exchange.status or 0
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    if 300 <= status < 400:
        to = where(exchange.headers.get("location", ""))
        return Finding("redirect", f"{name} to {to}: not followed, name the right URL")
    if status == HTTPStatus.NO_CONTENT:
        return Finding("empty", f"{name}: an answer without a body")
    if status in (401, 403):
        says = f"{name}: it does not accept how the request was authenticated"
        return Finding("authentication", says)
    kind = wrapping(exchange.body)
    return Finding("status", f"{name}{f', with {kind}' if kind else ''}: it must be 200")


def _content_type(exchange: Exchange) -> list[Finding]:
    full = exchange.headers.get("content-type", "")
    kind = full.partition(";")[0].strip().lower()
    if kind == PcmFormat.content_type:
        return []
    says = f"Content-Type is {full[:80] or 'not given'}: {PcmFormat.content_type} is documented"
    return [Finding("content-type", says, note=kind in _RAW_TYPES)]


def _pace(exchange: Exchange, pcm: PcmFormat) -> list[Finding]:
    """Whether the sound comes as fast as it is played, and how long before it begins."""
    first = exchange.first_byte_seconds
    if first is None:
        return []
    found: list[Finding] = []
    if first > _SLOW_SECONDS:
        says = f"the first byte came after {first:.1f} s: the caller hears a pause"
        found.append(Finding("slow", says, note=True))
    before = [0, *(count for _, count in exchange.arrivals)]
    behind = max(
        (moment - first) - count / pcm.bytes_per_second
        for (moment, _), count in zip(exchange.arrivals, before, strict=False)
    )
    if behind > _BEHIND_SECONDS:
        says = f"the sound comes up to {behind:.1f} s later than it is played: it will stutter"
        found.append(Finding("stutter", says, "almost certain"))
    return found
