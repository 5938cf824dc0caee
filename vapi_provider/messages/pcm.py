"""The audio format of a voice server's answer: raw samples without a container."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

MIN_SAMPLE, MAX_SAMPLE = -32768, 32767
"""The range of a signed 16-bit sample."""

DOCUMENTED_RATES = (8000, 16000, 22050, 24000)
"""The sample rates that Vapi's documentation names; its schema names none."""


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
        """The bytes that one second of sound takes."""
        return self.rate * self.channels * self.sample_width

    def samples(self, pcm: bytes) -> int:
        """Return the number of whole samples in `pcm`."""
        return len(pcm) // self.sample_width

    def duration(self, pcm: bytes) -> float:
        """Return the duration of `pcm` in seconds."""
        return self.samples(pcm) / self.rate

    def silence(self, seconds: float) -> bytes:
        """Return silence of that many seconds."""
        return bytes(self.sample_width * round(seconds * self.rate))

    def encode(self, samples: Iterable[float]) -> bytes:
        """Return the bytes of `samples`; values outside -1.0 to 1.0 are clipped."""
        scaled = (
            max(MIN_SAMPLE, min(MAX_SAMPLE, round(sample * MAX_SAMPLE))) for sample in samples
        )
        return _little_endian(array("h", scaled)).tobytes()

    def decode(self, pcm: bytes) -> array[int]:
        """Return the samples in `pcm`, -32768 to 32767, without an incomplete one at the end."""
        samples = array("h")
        samples.frombytes(pcm[: self.samples(pcm) * self.sample_width])
        return _little_endian(samples)


def _little_endian(samples: array[int]) -> array[int]:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples
