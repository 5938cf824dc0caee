"""Are the bytes signed 16-bit little-endian mono? Heuristics that rather say nothing than accuse.

Each compares Vapi's reading with another. A finding needs both: that Vapi's reading is noise, and
that the other one is a sound, or a pattern that 16-bit samples cannot have. Any reading of noise is
noise and any reading of silence silence: of those there is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from vapi_provider.probe import audio
from vapi_provider.probe.findings import Finding, Sure

_NOISE = 1.5
"""From here on Vapi's reading is noise (measured: 1.6 to 2.1 for bytes with another meaning)."""

_SOUND = 1.0
"""Below this another reading is a sound (where Vapi's is noise, no right one goes below 1.4)."""

_NARROW = 0.5
"""Below this bytes are samples of their own (of right ones of all kinds, none goes below 0.7)."""

_LEAST = 240
"""Bytes that a verdict needs."""

_FEW, _MANY = 16, 64
"""Different bytes that a sound has at least, of 8 bits and of more: what has fewer repeats itself
after some samples (a square wave, a tone of a sixth of the rate) and may be smooth by accident."""


def misread(body: bytes) -> Finding | None:
    """The likeliest other format of `body`, or None: nothing speaks against what Vapi expects."""
    places = audio.windows(body)
    if sum(map(len, places)) < _LEAST:
        return None
    return _floats(places) or _channels(places) or next(_smoother(places), None)


def _smoother(places: list[bytes]) -> Iterator[Finding]:
    rough = audio.roughness(places, audio.signed_16)
    values = len(set(b"".join(places)))
    if _quiet(places):
        return
    if values >= _FEW:
        readings = {
            "u8": (audio.roughness(places, audio.unsigned_8), "8-bit samples (unsigned)"),
            "s8": (audio.roughness(places, audio.signed_8), "8-bit samples (signed)"),
            "mu-law": (audio.roughness(places, audio.mu_law), "mu-law, 8 bits a sample"),
            "a-law": (audio.roughness(places, audio.a_law), "A-law, 8 bits a sample"),
        }
        code, (least, name) = min(readings.items(), key=lambda item: item[1][0])
        if least < _NARROW or (least < 0.7 and least < 0.6 * rough):
            width = "width" if code in ("u8", "s8") else code
            yield _found(width, f"sounds like {name}, read as 16-bit", least)
    if rough <= _NOISE or values < _MANY:
        return
    swapped = audio.roughness(places, audio.swapped_16)
    if swapped < _SOUND:
        yield _found("byte-order", "sounds like big-endian samples, read as little-endian", swapped)
    wide = audio.roughness(places, audio.signed_24)
    if wide < _SOUND:
        yield _found("width", "sounds like 24-bit samples, read as 16-bit", wide)
    upper, lower = (audio.roughness(places, it) for it in (audio.upper_half, audio.lower_half))
    if upper < _SOUND and lower > _NOISE:
        yield _found("width", "sounds like 32-bit samples, read as 16-bit", upper)


def _floats(places: list[bytes]) -> Finding | None:
    """Loudness lies in the exponent of a float: its uppermost word has few values, on both sides.

    The words below are any number: where they are few as well, it is a square wave.
    """
    # 2 to the power of -40 up to 2, and below zero the same; what fades away goes below that, in
    # 64 bits far below: there the range is so narrow that fewer will do.
    for bits, least, share in ((32, 0x2B80, 0.75), (64, 0x3D70, 0.4)):
        words = [audio.signed_16(place) for place in places]
        step = bits // 16
        upper = [word for it in words for word in it[step - 1 :: step] if word]
        below = [word for it in words for word in it[step - 2 :: step] if word]
        inside = [word for word in upper if least <= word & 0x7FFF < 0x4000]
        both = any(word > 0 for word in inside) and any(word < 0 for word in inside)
        as_below = sum(least <= word & 0x7FFF < 0x4000 for word in below)
        # A tone of a quarter of the rate has two levels in every second sample, turn by turn.
        turns = sum((before < 0) != (after < 0) for before, after in pairwise(upper))
        if len(set(upper)) < _FEW or not both or turns > 0.9 * len(upper):
            continue
        few_below = 2 * as_below * len(upper) <= len(inside) * len(below)
        if len(inside) >= share * len(upper) and few_below:
            says = f"is {bits}-bit floating point, read as 16-bit"
            return Finding("width", says, "almost certain")
    return None


def _channels(places: list[bytes]) -> Finding | None:
    """Two channels: the same sound in both, or one louder. Two that differ may be one sound."""
    within = across = pairs = 0
    energy = other_energy = 0.0
    for place in places:
        first, second = audio.lower_half(place), audio.upper_half(place)
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
    halves = (audio.roughness(places, audio.lower_half), audio.roughness(places, audio.upper_half))
    least, most = sorted((energy, other_energy))
    if least == 0 < most and min(halves) < _SOUND:
        says = "every second sample is zero: two channels, one of them empty"
        return Finding("channels", says, "almost certain")
    if least == 0 or max(halves) > 0.5 or len(set(b"".join(places))) < _MANY:
        return None
    # One sound is as loud in its even samples as in its odd ones.
    if most > 2 * least:
        says = "sounds like two channels, one louder than the other, read as one"
        return Finding("channels", says, "likely")
    return None


def _quiet(places: list[bytes]) -> bool:
    """Whether the upper bytes of what sounds are next to 0: quiet samples, smooth in any width."""
    pairs = ((a, b) for place in places for a, b in zip(place[::2], place[1::2], strict=True))
    upper = [above for below, above in pairs if below or above]
    return sum(byte < 3 or byte > 252 for byte in upper) > 0.9 * len(upper)


def _found(code: str, says: str, roughness: float) -> Finding:
    sure: Sure = "almost certain" if roughness < 0.3 else "likely"
    return Finding(code, says, sure)
