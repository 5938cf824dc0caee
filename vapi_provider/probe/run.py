"""Run of a probe: send several requests at once, judge each answer, then compare all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from vapi_provider.messages import PcmFormat
from vapi_provider.probe import judge
from vapi_provider.probe.assistant import PROBE_LIMITS, judge_assistant
from vapi_provider.probe.findings import Finding, split_notes
from vapi_provider.probe.post import Exchange, Limits, post
from vapi_provider.probe.request import build_assistant_request, build_voice_request
from vapi_provider.probe.sound import find_wrong_rates
from vapi_provider.probe.target import Target
from vapi_provider.shared.redaction import redact
from vapi_provider.shared.terminal import say

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
    phone_number: Mapping[str, Any] | None = field(default=None, repr=False)


def probe_voice_server(
    target: Target,
    texts: Sequence[str],
    rates: Sequence[int],
    phone_number: Mapping[str, Any] | None = None,
    seconds: float = 20.0,
    parallel: int = 4,
) -> list[ProbeResult]:
    """Let a voice server speak every text at every sample rate.

    Return the results by text, then by rate.
    """

    async def probe(text: str, rate: int) -> ProbeResult:
        body = build_voice_request(text, rate, phone_number)
        limits = Limits(seconds, PcmFormat(rate).bytes_per_second * judge.CAP_SECONDS)
        exchange = await post(target, body, limits)
        findings = _without_secrets(judge.judge_voice(exchange, text, rate, limits), target)
        return ProbeResult(f"{rate} Hz", target.shown, exchange, findings, rate, text)

    probes = [probe(text, rate) for text in texts for rate in sorted(set(rates))]
    results = _run_concurrently(probes, parallel)
    for text in dict.fromkeys(texts):
        results = _compare_rates(results, text)
    return results


def probe_assistants(servers: Sequence[AssistantServer]) -> list[ProbeResult]:
    """Ask each server for an assistant, as Vapi does when a call comes in."""
    return _run_concurrently([_probe_assistant(server) for server in servers], 4)


async def _probe_assistant(server: AssistantServer) -> ProbeResult:
    target = server.target
    exchange = await post(target, build_assistant_request(server.phone_number), PROBE_LIMITS)
    findings = _without_secrets(judge_assistant(exchange), target)
    return ProbeResult(server.name, target.shown, exchange, findings)


def _without_secrets(findings: list[Finding], target: Target) -> list[Finding]:
    """Return the findings without our secrets, which a server may echo in its body."""
    return [
        replace(finding, says=redact(finding.says, target.secrets)[:_MAX_TEXT])
        for finding in findings
    ]


def _run_concurrently(
    tasks: Sequence[Coroutine[Any, Any, ProbeResult]], parallel: int
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
            say(f"[{done}/{len(tasks)}] {result.name}: {verdict}", err=True)
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
