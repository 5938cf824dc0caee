"""Made-up voices, right in every respect, and the wrong ways to write one down."""

from __future__ import annotations

import bisect
import math
import random
import struct
from collections.abc import Callable

from vapi_provider.messages import PcmFormat
from vapi_provider.probe import audio

Sound = list[float]


def tone(rate: int, count: int, chance: random.Random) -> Sound:
    """Any pitch, up to nearly half the rate."""
    pitch = chance.uniform(60, rate * 0.49)
    return [math.sin(2 * math.pi * pitch * n / rate) for n in range(count)]


def exact_tone(rate: int, count: int, chance: random.Random) -> Sound:
    """A pitch that has a whole number of samples."""
    period = chance.choice([3, 4, 5, 6, 8, 16, 100])
    return [math.sin(2 * math.pi * n / period + 0.1) for n in range(count)]


def square(rate: int, count: int, chance: random.Random) -> Sound:
    """Two values and nothing between, below full scale."""
    pitch = chance.uniform(80, 1000)
    return [math.copysign(0.97, math.sin(2 * math.pi * pitch * n / rate)) for n in range(count)]


def saw(rate: int, count: int, chance: random.Random) -> Sound:
    """A rich buzz."""
    pitch = chance.uniform(80, 1000)
    return [2 * (pitch * n / rate % 1) - 1 for n in range(count)]


def noise(rate: int, count: int, chance: random.Random) -> Sound:
    """Every pitch at once."""
    return [chance.uniform(-1, 1) for _ in range(count)]


def rumble(rate: int, count: int, chance: random.Random) -> Sound:
    """Noise of low pitches."""
    level, found = 0.0, []
    for _ in range(count):
        level = 0.95 * level + 0.05 * chance.uniform(-1, 1)
        found.append(4 * level)
    return found


def speech(rate: int, count: int, chance: random.Random) -> Sound:
    """Bursts of a buzz with resonances, of hiss, and short pauses."""
    found: Sound = []
    while len(found) < count:
        length, pitch = int(rate * chance.uniform(0.06, 0.15)), chance.uniform(90, 250)
        swell = [math.sin(math.pi * n / length) for n in range(length)]
        if chance.random() < 0.2:
            found += [0.2 * loud * chance.uniform(-1, 1) for loud in swell]
        else:
            tuned = (chance.uniform(300, 800), chance.uniform(900, 2000))
            parts = [
                (k, 1 / k / (1 + min(abs(k * pitch - it) for it in tuned) / 100))
                for k in range(1, int(min(rate / 2, 2500) / pitch))
            ]
            whole = sum(size for _, size in parts)
            steps = [2 * math.pi * pitch * n / rate for n in range(length)]
            found += [
                loud * sum(size * math.sin(k * step) for k, size in parts) / whole
                for loud, step in zip(swell, steps, strict=True)
            ]
        found += [0.0] * int(rate * chance.uniform(0.01, 0.05))
    return found[:count]


KINDS: tuple[Callable[[int, int, random.Random], Sound], ...] = (
    *(tone, exact_tone, square, saw, noise, rumble, speech),
)


def voice(
    rate: int,
    seconds: float = 0.4,
    kind: Callable[[int, int, random.Random], Sound] = speech,
    loud: float = 0.5,
    still: float = 0.0,
    seed: int = 7,
) -> Sound:
    """Return a voice with `still` seconds of silence before and after it."""
    sound = kind(rate, int(rate * seconds), random.Random(seed))
    pause = [0.0] * int(rate * still)
    return [*pause, *(loud * it for it in sound), *pause]


def pcm(sound: Sound) -> bytes:
    """As Vapi wants it."""
    return PcmFormat(8000).encode(sound)


def _whole(sound: Sound, most: int) -> list[int]:
    return [round(max(-1.0, min(1.0, it)) * most) for it in sound]


def _companded(table: list[int]) -> Callable[[Sound], bytes]:
    order = sorted((value, byte) for byte, value in enumerate(table))
    values = [value for value, _ in order]
    return lambda sound: bytes(
        order[min(bisect.bisect_left(values, it), 255)][1] for it in _whole(sound, 32767)
    )


WRONGLY: dict[str, tuple[Callable[[Sound], bytes], str, str]] = {
    "big-endian": (
        lambda it: struct.pack(f">{len(it)}h", *_whole(it, 32767)),
        *("byte-order", "big-endian"),
    ),
    "8 bits, unsigned": (
        lambda it: bytes(one + 128 for one in _whole(it, 127)),
        *("width", "8-bit samples (unsigned)"),
    ),
    "8 bits, signed": (
        lambda it: struct.pack(f"{len(it)}b", *_whole(it, 127)),
        *("width", "8-bit samples (signed)"),
    ),
    "24 bits": (
        lambda it: b"".join(
            one.to_bytes(3, "little", signed=True) for one in _whole(it, 2**23 - 1)
        ),
        *("width", "24-bit"),
    ),
    "32 bits": (
        lambda it: struct.pack(f"<{len(it)}i", *_whole(it, 2**31 - 1)),
        *("width", "32-bit samples"),
    ),
    "floats": (lambda it: struct.pack(f"<{len(it)}f", *it), "width", "32-bit floating point"),
    "double floats": (
        lambda it: struct.pack(f"<{len(it)}d", *it),
        *("width", "64-bit floating point"),
    ),
    "mu-law": (_companded(audio._MU_LAW), "mu-law", "mu-law"),
    "A-law": (_companded(audio._A_LAW), "a-law", "A-law"),
    "two channels": (lambda it: pcm([one for one in it for _ in "lr"]), "channels", "comes twice"),
    "left channel only": (
        lambda it: pcm([one for left in it for one in (left, 0.0)]),
        *("channels", "one of them empty"),
    ),
    "one channel louder": (
        lambda it: pcm([one for left in it for one in (left, 0.5 * left)]),
        *("channels", "one louder than the other"),
    ),
}
"""What is written, the finding's code, and words of it."""
