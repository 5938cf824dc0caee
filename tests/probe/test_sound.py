"""Judgment of an answer's bytes: correct ones pass, each wrong format is named."""

from __future__ import annotations

import gzip
import json
import math
import random
import struct
import wave
from base64 import b64encode
from io import BytesIO
from xml.etree import ElementTree

import pytest

from tests.support.voices import KINDS, WRONGLY, Sound, pcm, rumble, speech, voice
from vapi_provider.messages import PcmFormat
from vapi_provider.messages.pcm import DOCUMENTED_RATES
from vapi_provider.probe import audio, judge
from vapi_provider.probe.audio_files import render_waveform, to_wav
from vapi_provider.probe.findings import Finding, split_notes
from vapi_provider.probe.magic_bytes import describe_container
from vapi_provider.probe.post import Exchange, Limits
from vapi_provider.probe.sample_format import find_other_format
from vapi_provider.probe.sound import find_wrong_rates, judge_sound

LIMITS = Limits(20, 10_000_000)
SAID = "Good day."


def judged(body: bytes, rate: int, text: str = SAID, **headers: str) -> list[Finding]:
    """Return the faults of a body that arrived at once."""
    given = {"content-type": "application/octet-stream", "content-length": "1", **headers}
    exchange = Exchange(200, given, body, [(0.1, len(body))], 0.1)
    return split_notes(judge.judge_voice(exchange, text, rate, LIMITS))[0]


@pytest.mark.parametrize("rate", DOCUMENTED_RATES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda it: it.__name__)
def test_a_right_voice_is_not_accused(rate: int, kind) -> None:
    """224 voices, quiet and loud, with and without silence around, have no fault."""
    seed = rate
    for loud in (0.002, 0.01, 0.02, 0.05, 0.1, 0.4, 0.99):
        sound = voice(rate, 0.2, kind, loud, still=0.15 * (seed % 2), seed=seed)
        assert judged(pcm(sound), rate) == [], (loud, seed)
        seed += 1
    assert judged(pcm(voice(rate, 0.2, kind, 1.0, still=0.1, seed=seed)), rate) == []


@pytest.mark.parametrize("rate", [8000, 24000])
@pytest.mark.parametrize("kind", [speech, rumble], ids=lambda it: it.__name__)
@pytest.mark.parametrize("wrongly", WRONGLY)
def test_a_wrong_format_is_named(wrongly: str, kind, rate: int) -> None:
    """Byte order, width and channels are recognized from the sound, with a degree of certainty."""
    write, code, words = WRONGLY[wrongly]
    (found,) = judged(write(voice(rate, 0.6, kind, still=0.1)), rate)
    assert (found.code, found.note) == (code, False)
    assert words in found.says
    assert found.sure in ("almost certain", "likely")


