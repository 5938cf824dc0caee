"""What a body is when it is not raw samples: known by its first bytes.

Vapi pipes the body to the line as it comes: a header is a click, anything compressed is noise.
Samples cannot look like text by chance, nor hold these marks where a format wants them.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct

_LOOK = 4096
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-\r\n]+={0,2}\s*")
_MP3_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MP3_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MP3_RATES = (44100, 48000, 32000)


def wrapping(body: bytes) -> str | None:
    """What `body` is in words, such as ``a WAV file (24000 Hz, 2 channels, 16 bits)``; else None.

    None means that nothing speaks against raw samples.
    """
    return _file(body) or _stream(body) or _text(body)


def _file(body: bytes) -> str | None:
    if body[:4] in (b"RIFF", b"RIFX", b"RF64") and body[8:12] == b"WAVE":
        return f"a WAV file{_wav_format(body)}"
    if body[:4] == b"FORM" and body[8:12] in (b"AIFF", b"AIFC"):
        return "an AIFF file"
    if body[4:8] == b"ftyp":
        return "an MP4 file"
    marks = {
        b"ID3": "an MP3 file",
        b"OggS": "an Ogg file",
        b"fLaC": "a FLAC file",
        b".snd": "an AU file",
        b"\x1aE\xdf\xa3": "a WebM file",
        b"\x1f\x8b\x08": "compressed with gzip",
        b"#!AMR": "an AMR file",
    }
    return next((name for mark, name in marks.items() if body.startswith(mark)), None)


def _wav_format(body: bytes) -> str:
    at = body.find(b"fmt ", 12, 200)
    if at < 0 or len(body) < at + 24:
        return ""
    order = ">" if body.startswith(b"RIFX") else "<"
    channels, rate, _, _, bits = struct.unpack_from(f"{order}HIIHH", body, at + 10)
    return f" ({rate} Hz, {channels} channel{'s' * (channels != 1)}, {bits} bits)"


def _stream(body: bytes) -> str | None:
    """Formats that are frames one after the other: two in a row are no accident."""
    for length_of, name in ((_mp3_frame, "an MP3 stream"), (_adts_frame, "an AAC stream")):
        at = length_of(body, 0)
        second = length_of(body, at) if at else 0
        if second and length_of(body, at + second):
            return name
    return None


def _mp3_frame(body: bytes, at: int) -> int:
    """The length of the MPEG layer III frame at `at`; 0 if there is none."""
    head = body[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return 0
    version_1 = head[1] & 0x18 == 0x18
    rate_at, kbits_at = head[2] >> 2 & 3, head[2] >> 4
    if rate_at == 3:
        return 0
    rate = _MP3_RATES[rate_at] >> {0x18: 0, 0x10: 1, 0x00: 2}[head[1] & 0x18]
    kbits = (_MP3_KBITS if version_1 else _MP3_KBITS_2)[kbits_at]
    return (144 if version_1 else 72) * kbits * 1000 // rate + (head[2] >> 1 & 1) if kbits else 0


def _adts_frame(body: bytes, at: int) -> int:
    head = body[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _text(body: bytes) -> str | None:
    start = body[:_LOOK]
    if len(start) < 2 or any(byte < 32 and byte not in b"\t\n\r\f" for byte in start):
        return None
    try:
        # A character may be cut at the end of what is looked at.
        text = start.decode("utf-8", "ignore" if len(body) > _LOOK else "strict").strip()
    except UnicodeDecodeError:
        return None
    if len(text.encode()) < 0.95 * len(start.strip()):
        return None
    return _kind_of_text(body, text.removeprefix("\ufeff"))


def _kind_of_text(body: bytes, text: str) -> str | None:
    lowered = text[:200].lower()
    if lowered.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "an HTML page"
    if lowered.startswith("<"):
        return "XML"
    if lowered.startswith("data:"):
        return "a data: URL"
    if _is_json(body, text):
        return "JSON"
    if len(text) >= 32 and _BASE64.fullmatch(body[: _LOOK - _LOOK % 4]):
        inside = _decoded(body)
        within = wrapping(inside) if inside else None
        return "base64" + (f" of {within}" if within and "base64" not in within else "")
    # Two loud samples may be letters by chance; eight and more may not.
    return "text" if len(text) >= 16 else None


def _is_json(body: bytes, text: str) -> bool:
    if text[:1] not in ("{", "[", '"'):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        # Several objects, one a line, or one that is very long.
        return text[:1] in ("{", "[") and len(text) > 32
    return True


def _decoded(body: bytes) -> bytes:
    clean = re.sub(rb"\s", b"", body[:_LOOK]).replace(b"-", b"+").replace(b"_", b"/")
    try:
        return base64.b64decode(clean[: len(clean) // 4 * 4])
    except binascii.Error:
        return b""
