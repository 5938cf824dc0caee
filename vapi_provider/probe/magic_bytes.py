"""Magic bytes: detection of a body that is not raw samples by its first bytes.

Vapi streams the body to the caller unchanged: a header becomes a click, compressed data noise.
Real samples practically never look like text, nor like the magic bytes of a file format.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct

_HEAD_BYTES = 4096
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-\r\n]+={0,2}\s*")
_MP3_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_MP3_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MP3_RATES = (44100, 48000, 32000)


def describe_container(body: bytes) -> str | None:
    """Return what `body` contains, such as ``a WAV file (24000 Hz, 2 channels, 16 bits)``.

    None means that the body may be raw samples.
    """
    return _file(body) or _stream(body) or _text(body)


def _file(body: bytes) -> str | None:
    if body[:4] in (b"RIFF", b"RIFX", b"RF64") and body[8:12] == b"WAVE":
        return f"a WAV file{_wav_format(body)}"
    if body[:4] == b"FORM" and body[8:12] in (b"AIFF", b"AIFC"):
        return "an AIFF file"
    if body[4:8] == b"ftyp":
        return "an MP4 file"
    magic_bytes = {
        b"ID3": "an MP3 file",
        b"OggS": "an Ogg file",
        b"fLaC": "a FLAC file",
        b".snd": "an AU file",
        b"\x1aE\xdf\xa3": "a WebM file",
        b"\x1f\x8b\x08": "compressed with gzip",
        b"#!AMR": "an AMR file",
    }
    return next((name for magic, name in magic_bytes.items() if body.startswith(magic)), None)


def _wav_format(body: bytes) -> str:
    offset = body.find(b"fmt ", 12, 200)
    if offset < 0 or len(body) < offset + 24:
        return ""
    order = ">" if body.startswith(b"RIFX") else "<"
    channels, rate, _, _, bits = struct.unpack_from(f"{order}HIIHH", body, offset + 10)
    return f" ({rate} Hz, {channels} channel{'s' * (channels != 1)}, {bits} bits)"


def _stream(body: bytes) -> str | None:
    """Recognize a format that is a sequence of frames: three in a row are no coincidence."""
    for frame_length, name in (
        (_mp3_frame_length, "an MP3 stream"),
        (_adts_frame_length, "an AAC stream"),
    ):
        first = frame_length(body, 0)
        second = frame_length(body, first) if first else 0
        if second and frame_length(body, first + second):
            return name
    return None


def _mp3_frame_length(body: bytes, offset: int) -> int:
    """Return the length of the MPEG layer III frame at `offset`; 0 if there is none."""
    head = body[offset : offset + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return 0
    version_1 = head[1] & 0x18 == 0x18
    rate_at, kbits_at = head[2] >> 2 & 3, head[2] >> 4
    if rate_at == 3:
        return 0
    rate = _MP3_RATES[rate_at] >> {0x18: 0, 0x10: 1, 0x00: 2}[head[1] & 0x18]
    kbits = (_MP3_KBITS if version_1 else _MP3_KBITS_2)[kbits_at]
    return (144 if version_1 else 72) * kbits * 1000 // rate + (head[2] >> 1 & 1) if kbits else 0


def _adts_frame_length(body: bytes, offset: int) -> int:
    head = body[offset : offset + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _text(body: bytes) -> str | None:
    start = body[:_HEAD_BYTES]
    if len(start) < 2 or any(byte < 32 and byte not in b"\t\n\r\f" for byte in start):
        return None
    try:
        # The last character of the head may be incomplete.
        text = start.decode("utf-8", "ignore" if len(body) > _HEAD_BYTES else "strict").strip()
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
    if len(text) >= 32 and _BASE64.fullmatch(body[: _HEAD_BYTES - _HEAD_BYTES % 4]):
        decoded = _decode_base64(body)
        content = describe_container(decoded) if decoded else None
        return "base64" + (f" of {content}" if content and "base64" not in content else "")
    # Two loud samples may happen to be letters, but hardly eight or more.
    return "text" if len(text) >= 16 else None


def _is_json(body: bytes, text: str) -> bool:
    if text[:1] not in ("{", "[", '"'):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        # JSON Lines, or an object that is too long or too deep.
        return text[:1] in ("{", "[") and len(text) > 32
    return True


def _decode_base64(body: bytes) -> bytes:
    clean = re.sub(rb"\s", b"", body[:_HEAD_BYTES]).replace(b"-", b"+").replace(b"_", b"/")
    try:
        return base64.b64decode(clean[: len(clean) // 4 * 4])
    except binascii.Error:
        return b""
