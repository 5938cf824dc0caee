"""Instants as the API writes and reads them: milliseconds since 1970, and ISO 8601 text.

Knows no clock but the one it is asked for, and nothing of phone numbers.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def utc_now() -> datetime:
    """The real time, with its zone."""
    return datetime.now(timezone.utc)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970; finer parts are cut off, as the API's timestamps do."""
    return (moment - _EPOCH) // _MILLISECOND


def iso(ms: int) -> str:
    """``2026-03-26T15:43:16.145Z``, the observed form of every timestamp in an answer."""
    text = (_EPOCH + ms * _MILLISECOND).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse_iso(text: str) -> int | None:
    """Milliseconds of an ISO 8601 date or date-time, None where it is neither.

    Takes any number of decimals, ``Z``, offsets and none (UTC). Decimals beyond milliseconds are
    cut off: filters compare what the API shows (our assumption).
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    part = {name: int(found[name] or 0) for name in ("hour", "minute", "second")}
    micros = int(((found["fraction"] or "") + "000000")[:6])
    try:
        moment = datetime(
            int(found["year"]),
            int(found["month"]),
            int(found["day"]),
            **part,
            microsecond=micros,
            tzinfo=timezone.utc,
        )
        return to_ms(moment) - _offset_ms(found["zone"])
    except (ValueError, OverflowError):
        return None


def _offset_ms(zone: str | None) -> int:
    if not zone or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return (-1 if zone[0] == "-" else 1) * minutes * 60_000
