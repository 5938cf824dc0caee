"""Ids of records: what may stand in a path of the API.

Vapi's are UUIDs. Others are taken too: servers that stand in for it have their own.
"""

from __future__ import annotations

LONGEST = 256


def is_id(text: str) -> bool:
    """Whether a text can be a record's id.

    `.` and `..` name another path, however they are quoted. Control characters and halves of
    surrogate pairs are in no id, and some of them cannot be sent.
    """
    return 0 < len(text) <= LONGEST and text.isprintable() and text not in (".", "..")
