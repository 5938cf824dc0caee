"""`PcmFormat`: what a voice server must answer. Raw samples, nothing around them."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

LEAST, MOST = -32768, 32767
"""What 16 bits hold."""

DOCUMENTED_RATES = (8000, 16000, 22050, 24000)
"""Samples a second that Vapi documents to ask for; its schema names none."""


@dataclass(frozen=True)
class PcmFormat:
    """Raw PCM: one channel, signed 16 bits, little-endian, `rate` samples a second, no header.

    Source: the schema of ServerMessageVoiceRequest and Vapi's guide to custom voices.
    """

    rate: int

    channels: ClassVar[int] = 1
    sample_width: ClassVar[int] = 2
    content_type: ClassVar[str] = "application/octet-stream"

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise ValueError("rate must be 1 or more samples a second")

    @property
    def bytes_per_second(self) -> int:
        """How many bytes a second of sound takes."""
        return self.rate * self.channels * self.sample_width

    def samples(self, pcm: bytes) -> int:
        """How many whole samples `pcm` holds."""
        return len(pcm) // self.sample_width

    def duration(self, pcm: bytes) -> float:
        """How many seconds `pcm` sounds."""
        return self.samples(pcm) / self.rate

    def silence(self, seconds: float) -> bytes:
        """`seconds` of nothing."""
        return bytes(self.sample_width * round(seconds * self.rate))

    def encode(self, samples: Iterable[float]) -> bytes:
        """The bytes of `samples`, each from -1.0 to 1.0; what is beyond is cut off."""
        scaled = (max(LEAST, min(MOST, round(sample * MOST))) for sample in samples)
        return _little_endian(array("h", scaled)).tobytes()

    def decode(self, pcm: bytes) -> array[int]:
        """The samples in `pcm`, -32768 to 32767; half a sample at the end is left out."""
        found = array("h")
        found.frombytes(pcm[: self.samples(pcm) * self.sample_width])
        return _little_endian(found)


def _little_endian(samples: array[int]) -> array[int]:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples
