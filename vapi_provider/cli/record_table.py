"""Tables of records in the commands' output."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from vapi_provider.deployment.exported import instant
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.shared.text import align, escape_unprintable

Row = dict[str, str | None]

_AUTOMATIC_NAME = re.compile(r"[^/~]+/[^/~]+/.+|.{15}~[0-9a-f]{8}~.{15}")


def row_of(record: PhoneNumberRecord) -> Row:
    """Return a record as a row of a table."""
    created = instant(record.created_at)
    name = record.name
    return {
        "id": record.id,
        "kind": record.kind.class_name if record.kind else record.provider,
        "reached at": record.reached_at,
        "name": name,
        "age": None if created is None else _age(created),
        "status": record.status,
        "likely owner": name if name and _AUTOMATIC_NAME.fullmatch(name) else None,
    }


def format_table(rows: list[Row]) -> str:
    """Return the rows as an aligned table under their headings."""
    lines = [list(rows[0]), *([_format_cell(value) for value in row.values()] for row in rows)]
    return "\n".join(align(lines))


def _format_cell(value: str | None) -> str:
    return "-" if value is None else escape_unprintable(value)


def _age(created: datetime) -> str:
    seconds = max(int((datetime.now(timezone.utc) - created).total_seconds()), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
