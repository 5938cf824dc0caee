"""Run of a probe: send several requests at once, judge each answer, then compare all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from vapi_provider.messages import PcmFormat
from vapi_provider.probe import judge
from vapi_provider.probe.assistant import PROBE_LIMITS, judge_assistant
from vapi_provider.probe.authentication import Authentication
from vapi_provider.probe.findings import Finding, split_notes
from vapi_provider.probe.post import Exchange, Limits, post
from vapi_provider.probe.request import (
    build_assistant_request,
    build_voice_request,
    now_in_milliseconds,
)
from vapi_provider.probe.sound import find_wrong_rates
from vapi_provider.probe.target import Target
from vapi_provider.shared.addresses import credentials_in
from vapi_provider.shared.redaction import redact

Notify = Callable[[str], None]
T = TypeVar("T")

_MAX_TEXT = 400
"""Length limit of a finding: it may quote a path of any length from an answer."""


@dataclass(frozen=True)
class ProbeResult:
    """One request and the findings about its answer; `name` is unique in the run."""

    name: str
    url: str
    exchange: Exchange = field(repr=False)
    findings: list[Finding]
    rate: int | None = None
    text: str | None = None

    @property
    def fine(self) -> bool:
        """Whether the answer has no fault; notes do not count."""
        return not split_notes(self.findings)[0]


@dataclass(frozen=True)
class AssistantServer:
    """A number's own server, which Vapi asks for an assistant when a call comes in."""

    name: str
    target: Target
    authentication: Authentication = field(default_factory=Authentication)
    phone_number: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class VoiceProbe:
    """A probe of one voice server: every text at every sample rate."""

    target: Target
    authentication: Authentication
    texts: Sequence[str]
    rates: Sequence[int]
    phone_number: Mapping[str, Any] | None = field(default=None, repr=False)
    seconds: float = 20.0
    parallel: int = 4

    def run(self, notify: Notify) -> list[ProbeResult]:
        """Send all requests; return the results by text, then by rate."""
        pairs = [(text, rate) for text in self.texts for rate in sorted(set(self.rates))]
        probes = [self._probe(text, rate) for text, rate in pairs]
        results = _run_concurrently(probes, self.parallel, notify)
        for text in dict.fromkeys(self.texts):
            results = _compare_rates(results, text)
        return results

    async def _probe(self, text: str, rate: int) -> ProbeResult:
        body = build_voice_request(text, rate, self.phone_number)
        limits = Limits(self.seconds, PcmFormat(rate).bytes_per_second * judge.CAP_SECONDS)
        exchange = await _post(self.target, self.authentication, body, limits)
        findings = judge.judge_voice(exchange, text, rate, limits)
        result = ProbeResult(f"{rate} Hz", self.target.shown, exchange, findings, rate, text)
        return _without_secrets(result, _secrets(self.target, self.authentication))


def probe_assistants(
    servers: Sequence[AssistantServer], notify: Notify, parallel: int = 4
) -> list[ProbeResult]:
    """Ask each server for an assistant, as Vapi does when a call comes in."""
    return _run_concurrently([_probe_assistant(server) for server in servers], parallel, notify)


async def _probe_assistant(server: AssistantServer) -> ProbeResult:
    body = build_assistant_request(server.phone_number)
    exchange = await _post(server.target, server.authentication, body, PROBE_LIMITS)
    result = ProbeResult(server.name, server.target.shown, exchange, judge_assistant(exchange))
    return _without_secrets(result, _secrets(server.target, server.authentication))


async def _post(
    target: Target, authentication: Authentication, body: bytes, limits: Limits
) -> Exchange:
    headers = authentication.headers_for(body, target.url, now_in_milliseconds())
    exchange = await post(target, body, headers, limits)
    # Before anything shortens a header: a part of a secret that the server echoes would remain.
    return replace(exchange, headers=redact(exchange.headers, _secrets(target, authentication)))


def _without_secrets(result: ProbeResult, secrets: Collection[str]) -> ProbeResult:
    """Return the result without our secrets, which a server may echo in its body."""
    findings = [
        replace(finding, says=redact(finding.says, secrets)[:_MAX_TEXT])
        for finding in result.findings
    ]
    return replace(result, findings=findings)


def _secrets(target: Target, authentication: Authentication) -> list[str]:
    """Return the texts that are sent to a server and must not be shown, its URL's among them."""
    return [*authentication.secrets, *credentials_in(target.url)]


def _run_concurrently(
    tasks: Sequence[Coroutine[Any, Any, ProbeResult]], parallel: int, notify: Notify
) -> list[ProbeResult]:
    async def run() -> list[ProbeResult]:
        semaphore, done = asyncio.Semaphore(parallel), 0

        async def finish(task: Coroutine[Any, Any, ProbeResult]) -> ProbeResult:
            nonlocal done
            async with semaphore:
                result = await task
            done += 1
            faults = len(split_notes(result.findings)[0])
            verdict = f"{faults} finding{'s' * (faults != 1)}" if faults else "fine"
            notify(f"[{done}/{len(tasks)}] {result.name}: {verdict}")
            return result

        return list(await asyncio.gather(*(finish(task) for task in tasks)))

    return asyncio.run(run())


def _compare_rates(results: list[ProbeResult], text: str) -> list[ProbeResult]:
    """Return the results with the faults that only a comparison of a text's rates shows."""
    bytes_by_rate = {
        result.rate: len(result.exchange.body)
        for result in results
        if result.rate and result.text == text and not _is_incomparable(result)
    }
    faults = find_wrong_rates(bytes_by_rate)
    return [
        replace(result, findings=[*result.findings, faults[result.rate]])
        if result.rate in faults and result.text == text
        else result
        for result in results
    ]


def _is_incomparable(result: ProbeResult) -> bool:
    """Return whether the body's length is no duration: an error page, a file, another format."""
    length_matters = {"too-short", "too-long", "content-type", "clipping", "stutter", "odd-length"}
    return any(
        not finding.note and finding.code not in length_matters for finding in result.findings
    )
