"""Decoders of several sample formats, and a measure of how much a result sounds like noise.

The measure is *roughness*: the energy of the differences between neighbouring samples, divided by
the energy of the samples. Speech and tones are smooth (well below 1); bytes decoded in a wrong
format are noise (about 2).
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

WINDOW = 480
"""Bytes of a window: a multiple of all sample widths (1, 2, 3, 4, 6 and 8 bytes)."""

WINDOW_COUNT = 80
"""The number of windows that are examined, which bounds the work."""

_STILL = tuple(bytes([value]) * 24 for value in (0x00, 0xFF, 0x7F, 0x80, 0xD5, 0x55))
"""Silence in the formats that this module decodes."""

Reading = Callable[[bytes], Sequence[float]]


def select_windows(body: bytes) -> list[bytes]:
    """Return the windows of `body` with the most different bytes, each at a sample's first byte.

    Windows with silence are left out: a step from silence to sound is smooth in every format.
    """
    step = max(len(body) // (2000 * WINDOW), 1) * WINDOW
    offsets = range(0, len(body) - WINDOW + 1, step)
    windows = (body[offset : offset + WINDOW] for offset in offsets)
    live = [window for window in windows if not any(still in window for still in _STILL)]
    return sorted(live, key=lambda window: len(set(window)), reverse=True)[:WINDOW_COUNT]


def measure_roughness(windows: Iterable[bytes], reading: Reading) -> float:
    """Return the windows' roughness in a format: 0 smooth, 2 noise or silence, 4 highest tone."""
    change = energy = 0.0
    for window in windows:
        samples = reading(window)
        if len(samples) < 2:
            continue
        middle = sum(samples) / len(samples)
        energy += sum((sample - middle) ** 2 for sample in samples)
        change += sum((after - before) ** 2 for before, after in pairwise(samples))
    return change / energy if energy > 0 else 2.0


def signed_16(window: bytes) -> array[int]:
    """Decode 16-bit samples, little-endian, as Vapi does."""
    return _words(window, swapped=sys.byteorder == "big")


def swapped_16(window: bytes) -> array[int]:
    """Decode 16-bit samples, big-endian."""
    return _words(window, swapped=sys.byteorder == "little")


def unsigned_8(window: bytes) -> array[int]:
    """Decode 8-bit samples around 128; `measure_roughness` subtracts the mean."""
    return array("B", window)


def signed_8(window: bytes) -> array[int]:
    """Decode 8-bit samples around 0."""
    return array("b", window)


def mu_law(window: bytes) -> list[int]:
    """Decode G.711 mu-law, the format of American telephone networks."""
    return [_MU_LAW[byte] for byte in window]


def a_law(window: bytes) -> list[int]:
    """Decode G.711 A-law."""
    return [_A_LAW[byte] for byte in window]


def signed_24(window: bytes) -> array[int]:
    """Decode the upper two bytes of 24-bit samples, little-endian."""
    upper = bytearray(len(window) // 3 * 2)
    upper[0::2], upper[1::2] = window[1::3], window[2::3]
    return signed_16(bytes(upper))


def upper_half(window: bytes) -> array[int]:
    """Return every second 16-bit word from the second on: the upper halves of 32-bit samples."""
    return signed_16(window)[1::2]


def lower_half(window: bytes) -> array[int]:
    """Return every second 16-bit word from the first on: the lower halves of 32-bit samples."""
    return signed_16(window)[0::2]


def _words(window: bytes, *, swapped: bool) -> array[int]:
    words = array("h")
    words.frombytes(window[: len(window) // 2 * 2])
    if swapped:
        words.byteswap()
    return words


def _mu_law_value(byte: int) -> int:
    byte = ~byte & 0xFF
    size = (((byte & 0x0F) << 3) + 0x84 << (byte >> 4 & 7)) - 0x84
    return -size if byte & 0x80 else size


def _a_law_value(byte: int) -> int:
    byte ^= 0x55
    step, mantissa = byte >> 4 & 7, (byte & 0x0F) << 4
    size = mantissa + 8 if step == 0 else mantissa + 0x108 << step - 1
    return size if byte & 0x80 else -size


_MU_LAW = [_mu_law_value(byte) for byte in range(256)]
_A_LAW = [_a_law_value(byte) for byte in range(256)]
