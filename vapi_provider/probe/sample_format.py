"""Heuristics that recognize samples in another format than signed 16-bit little-endian mono.

Each compares the format that Vapi expects with another one. A fault is reported only if the
expected format yields noise and the other one yields sound, or a pattern that 16-bit samples
cannot have. Noise is noise and silence is silence in every format: for them there is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from vapi_provider.probe import audio
from vapi_provider.probe.findings import Finding, Sure

_NOISE = 1.5
"""Roughness from which on the expected format yields noise (measured in other formats: 1.6-2.1)."""

_SOUND = 1.0
"""Roughness below which another format yields sound (measured for correct samples: above 1.4)."""

_NARROW = 0.5
"""Roughness below which each byte is a sample (measured for correct samples: above 0.7)."""

_LEAST = 240
"""Bytes that a verdict needs."""

_FEW, _MANY = 16, 64
"""Different byte values that 8-bit and wider sound has at least. Sound with fewer repeats itself
after some samples (a square wave, a tone of a sixth of the rate) and may be smooth by accident."""


def find_other_format(body: bytes) -> Finding | None:
    """Return the fault that names the likeliest other format of `body`, or None."""
    windows = audio.select_windows(body)
    if sum(map(len, windows)) < _LEAST:
        return None
    return _floats(windows) or _channels(windows) or next(_smoother(windows), None)


def _smoother(windows: list[bytes]) -> Iterator[Finding]:
    rough = audio.measure_roughness(windows, audio.signed_16)
    values = len(set(b"".join(windows)))
    if _quiet(windows):
        return
    if values >= _FEW:
        readings = {
            "u8": (audio.measure_roughness(windows, audio.unsigned_8), "8-bit samples (unsigned)"),
            "s8": (audio.measure_roughness(windows, audio.signed_8), "8-bit samples (signed)"),
            "mu-law": (audio.measure_roughness(windows, audio.mu_law), "mu-law, 8 bits a sample"),
            "a-law": (audio.measure_roughness(windows, audio.a_law), "A-law, 8 bits a sample"),
        }
        code, (least, name) = min(readings.items(), key=lambda item: item[1][0])
        if least < _NARROW or (least < 0.7 and least < 0.6 * rough):
            width = "width" if code in ("u8", "s8") else code
            yield _heuristic_fault(width, f"sounds like {name}, read as 16-bit", least)
    if rough <= _NOISE or values < _MANY:
        return
    swapped = audio.measure_roughness(windows, audio.swapped_16)
    if swapped < _SOUND:
        yield _heuristic_fault(
            "byte-order", "sounds like big-endian samples, read as little-endian", swapped
        )
    wide = audio.measure_roughness(windows, audio.signed_24)
    if wide < _SOUND:
        yield _heuristic_fault("width", "sounds like 24-bit samples, read as 16-bit", wide)
    upper = audio.measure_roughness(windows, audio.upper_half)
    lower = audio.measure_roughness(windows, audio.lower_half)
    if upper < _SOUND and lower > _NOISE:
        yield _heuristic_fault("width", "sounds like 32-bit samples, read as 16-bit", upper)


def _floats(windows: list[bytes]) -> Finding | None:
    """Recognize floats by the exponents in their uppermost words.

    These lie in a narrow range, with both signs. The words below must have arbitrary values: a
    square wave has few values in all words.
    """
    # The range is 2**-40 to 2. Sound that fades out lies below it, in 64 bits far below: that
    # range is so narrow that a smaller share suffices.
    for bits, least, share in ((32, 0x2B80, 0.75), (64, 0x3D70, 0.4)):
        words = [audio.signed_16(window) for window in windows]
        step = bits // 16
        upper = [word for row in words for word in row[step - 1 :: step] if word]
        below = [word for row in words for word in row[step - 2 :: step] if word]
        inside = [word for word in upper if least <= word & 0x7FFF < 0x4000]
        both = any(word > 0 for word in inside) and any(word < 0 for word in inside)
        as_below = sum(least <= word & 0x7FFF < 0x4000 for word in below)
        # A tone of a quarter of the rate alternates between two levels in every second sample.
        turns = sum((before < 0) != (after < 0) for before, after in pairwise(upper))
        if len(set(upper)) < _FEW or not both or turns > 0.9 * len(upper):
            continue
        few_below = 2 * as_below * len(upper) <= len(inside) * len(below)
        if len(inside) >= share * len(upper) and few_below:
            says = f"is {bits}-bit floating point, read as 16-bit"
            return Finding("width", says, "almost certain")
    return None


def _channels(windows: list[bytes]) -> Finding | None:
    """Recognize two channels with the same sound, or with one channel louder or empty."""
    within = across = pairs = 0
    energy = other_energy = 0.0
    for window in windows:
        first, second = audio.lower_half(window), audio.upper_half(window)
        live = [(a, b, c) for a, b, c in zip(first, second, first[1:], strict=False) if a or b or c]
        pairs += len(live)
        within += sum(a == b for a, b, _ in live)
        across += sum(b == c for _, b, c in live)
        mean, other_mean = sum(first) / len(first), sum(second) / len(second)
        energy += sum((a - mean) ** 2 for a in first)
        other_energy += sum((b - other_mean) ** 2 for b in second)
    if pairs >= _LEAST // 4 and within > 0.98 * pairs and across < 0.6 * pairs:
        says = "each sample comes twice: two channels, or half the rate that was asked for"
        return Finding("channels", says, "almost certain")
    halves = [
        audio.measure_roughness(windows, half) for half in (audio.lower_half, audio.upper_half)
    ]
    least, most = sorted((energy, other_energy))
    if least == 0 < most and min(halves) < _SOUND:
        says = "every second sample is zero: two channels, one of them empty"
        return Finding("channels", says, "almost certain")
    if least == 0 or max(halves) > 0.5 or len(set(b"".join(windows))) < _MANY:
        return None
    # In a mono sound, even and odd samples are equally loud.
    if most > 2 * least:
        says = "sounds like two channels, one louder than the other, read as one"
        return Finding("channels", says, "likely")
    return None


def _quiet(windows: list[bytes]) -> bool:
    """Return whether the upper bytes are close to 0: quiet samples are smooth in any width."""
    pairs = ((a, b) for window in windows for a, b in zip(window[::2], window[1::2], strict=True))
    upper = [above for below, above in pairs if below or above]
    return sum(byte < 3 or byte > 252 for byte in upper) > 0.9 * len(upper)


def _heuristic_fault(code: str, says: str, roughness: float) -> Finding:
    sure: Sure = "almost certain" if roughness < 0.3 else "likely"
    return Finding(code, says, sure)
