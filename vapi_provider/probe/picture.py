"""What a caller would hear, to listen to and to look at: WAV files and waveforms in SVG."""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Sequence
from html import escape
from pathlib import Path

from vapi_provider.messages import PcmFormat
from vapi_provider.probe.target import plain

_WIDTH, _HEIGHT, _TOP = 900, 200, 30


def save(folder: Path, name: str, title: str, body: bytes, rate: int) -> list[Path]:
    """Writes ``<name>.wav`` and ``<name>.svg`` for a body, read as Vapi reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    sound, picture = folder / f"{name}.wav", folder / f"{name}.svg"
    sound.write_bytes(as_wav(body, rate))
    picture.write_text(waveform(PcmFormat(rate).decode(body), rate, title), encoding="utf-8")
    return [sound, picture]


def as_wav(body: bytes, rate: int) -> bytes:
    """The samples in a file that any player plays."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(PcmFormat.channels)
        out.setsampwidth(PcmFormat.sample_width)
        out.setframerate(rate)
        out.writeframes(body[: len(body) // 2 * 2])
    return file.getvalue()


def waveform(samples: array[int], rate: int, title: str) -> str:
    """An SVG picture: highest and lowest sample of each column, a line each second."""
    middle, scale = _TOP + _HEIGHT / 2, _HEIGHT / 2 / 32768
    columns = _columns(samples)
    bars = "".join(
        f"M{x} {middle - high * scale:.1f}V{middle - low * scale + 0.5:.1f}"
        for x, (low, high) in enumerate(columns)
    )
    seconds = len(samples) / rate
    step = max(round(seconds / 20), 1)
    marks = "".join(
        f'<path d="M{x:.1f} {_TOP}v{_HEIGHT}" stroke="#ddd"/>'
        f'<text x="{x + 2:.1f}" y="{_TOP + _HEIGHT - 3}">{second} s</text>'
        for second in range(0, int(seconds) + 1, step)
        for x in [second / seconds * _WIDTH if seconds else 0]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_TOP + _HEIGHT}" '
        f'font-family="sans-serif" font-size="11" fill="#555">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<text x="4" y="18" font-size="13">{escape(plain(title))}</text>{marks}'
        f'<path d="M0 {middle}h{_WIDTH}" stroke="#bbb"/>'
        f'<path d="{bars}" stroke="#2563eb" fill="none"/></svg>\n'
    )


def _columns(samples: Sequence[int]) -> list[tuple[int, int]]:
    count = min(_WIDTH, len(samples))
    bounds = [at * len(samples) // count for at in range(count + 1)] if count else []
    parts = (samples[start:end] for start, end in zip(bounds, bounds[1:], strict=False))
    return [(min(part), max(part)) for part in parts]
