"""Recognition of this package's pickled provider without unpickling it.

The SDK records a provider as the base64 of a pickle, and unpickles the one in a state: an arbitrary
pickle can run arbitrary code.
"""

from __future__ import annotations

import base64
import binascii
import pickletools

_MODULE, _CLASS = "vapi_provider.provider", "PhoneNumberProvider"
_MAX_LENGTH = 200
"""Maximum length of a text to parse; this package's pickle has fewer than 100 characters."""

# These opcodes store into the memo; no opcode that reads it is accepted.
_IDLE = frozenset({"MEMOIZE", "BINPUT"})

_NEW = [("EMPTY_TUPLE", None), ("NEWOBJ", None), ("STOP", None)]
# A reference by name and an empty instance: by GLOBAL in protocols 2 and 3, by STACK_GLOBAL in
# protocols 4 (up to Python 3.13) and 5.
_BY_GLOBAL = [("GLOBAL", f"{_MODULE} {_CLASS}"), *_NEW]
_BY_STACK = [
    ("SHORT_BINUNICODE", _MODULE),
    ("SHORT_BINUNICODE", _CLASS),
    ("STACK_GLOBAL", None),
    *_NEW,
]


def is_ours(text: str) -> bool:
    """Return whether a recorded `__provider` names this package's class and does nothing else."""
    content = _decode(text)
    if content is None:
        return False
    try:
        whole = [
            (opcode.name, value, offset) for opcode, value, offset in pickletools.genops(content)
        ]
    except ValueError:
        return False
    # Unpickling ends at STOP; refuse trailing bytes, which another reader might interpret.
    if not whole or whole[-1] != ("STOP", None, len(content) - 1):
        return False
    (first, protocol), *steps = [(name, value) for name, value, _ in whole if name not in _IDLE]
    if first != "PROTO" or whole[0][0] != "PROTO":
        return False
    if protocol in (2, 3):
        return steps == _BY_GLOBAL
    # One frame contains everything after the two headers.
    return protocol in (4, 5) and steps == [("FRAME", len(content) - 11), *_BY_STACK]


def _decode(text: str) -> bytes | None:
    """Return the bytes of a canonical base64 text; None for others, which the SDK would accept."""
    if len(text) > _MAX_LENGTH:
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == text else None
