"""Reading bytes as sound, in several ways, and measuring which reading is a sound at all.

The measure is *roughness*: the energy of the differences between neighbouring samples over the
energy of the samples. Speech and tones are smooth (well below 1); bytes read in the wrong way are
noise (about 2, whatever they are). Pure, standard library, a bounded number of samples.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

WINDOW = 480
"""Bytes looked at in one place: whole samples of 1, 2, 3, 4, 6 and 8 bytes."""

WINDOWS = 80
"""Places looked at."""

_STILL = tuple(bytes([value]) * 24 for value in (0x00, 0xFF, 0x7F, 0x80, 0xD5, 0x55))
"""Silence in the formats that are read here."""

Reading = Callable[[bytes], Sequence[float]]


def windows(body: bytes) -> list[bytes]:
    """The liveliest places of `body`, at offsets where every width of sample begins.

    Nothing that stands still is among them: a step from silence to sound is smooth however read.
    """
    step = max(len(body) // (2000 * WINDOW), 1) * WINDOW
    places = (body[at : at + WINDOW] for at in range(0, len(body) - WINDOW + 1, step))
    live = [place for place in places if not any(still in place for still in _STILL)]
    return sorted(live, key=lambda place: len(set(place)), reverse=True)[:WINDOWS]


def roughness(places: Iterable[bytes], reading: Reading) -> float:
    """How rough `places` sound when read so: 0 smooth, 2 noise, 4 the highest tone; 2 for none."""
    change = energy = 0.0
    for place in places:
        samples = reading(place)
        if len(samples) < 2:
            continue
        middle = sum(samples) / len(samples)
        energy += sum((sample - middle) ** 2 for sample in samples)
        change += sum((after - before) ** 2 for before, after in pairwise(samples))
    return change / energy if energy > 0 else 2.0


def signed_16(place: bytes) -> array[int]:
    """As Vapi reads it: 16 bits, little-endian."""
    return _words(place, swapped=sys.byteorder == "big")


def swapped_16(place: bytes) -> array[int]:
    """16 bits, big-endian."""
    return _words(place, swapped=sys.byteorder == "little")


def unsigned_8(place: bytes) -> array[int]:
    """8 bits, 128 in the middle (centred by `roughness`)."""
    return array("B", place)


def signed_8(place: bytes) -> array[int]:
    """8 bits, 0 in the middle."""
    return array("b", place)


def mu_law(place: bytes) -> list[int]:
    """G.711 mu-law, as telephones send it."""
    return [_MU_LAW[byte] for byte in place]


def a_law(place: bytes) -> list[int]:
    """G.711 A-law."""
    return [_A_LAW[byte] for byte in place]


def signed_24(place: bytes) -> array[int]:
    """The upper two bytes of 24 bits, little-endian."""
    upper = bytearray(len(place) // 3 * 2)
    upper[0::2], upper[1::2] = place[1::3], place[2::3]
    return signed_16(bytes(upper))


def upper_half(place: bytes) -> array[int]:
    """Every second 16-bit word, from the second on: the upper halves of 32 bits."""
    return signed_16(place)[1::2]


def lower_half(place: bytes) -> array[int]:
    """Every second 16-bit word, from the first on."""
    return signed_16(place)[0::2]


def floats(place: bytes) -> tuple[float, ...]:
    """32-bit floats, little-endian."""
    return struct.unpack(f"<{len(place) // 4}f", place)


def _words(place: bytes, *, swapped: bool) -> array[int]:
    words = array("h")
    words.frombytes(place[: len(place) // 2 * 2])
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
