"""Phone numbers as rows of the account's file, and the queries over them.

Every function needs a connection inside a transaction of `store.py`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from vapi_provider.embedded.listing import ListQuery
from vapi_provider.embedded.number_stock import STOCK_PER_AREA_CODE, number_at

_COLUMNS = (
    "id", "kind", "fields", "number", "bought", "sip_key", "search", "resource_id",
    "created_ms", "updated_ms", "active_ms", "number_ms", "hidden_reads",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO phone_number ({', '.join(_COLUMNS)}) "  # noqa: S608 - our own column names
    f"VALUES ({', '.join(':' + name for name in _COLUMNS)})"
)


@dataclass(frozen=True)
class Record:
    """One phone number; times are in milliseconds.

    Attributes:
        fields: The fields as they were sent, in the API's spelling.
        bought: The digits of a number that Vapi sold.
        active_ms: The time from which on the number is active.
        number_ms: The time from which on the digits are shown.
        hidden_reads: How many more reads do not show the digits.
    """

    id: str
    kind: str
    fields: dict[str, Any]
    created_ms: int
    updated_ms: int
    active_ms: int
    number_ms: int
    bought: str | None = None
    resource_id: str | None = None
    hidden_reads: int = 0

    @property
    def number(self) -> str | None:
        """The digits, bought or of a carrier."""
        return self.bought or self.fields.get("number")

    @property
    def sip_uri(self) -> str | None:
        """The SIP URI as it was sent."""
        return self.fields.get("sipUri")


def insert(connection: sqlite3.Connection, record: Record) -> None:
    """Add a record."""
    connection.execute(_INSERT, _row(record))


def overwrite(connection: sqlite3.Connection, record: Record) -> None:
    """Replace the record that has the same id."""
    assignments = ", ".join(f"{name} = :{name}" for name in _COLUMNS)
    connection.execute(
        f"UPDATE phone_number SET {assignments} WHERE id = :id",  # noqa: S608
        _row(record),
    )


def remove(connection: sqlite3.Connection, record: Record) -> None:
    """Delete a record, which frees its number, its SIP URI and its part of the quota."""
    connection.execute("DELETE FROM phone_number WHERE id = ?", (record.id,))


def find(connection: sqlite3.Connection, record_id: str) -> Record | None:
    """Return the record with this id, in any letter case, or None."""
    row = connection.execute(
        "SELECT * FROM phone_number WHERE id = ?", (record_id.lower(),)
    ).fetchone()
    return None if row is None else _record(row)


def select_page(
    connection: sqlite3.Connection, query: ListQuery, now_ms: int, bumps: bool
) -> list[Record]:
    """Return the records of a list request, in its order."""
    condition, values = query.sql_condition(_updated_expression(bumps))
    values |= {"now": now_ms, "limit": query.limit, "skip": (query.page - 1) * query.limit}
    rows = connection.execute(
        f"SELECT * FROM phone_number WHERE {condition} "  # noqa: S608 - values are bound
        f"ORDER BY {query.sql_order()} LIMIT :limit OFFSET :skip",
        values,
    )
    return [_record(row) for row in rows]


def count_matching(
    connection: sqlite3.Connection, query: ListQuery, now_ms: int, bumps: bool
) -> int:
    """Return how many records a list request matches on all its pages."""
    condition, values = query.sql_condition(_updated_expression(bumps))
    (total,) = connection.execute(
        f"SELECT count(*) FROM phone_number WHERE {condition}",  # noqa: S608 - values are bound
        values | {"now": now_ms},
    ).fetchone()
    return total


def effective_updated_ms(record: Record, now_ms: int, bumps: bool) -> int:
    """Return when the record last changed; with `bumps`, becoming active is a change."""
    activated = bumps and record.created_ms < record.active_ms <= now_ms
    return max(record.updated_ms, record.active_ms) if activated else record.updated_ms


def count_reads(connection: sqlite3.Connection, seen: Sequence[Record]) -> None:
    """Count one read of each record whose digits are still hidden."""
    connection.executemany(
        "UPDATE phone_number SET hidden_reads = hidden_reads - 1 WHERE id = ? AND hidden_reads > 0",
        [(record.id,) for record in seen],
    )


def is_taken(connection: sqlite3.Connection, except_id: str, **values: str) -> bool:
    """Return whether a record other than `except_id` has these values in its columns."""
    condition = " AND ".join(f"{column} = :{column}" for column in values)
    rows = connection.execute(
        f"SELECT 1 FROM phone_number WHERE {condition} AND id <> :id",  # noqa: S608 - our columns
        {**values, "id": except_id},
    )
    return rows.fetchone() is not None


def count_bought(connection: sqlite3.Connection) -> int:
    """Return how many bought numbers the account holds; SIP URIs alone do not count."""
    (total,) = connection.execute("SELECT count(*) FROM phone_number WHERE bought").fetchone()
    return total


def take_from_stock(connection: sqlite3.Connection, area_code: str) -> str | None:
    """Return the next number of an area code that no record has; None if all are taken.

    A released number is not sold next: otherwise it would stay unnoticed when a client loses a
    number and buys another.
    """
    row = connection.execute("SELECT sold FROM area_code WHERE code = ?", (area_code,)).fetchone()
    sold: int = row[0] if row else 0
    for position in range(sold, sold + STOCK_PER_AREA_CODE):
        number = number_at(area_code, position)
        taken = connection.execute("SELECT 1 FROM phone_number WHERE number = ?", (number,))
        if taken.fetchone() is None:
            connection.execute("REPLACE INTO area_code VALUES (?, ?)", (area_code, position + 1))
            return number
    return None


def _updated_expression(bumps: bool) -> str:
    if not bumps:
        return "updated_ms"
    return (
        "CASE WHEN active_ms > created_ms AND active_ms <= :now"
        " THEN max(updated_ms, active_ms) ELSE updated_ms END"
    )


def _row(record: Record) -> dict[str, Any]:
    searchable = (record.fields.get("name"), record.number, record.sip_uri)
    return {
        **vars(record),
        "fields": json.dumps(record.fields, separators=(",", ":")),
        "number": record.number or None,
        "bought": int(record.bought is not None),
        "sip_key": record.sip_uri.lower() if record.sip_uri else None,
        "search": "\n".join(text for text in searchable if text).casefold(),
    }


def _record(row: sqlite3.Row) -> Record:
    columns: dict[str, Any] = {field.name: row[field.name] for field in fields(Record)}
    columns["fields"] = json.loads(columns["fields"])
    columns["bought"] = row["number"] if row["bought"] else None
    return Record(**columns)
