"""Our provider class as the SDK pickles it, told from any other pickle without loading it.

The SDK records a provider as the base64 of a pickle, and unpickles what a state holds: an arbitrary
pickle is arbitrary code.
"""

from __future__ import annotations

import base64
import binascii
import pickletools

_MODULE, _CLASS = "vapi_provider.provider", "PhoneNumberProvider"
_LONGEST = 200
"""Letters; ours has fewer than 100. A longer text is never parsed."""

# Storing into the memo has no effect without an opcode that reads it, and none is accepted.
_IDLE = frozenset({"MEMOIZE", "BINPUT"})

_NEW = [("EMPTY_TUPLE", None), ("NEWOBJ", None), ("STOP", None)]
# A reference by name and an empty instance: protocols 2 and 3, then 4 (to Python 3.13) and 5.
_BY_GLOBAL = [("GLOBAL", f"{_MODULE} {_CLASS}"), *_NEW]
_BY_STACK = [
    ("SHORT_BINUNICODE", _MODULE),
    ("SHORT_BINUNICODE", _CLASS),
    ("STACK_GLOBAL", None),
    *_NEW,
]


def is_ours(text: str) -> bool:
    """Tell whether a recorded `__provider` names our class and does nothing else."""
    content = _decode(text)
    if content is None:
        return False
    try:
        whole = [(opcode.name, value, at) for opcode, value, at in pickletools.genops(content)]
    except ValueError:
        return False
    # Unpickling ends at STOP: nothing may follow it that another reader would take for more.
    if not whole or whole[-1] != ("STOP", None, len(content) - 1):
        return False
    (first, protocol), *steps = [(name, value) for name, value, _ in whole if name not in _IDLE]
    if first != "PROTO" or whole[0][0] != "PROTO":
        return False
    if protocol in (2, 3):
        return steps == _BY_GLOBAL
    # One frame around all that follows the two headers.
    return protocol in (4, 5) and steps == [("FRAME", len(content) - 11), *_BY_STACK]


def _decode(text: str) -> bytes | None:
    """Return the bytes of a text in canonical base64: the SDK's decoder skips other letters."""
    if len(text) > _LONGEST:
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == text else None
