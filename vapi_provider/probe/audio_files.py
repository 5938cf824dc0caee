"""Files of what a caller would hear: WAV, and a picture of the waveform in SVG."""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Sequence
from html import escape
from pathlib import Path

from vapi_provider.messages import PcmFormat
from vapi_provider.shared.text import escape_control

_WIDTH, _HEIGHT, _TOP = 900, 200, 30


def save(folder: Path, name: str, title: str, body: bytes, rate: int) -> list[Path]:
    """Write ``<name>.wav`` and ``<name>.svg`` of a body in the format that Vapi expects."""
    folder.mkdir(parents=True, exist_ok=True)
    sound, picture = folder / f"{name}.wav", folder / f"{name}.svg"
    sound.write_bytes(to_wav(body, rate))
    picture.write_text(render_waveform(PcmFormat(rate).decode(body), rate, title), encoding="utf-8")
    return [sound, picture]


def to_wav(body: bytes, rate: int) -> bytes:
    """Return the samples as the content of a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(PcmFormat.channels)
        out.setsampwidth(PcmFormat.sample_width)
        out.setframerate(rate)
        out.writeframes(body[: len(body) // 2 * 2])
    return file.getvalue()


def render_waveform(samples: array[int], rate: int, title: str) -> str:
    """Return an SVG picture: the extremes of each column of samples, and a line each second."""
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
        f'<text x="4" y="18" font-size="13">{escape(escape_control(title))}</text>{marks}'
        f'<path d="M0 {middle}h{_WIDTH}" stroke="#bbb"/>'
        f'<path d="{bars}" stroke="#2563eb" fill="none"/></svg>\n'
    )


def _columns(samples: Sequence[int]) -> list[tuple[int, int]]:
    count = min(_WIDTH, len(samples))
    bounds = [index * len(samples) // count for index in range(count + 1)] if count else []
    parts = (samples[start:end] for start, end in zip(bounds, bounds[1:], strict=False))
    return [(min(part), max(part)) for part in parts]
