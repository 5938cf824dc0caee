"""Validation of record ids, which are part of URL paths.

Vapi's ids are UUIDs; others are accepted because servers that emulate the API use their own.
"""

from __future__ import annotations

MAX_LENGTH = 256


def is_id(text: str) -> bool:
    """Return whether a text can be a record's id.

    `.` and `..` would change the path even when quoted. Control characters and unpaired surrogates
    occur in no id, and some cannot be sent.
    """
    return 0 < len(text) <= MAX_LENGTH and text.isprintable() and text not in (".", "..")