@pytest.mark.parametrize("rate", DOCUMENTED_RATES)
def test_a_square_wave_off_the_middle_is_no_float(rate: int) -> None:
    """A square wave whose values look like exponents is not taken for floats."""
    ends = (15_039, -19_039)
    samples = [ends[n * 300 // rate % 2] for n in range(rate)]
    assert find_other_format(struct.pack(f"<{rate}h", *samples)) is None


@pytest.mark.parametrize("off", [-4000, -3000, -2000, -1000])
def test_a_tone_of_a_quarter_of_the_rate_off_the_middle_is_no_float(off: int) -> None:
    """A tone whose every second sample looks like an exponent is not taken for floats."""
    chance = random.Random(1)
    tone = [math.sin(math.pi * n / 2 + 0.4) for n in range(8000)]
    body = struct.pack("<8000h", *(round(17_000 * it + off + chance.gauss(0, 30)) for it in tone))
    assert find_other_format(body) is None


@pytest.mark.parametrize("letter", "fd")
def test_floats_that_fade_away_are_floats(letter: str) -> None:
    """Floats are recognized in a sound that fades out."""
    tail = [0.5 * math.sin(n / 7) * math.exp(-(n % 1600) / 120) for n in range(8000)]
    found = find_other_format(struct.pack(f"<8000{letter}", *tail))
    assert found is not None
    assert "floating point" in found.says


def test_noise_has_no_format() -> None:
    """Noise, which is noise in every format, has no fault."""
    for seed in range(8):
        body = random.Random(seed).randbytes(20_000)
        assert find_other_format(body) is None


@pytest.mark.parametrize("length", [0, 1, 2, 3, 10, 100, 241])
def test_a_few_bytes_break_nothing(length: int) -> None:
    """A body of any length is judged without an exception."""
    judged(bytes(range(1, 250))[:length], 8000)


def wav() -> bytes:
    """Return a WAV file with two channels at 44100 Hz."""
    file = BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((2, 2, 44100, 0, "NONE", ""))
        out.writeframes(pcm(voice(8000)))
    return file.getvalue()


MP3 = b"\xff\xfb\x90\x00" + bytes(413)
AAC = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)
WRAPPED = {
    "a WAV file (44100 Hz, 2 channels, 16 bits)": wav(),
    "an MP3 file": b"ID3\x04" + bytes(500),
    "an MP3 stream": MP3 * 5,
    "an AAC stream": AAC * 5,
    "an Ogg file": b"OggS\x00\x02" + bytes(500),
    "a FLAC file": b"fLaC" + bytes(500),
    "a WebM file": b"\x1aE\xdf\xa3" + bytes(500),
    "an MP4 file": b"\x00\x00\x00\x20ftypM4A " + bytes(500),
    "an AIFF file": b"FORM\x00\x00\x01\x00AIFF" + bytes(500),
    "an AU file": b".snd" + bytes(500),
    "compressed with gzip": gzip.compress(pcm(voice(8000))),
    "an HTML page": b"<!DOCTYPE html><html><body>Oops</body></html>",
    "XML": b"<?xml version='1.0'?><speak>Hello</speak>",
    "JSON": json.dumps({"data": b64encode(pcm(voice(8000))).decode()}).encode(),
    "base64": b64encode(pcm(voice(8000))),
    "base64 of a WAV file (44100 Hz, 2 channels, 16 bits)": b64encode(wav()),
    "a data: URL": b"data:audio/wav;base64," + b64encode(wav()),
    "text": "Ein Fehler ist aufgetreten: schöne Grüße.".encode(),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapping_is_named_by_its_mark(name: str) -> None:
    """Files, streams and texts are recognized by their first bytes."""
    assert describe_container(WRAPPED[name]) == name
    (found,) = judged(WRAPPED[name], 8000)
    assert (found.code, found.says) == ("wrapped", f"the body is {name}, not raw samples")


def test_silence_and_clipping_are_named() -> None:
    """Silence and clipped sound are faults."""
    (silent,) = judged(PcmFormat(8000).silence(1), 8000)
    assert (silent.code, silent.says) == ("silence", "1.00 s of silence: nothing is heard")
    (clipped,) = judged(pcm([8 * it for it in voice(8000, 0.6, still=0.1)]), 8000)
    assert (clipped.code, clipped.sure) == ("clipping", "almost certain")
    found = judge_sound(PcmFormat(8000).decode(pcm(voice(8000, loud=0.005))), 8000, SAID)
    assert [(one.code, one.note) for one in found] == [("faint", True)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.2, ("too-short", False)),
        (0.9, ("short", True)),
        (4.0, None),
        (14.0, ("long", True)),
        (70.0, ("too-long", False)),
    ],
)
def test_the_length_fits_the_text(seconds: float, expected: tuple[str, bool] | None) -> None:
    """An impossible duration for the text is a fault, an unusual one a note."""
    samples = PcmFormat(100).decode(pcm([0.3, -0.3] * int(50 * seconds)))
    found = judge_sound(samples, 100, "Fifty letters are a sentence of usual length, yes.")
    assert [(one.code, one.note) for one in found] == ([expected] if expected else [])


def test_a_rate_that_is_ignored_is_found_by_comparison() -> None:
    """Ignored sample rates are found when one text's answers are compared."""
    ignored = find_wrong_rates(dict.fromkeys(DOCUMENTED_RATES, 48_000))
    assert set(ignored) == set(DOCUMENTED_RATES)
    assert ignored[8000].sure == "almost certain"
    right = {rate: 4 * rate for rate in DOCUMENTED_RATES}
    assert find_wrong_rates(right) == {}
    assert (
        find_wrong_rates({rate: round(count * (0.9 + rate / 1e5)) for rate, count in right.items()})
        == {}
    )
    odd = find_wrong_rates({**right, 22050: 4 * 24000})
    assert {rate: (it.says, it.sure) for rate, it in odd.items()} == {
        22050: ("as long as at the other rates if it is 24000 Hz, not 22050", "likely")
    }
    assert find_wrong_rates({8000: 16_000}) == {}


def test_what_is_saved_can_be_played_and_seen() -> None:
    """The WAV file holds the samples, and the picture no markup from the text."""
    sound: Sound = voice(8000)
    with wave.open(BytesIO(to_wav(pcm(sound) + b"\x00", 16000))) as file:
        assert file.getparams()[:4] == (1, 2, 16000, len(sound))
    picture = render_waveform(PcmFormat(8000).decode(pcm(sound)), 8000, "8000 Hz: <b>&")
    assert picture.startswith("<svg ")
    assert "&lt;b&gt;&amp;" in picture
    odd = render_waveform(PcmFormat(8000).decode(b""), 8000, "\x01\x1b[31m\ufffe grüß")
    assert "grüß" in "".join(ElementTree.fromstring(odd).itertext())  # noqa: S314 - our own


def test_telephone_codes_are_read_as_g711_says() -> None:
    """The mu-law and A-law tables match G.711 at their ends and middles."""
    assert list(audio.mu_law(b"\x00\x7f\x80\xff\xfe")) == [-32124, 0, 32124, 0, 8]
    assert list(audio.a_law(b"\x2a\xaa\x55\xd5")) == [-32256, 32256, -8, 8]
