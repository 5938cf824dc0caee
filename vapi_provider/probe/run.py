"""A run: several requests at once, each answer judged, then all of them compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from vapi_provider.messages import PcmFormat
from vapi_provider.probe import judge
from vapi_provider.probe.assistant import PATIENCE, assistant
from vapi_provider.probe.authentication import Authentication
from vapi_provider.probe.findings import Finding, notes_apart
from vapi_provider.probe.post import Exchange, Limits, post
from vapi_provider.probe.request import assistant_request, now_in_milliseconds, voice_request
from vapi_provider.probe.sound import wrong_rates
from vapi_provider.probe.target import Target
from vapi_provider.shared.addresses import credentials_in
from vapi_provider.shared.redaction import redacted

Say = Callable[[str], None]
T = TypeVar("T")

_LINE = 400
"""Characters of a finding that are shown; a path in an answer may be of any length."""


@dataclass(frozen=True)
class Answer:
    """One request and what is to be said of its answer. `name` tells it from the others."""

    name: str
    url: str
    exchange: Exchange = field(repr=False)
    findings: list[Finding]
    rate: int | None = None
    text: str | None = None

    @property
    def fine(self) -> bool:
        """Whether nothing is wrong; notes are no matter."""
        return not notes_apart(self.findings)[0]


@dataclass(frozen=True)
class Asked:
    """A server to be asked for an assistant."""

    name: str
    target: Target
    authentication: Authentication = field(default_factory=Authentication)
    phone_number: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class VoiceRun:
    """Every text at every rate, to one voice server."""

    target: Target
    authentication: Authentication
    texts: Sequence[str]
    rates: Sequence[int]
    phone_number: Mapping[str, Any] | None = field(default=None, repr=False)
    seconds: float = 20.0
    parallel: int = 4

    def answers(self, say: Say) -> list[Answer]:
        """Posts them all; text by text, each from the lowest rate to the highest."""
        pairs = [(text, rate) for text in self.texts for rate in sorted(set(self.rates))]
        found = _together([self._one(text, rate) for text, rate in pairs], self.parallel, say)
        for text in dict.fromkeys(self.texts):
            found = _rates_compared(found, text)
        return found

    async def _one(self, text: str, rate: int) -> Answer:
        body = voice_request(text, rate, self.phone_number)
        limits = Limits(self.seconds, PcmFormat(rate).bytes_per_second * judge.CAP_SECONDS)
        exchange = await _post(self.target, self.authentication, body, limits)
        findings = judge.voice(exchange, text, rate, limits)
        answer = Answer(f"{rate} Hz", self.target.shown, exchange, findings, rate, text)
        return _answer(answer, _secrets(self.target, self.authentication))


def ask(servers: Sequence[Asked], say: Say, parallel: int = 4) -> list[Answer]:
    """Asks each server for an assistant, as for a call that comes in."""
    return _together([_ask(one) for one in servers], parallel, say)


async def _ask(asked: Asked) -> Answer:
    body = assistant_request(asked.phone_number)
    exchange = await _post(asked.target, asked.authentication, body, PATIENCE)
    answer = Answer(asked.name, asked.target.shown, exchange, assistant(exchange))
    return _answer(answer, _secrets(asked.target, asked.authentication))


async def _post(
    target: Target, authentication: Authentication, body: bytes, limits: Limits
) -> Exchange:
    headers = authentication.of(body, target.url, now_in_milliseconds())
    exchange = await post(target, body, headers, limits)
    # A server may send a secret back; first of all, for of one cut short a part would be left.
    return replace(exchange, headers=redacted(exchange.headers, _secrets(target, authentication)))


def _answer(answer: Answer, secrets: Collection[str]) -> Answer:
    """Return the answer without our secrets, which a server may have sent back in its body."""
    hidden = [replace(one, says=redacted(one.says, secrets)[:_LINE]) for one in answer.findings]
    return replace(answer, findings=hidden)


def _secrets(target: Target, authentication: Authentication) -> list[str]:
    """Return what goes to a server and must not be shown: its URL may hold a token."""
    return [*authentication.secrets, *credentials_in(target.url)]


def _together(
    tasks: Sequence[Coroutine[Any, Any, Answer]], parallel: int, say: Say
) -> list[Answer]:
    async def run() -> list[Answer]:
        gate, done = asyncio.Semaphore(parallel), 0

        async def one(task: Coroutine[Any, Any, Answer]) -> Answer:
            nonlocal done
            async with gate:
                answer = await task
            done += 1
            wrong = len(notes_apart(answer.findings)[0])
            verdict = f"{wrong} finding{'s' * (wrong != 1)}" if wrong else "fine"
            say(f"[{done}/{len(tasks)}] {answer.name}: {verdict}")
            return answer

        return list(await asyncio.gather(*(one(task) for task in tasks)))

    return asyncio.run(run())


def _rates_compared(answers: list[Answer], text: str) -> list[Answer]:
    """The answers, with what only a comparison of one text's rates can tell."""
    bytes_by_rate = {
        one.rate: len(one.exchange.body)
        for one in answers
        if one.rate and one.text == text and not _says_nothing_of_its_rate(one)
    }
    wrong = wrong_rates(bytes_by_rate)
    return [
        replace(one, findings=[*one.findings, wrong[one.rate]])
        if one.rate in wrong and one.text == text
        else one
        for one in answers
    ]


def _says_nothing_of_its_rate(answer: Answer) -> bool:
    """Whether the length of the answer means no duration: an error page, a file, another format."""
    length_matters = {"too-short", "too-long", "content-type", "clipping", "stutter", "odd-length"}
    return any(not one.note and one.code not in length_matters for one in answer.findings)
