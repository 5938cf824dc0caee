"""Our provider's pickle, told from any other without loading it."""

from __future__ import annotations

import base64
import os
import pickle
import pickletools
from pathlib import Path

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from vapi_provider.deployment.provider_pickle import is_ours
from vapi_provider.importing.state_resources import PROVIDER
from vapi_provider.provider import PhoneNumberProvider

REFERENCE = b"\x8c\x16vapi_provider.provider\x94\x8c\x13PhoneNumberProvider\x94\x93\x94"
GLOBAL = b"cvapi_provider.provider\nPhoneNumberProvider\nq\x00"
NEW = b")\x81\x94."


class Subclass(PhoneNumberProvider):
    """A provider that a program could define over ours."""


class Call:
    """An object whose unpickling calls a function."""

    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return (self.call[0], tuple(self.call[1:]))


def encoded(content: bytes) -> str:
    """A pickle as a state holds it."""
    return base64.b64encode(content).decode()


def framed(content: bytes, protocol: int = 4, length: int | None = None) -> str:
    """A pickle of protocol 4 or 5 around these opcodes."""
    size = len(content) if length is None else length
    return encoded(bytes([0x80, protocol, 0x95]) + size.to_bytes(8, "little") + content)


def test_what_this_sdk_records_is_ours() -> None:
    """What the SDK pickles, on whichever Python this runs, is known."""
    assert is_ours(serialize_provider(PhoneNumberProvider()))
    assert is_ours(PROVIDER)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_each_pythons_protocol_is_ours(protocol: int) -> None:
    """Python 3.10 to 3.13 record protocol 4, 3.14 records 5; older states may have others."""
    text = encoded(pickle.dumps(PhoneNumberProvider(), protocol=protocol))
    assert is_ours(text)
    assert type(pickle.loads(base64.b64decode(text))) is PhoneNumberProvider  # noqa: S301  ours


def test_the_optimized_form_is_ours() -> None:
    """A pickle that stores nothing in the memo is the same reference."""
    content = pickle.dumps(PhoneNumberProvider(), protocol=4)
    assert is_ours(encoded(pickletools.optimize(content)))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "other",
    [
        Call(os.system, "touch made"),
        Call(eval, "__import__('os').system('touch made')"),  # noqa: S307 - never called
        Call(getattr, PhoneNumberProvider, "configure"),
        [PhoneNumberProvider(), Call(os.system, "touch made")],
        PhoneNumberProvider,
        (PhoneNumberProvider(),),
        Subclass(),
        "vapi_provider.provider PhoneNumberProvider",
        None,
    ],
)
def test_another_pickle_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int, other: object
) -> None:
    """A pickle that calls, holds or names anything else is refused, and nothing of it runs."""
    monkeypatch.chdir(tmp_path)
    assert not is_ours(encoded(pickle.dumps(other, protocol=protocol)))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "=",
        "not base64",
        "gASV",
        PROVIDER + "\n",
        " " + PROVIDER,
        PROVIDER[:8] + "!" + PROVIDER[8:],
        PROVIDER + PROVIDER,
        PROVIDER.rstrip("="),
        PROVIDER[:-3] + "h==",
        PROVIDER + "é",
        "\ud800",
        encoded(b""),
        encoded(b"."),
        encoded(b"\x80\x04."),
        encoded(b"\x80"),
        encoded(b"\x80\x04\x95"),
        encoded(b"\xff" * 20),
        encoded(b"\x80\x04" + REFERENCE + NEW),  # no frame
        framed(REFERENCE + NEW, 6),
        framed(REFERENCE + NEW, 1),
        framed(REFERENCE + NEW, length=0),
        framed(REFERENCE + NEW, length=1 << 62),
        framed(REFERENCE + NEW + b"cos\nsystem\n."),
        framed(REFERENCE + b"0cos\nsystem\n" + NEW),
        framed(REFERENCE + b"(S'touch made'\n" + NEW),
        framed(REFERENCE + b"}" + NEW),
        framed(REFERENCE + b")\x81}b."),  # with a state
        framed(REFERENCE + b")R."),
        framed(REFERENCE + b")\x81j\xff\xff\xff\x7f."),
        framed(REFERENCE + b")\x81r\xff\xff\xff\x7f."),  # a memo of gigabytes
        framed(REFERENCE.replace(b"Phone", b"phone") + NEW),
        framed(REFERENCE.replace(b"\x8c\x13PhoneNumberProvider", b"\x8c\x0bos.environ") + NEW),
        framed(REFERENCE.replace(b"\x16vapi_provider.provider", b"\x05posix") + NEW),
        encoded(b"\x80\x02" + GLOBAL + b")R."),
        encoded(b"\x80\x02" + GLOBAL + b")\x81q\x01.."),
        encoded(b"\x80\x02" + GLOBAL.replace(b"vapi_provider.", b"vapi_provider\n") + b")\x81."),
        encoded(GLOBAL + b")\x81."),
        encoded(b"\x80\x02\x80\x02" + GLOBAL + b")\x81."),
        encoded(GLOBAL[:0] + b"q\x00\x80\x02" + GLOBAL + b")\x81."),
        encoded(b"\x80\x02U\x04" + b"0000" + b"0" + GLOBAL + b")\x81."),
        "A" * 10_000,
    ],
)
def test_a_spelling_that_another_reader_may_read_otherwise_is_not_ours(text: str) -> None:
    """Only the canonical text counts: no other letters, frames, protocols, ends or opcodes."""
    assert not is_ours(text)
