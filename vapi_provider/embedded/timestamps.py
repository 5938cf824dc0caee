"""The API's timestamps: milliseconds since 1970, and ISO 8601 text."""

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
    """Return the current time in UTC."""
    return datetime.now(timezone.utc)


def to_ms(moment: datetime) -> int:
    """Return milliseconds since 1970, rounded down as in the API's timestamps."""
    return (moment - _EPOCH) // _MILLISECOND


def format_iso(ms: int) -> str:
    """Return ``2026-03-26T15:43:16.145Z``, the observed form of all timestamps in answers."""
    text = (_EPOCH + ms * _MILLISECOND).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse_iso(text: str) -> int | None:
    """Return the milliseconds of an ISO 8601 date or date-time; None for any other text.

    Accepts any number of decimals and ``Z``, an offset or neither (UTC). Decimals beyond
    milliseconds are dropped: filters compare what the API shows (our assumption).
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
