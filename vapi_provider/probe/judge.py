"""Findings about an exchange: faults that any server can have, then those of a voice server."""

from __future__ import annotations

from http import HTTPStatus

from vapi_provider.messages import PcmFormat
from vapi_provider.probe.findings import Finding
from vapi_provider.probe.magic_bytes import describe_container
from vapi_provider.probe.post import Exchange, Limits
from vapi_provider.probe.sample_format import find_other_format
from vapi_provider.probe.sound import judge_sound
from vapi_provider.probe.target import shorten_location

CAP_SECONDS = 120
"""Seconds of sound after which the answer to a short text counts as endless."""

_SLOW_SECONDS = 1.5
"""Delay of the first sound from which on a caller notices a pause."""

_BEHIND_SECONDS = 0.5
"""Tolerated delay of a sound's arrival behind the moment when it is played."""

_RAW_TYPES = (
    "",
    "audio/pcm",
    "audio/x-pcm",
    "audio/raw",
    "audio/x-raw",
    "audio/l16",
    "audio/basic",
)
"""Content types that are undocumented but name no other format; each is only a note."""


def judge_voice(exchange: Exchange, text: str, rate: int, limits: Limits) -> list[Finding]:
    """Return the faults of a voice server's answer to `text` at `rate`."""
    broken = judge_transport(exchange, limits)
    pcm = PcmFormat(rate)
    if exchange.status != HTTPStatus.OK or not exchange.body:
        return broken
    if exchange.headers.get("content-encoding", "identity").lower() != "identity":
        how = exchange.headers["content-encoding"]
        return [
            *broken,
            Finding("compressed", f"the body is compressed ({how}): Vapi wants it raw"),
        ]
    wrapped = describe_container(exchange.body)
    if wrapped:
        return [*broken, Finding("wrapped", f"the body is {wrapped}, not raw samples")]
    if broken:
        # The missing part of an incomplete answer could change every further verdict.
        return broken
    findings = _content_type(exchange)
    if len(exchange.body) % pcm.sample_width:
        says = f"{len(exchange.body)} bytes: half a sample is missing, or one byte is too much"
        findings.append(Finding("odd-length", says))
    other = find_other_format(exchange.body)
    if other:
        return [*findings, other]
    findings += judge_sound(pcm.decode(exchange.body), rate, text)
    return [*findings, *_pace(exchange, pcm)]


def judge_transport(exchange: Exchange, limits: Limits) -> list[Finding]:
    """Return the faults that are visible without the content of the body."""
    if exchange.status is None:
        says = f"no answer within {limits.seconds:g} s" if exchange.late else exchange.failure
        return [Finding("time-limit" if exchange.late else "no-answer", says or "no answer")]
    if exchange.status != HTTPStatus.OK:
        return [_status(exchange)]
    findings: list[Finding] = []
    so_far = f"{len(exchange.body)} bytes so far"
    if exchange.late:
        says = f"the answer had no end within {limits.seconds:g} s ({so_far})"
        findings.append(Finding("time-limit", says))
    elif exchange.capped:
        says = f"the answer has more than {limits.bytes} bytes: it may be endless"
        findings.append(Finding("endless", says))
    elif exchange.failure:
        findings.append(Finding("broken-off", f"{exchange.failure} ({so_far})"))
    elif not exchange.body:
        findings.append(Finding("empty", "the body is empty"))
    if exchange.more_followed:
        says = f"more bytes follow than the {len(exchange.body)} of Content-Length: they are lost"
        findings.append(Finding("content-length", says))
    return findings


def _status(exchange: Exchange) -> Finding:
    status = exchange.status or 0
    try:
        name = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    if 300 <= status < 400:
        to = shorten_location(exchange.headers.get("location", ""))
        return Finding("redirect", f"{name} to {to}: not followed, name the right URL")
    if status == HTTPStatus.NO_CONTENT:
        return Finding("empty", f"{name}: an answer without a body")
    if status in (401, 403):
        says = f"{name}: it does not accept how the request was authenticated"
        return Finding("authentication", says)
    kind = describe_container(exchange.body)
    return Finding("status", f"{name}{f', with {kind}' if kind else ''}: it must be 200")


def _content_type(exchange: Exchange) -> list[Finding]:
    full = exchange.headers.get("content-type", "")
    kind = full.partition(";")[0].strip().lower()
    if kind == PcmFormat.content_type:
        return []
    says = f"Content-Type is {full[:80] or 'not given'}: {PcmFormat.content_type} is documented"
    return [Finding("content-type", says, note=kind in _RAW_TYPES)]


def _pace(exchange: Exchange, pcm: PcmFormat) -> list[Finding]:
    """Return findings about a late first byte and about sound that arrives slower than played."""
    first = exchange.first_byte_seconds
    if first is None:
        return []
    findings: list[Finding] = []
    if first > _SLOW_SECONDS:
        says = f"the first byte came after {first:.1f} s: the caller hears a pause"
        findings.append(Finding("slow", says, note=True))
    before = [0, *(count for _, count in exchange.arrivals)]
    behind = max(
        (moment - first) - count / pcm.bytes_per_second
        for (moment, _), count in zip(exchange.arrivals, before, strict=False)
    )
    if behind > _BEHIND_SECONDS:
        says = f"the sound comes up to {behind:.1f} s later than it is played: it will stutter"
        findings.append(Finding("stutter", says, "almost certain"))
    return findings
