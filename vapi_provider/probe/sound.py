"""Findings about whether samples can be a voice that speaks the text: loudness, length, rate."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import groupby
from statistics import median

from vapi_provider.messages.pcm import MAX_SAMPLE, MIN_SAMPLE, PcmFormat
from vapi_provider.probe.findings import Finding

_SILENT, _FAINT = 4, 400
"""Peaks (of 32767) up to which sound is inaudible and hardly audible."""

_CLIPPING_SAMPLES = 200_000
"""Samples that are examined for clipping."""

_USUAL_RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)


def judge_sound(samples: array[int], rate: int, text: str) -> list[Finding]:
    """Return the faults of the sound itself."""
    peak = max(max(samples), -min(samples)) if samples else 0
    if peak <= _SILENT:
        return [Finding("silence", f"{len(samples) / rate:.2f} s of silence: nothing is heard")]
    findings: list[Finding] = []
    if peak <= _FAINT:
        findings.append(Finding("faint", f"its peak is {peak} of 32767: hardly heard", note=True))
    clipped = _clipped(samples)
    if clipped > 0.02:
        says = f"{clipped:.0%} of the samples are cut off at full scale: it will crackle"
        findings.append(Finding("clipping", says, "almost certain"))
    return findings + _length(len(samples) / rate, text)


def _clipped(samples: array[int]) -> float:
    """Return the share of samples in runs of three and more at either end of the scale."""
    step = max(len(samples) // _CLIPPING_SAMPLES, 1)
    part = len(samples) // step
    start = (len(samples) - part) // 2
    middle = samples[start : start + part]
    runs = (len(list(run)) for value, run in groupby(middle) if value in _ENDS)
    return sum(length for length in runs if length >= 3) / max(len(middle), 1)


_ENDS = frozenset({MIN_SAMPLE, MIN_SAMPLE + 1, MAX_SAMPLE})


def _length(seconds: float, text: str) -> list[Finding]:
    """Return a fault for an impossible speed of speech, and a note for an unusual one."""
    letters = len(text.strip())
    says = f"{seconds:.2f} s for {letters} characters"
    if seconds < letters / 120:
        return [Finding("too-short", f"{says}: it is cut off, or at a wrong rate", "likely")]
    if seconds > letters / 2 + 10:
        return [Finding("too-long", f"{says}: at a wrong rate, or it is not this text", "likely")]
    if seconds < letters / 30:
        return [
            Finding("short", f"{says}: spoken so fast, or at a wrong rate?", "perhaps", note=True)
        ]
    if seconds > letters / 5 + 3:
        return [
            Finding("long", f"{says}: spoken so slowly, or at a wrong rate?", "perhaps", note=True)
        ]
    return []


def find_wrong_rates(bytes_by_rate: Mapping[int, int]) -> dict[int, Finding]:
    """Return a fault for each rate at which one text's answer was made at another rate.

    One text takes about the same time at each rate, so its bytes must grow with the rate.
    """
    rates = sorted(rate for rate, count in bytes_by_rate.items() if count)
    counts = [bytes_by_rate[rate] for rate in rates]
    if len(rates) < 2 or rates[-1] < 1.4 * rates[0]:
        return {}
    if max(counts) <= 1.03 * min(counts):
        says = f"as many bytes as at {', '.join(map(str, rates))}: the server ignores sampleRate"
        fault = Finding("wrong-rate", says, "almost certain" if len(rates) > 2 else "likely")
        return dict.fromkeys(rates, fault)
    return _find_outliers(rates, bytes_by_rate)


def _find_outliers(rates: list[int], bytes_by_rate: Mapping[int, int]) -> dict[int, Finding]:
    """Return the answers whose duration equals the others' only if they have another rate."""
    faults: dict[int, Finding] = {}
    for rate in rates:
        others = [
            bytes_by_rate[other] / PcmFormat(other).bytes_per_second
            for other in rates
            if other != rate
        ]
        duration = median(others)
        if len(others) < 2 or max(others) > 1.03 * min(others):
            continue
        made_at = bytes_by_rate[rate] / (2 * duration)
        nearest = next(
            (usual for usual in _USUAL_RATES if abs(made_at - usual) < 0.02 * usual), rate
        )
        if abs(nearest - rate) > 0.05 * rate:
            says = f"as long as at the other rates if it is {nearest} Hz, not {rate}"
            faults[rate] = Finding("wrong-rate", says, "likely")
    return faults
