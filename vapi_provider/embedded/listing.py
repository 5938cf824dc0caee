"""The query parameters of both list endpoints, validated and translated to SQL."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vapi_provider.embedded.errors import refused
from vapi_provider.embedded.timestamps import parse_iso

_COMPARISONS = {"Gt": ">", "Lt": "<", "Ge": ">=", "Le": "<="}
_FILTERS = {
    f"{column}{suffix}": (column, sign)
    for column in ("createdAt", "updatedAt")
    for suffix, sign in _COMPARISONS.items()
}
_PAGED = ("search", "page", "sortOrder", "sortBy")


@dataclass(frozen=True)
class ListQuery:
    """One list request. `bounds` are (createdAt|updatedAt, comparison, milliseconds)."""

    limit: int = 100
    page: int = 1
    ascending: bool = False
    search: str = ""
    bounds: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])

    def sql_condition(self, updated: str) -> tuple[str, dict[str, Any]]:
        """Return the condition in SQL and its values; `updated` is the expression for updatedAt."""
        columns = {"createdAt": "created_ms", "updatedAt": updated}
        conditions = ["1"]
        values: dict[str, Any] = {}
        for index, (column, sign, ms) in enumerate(self.bounds):
            conditions.append(f"{columns[column]} {sign} :bound{index}")
            values[f"bound{index}"] = ms
        if self.search:
            conditions.append("instr(search, :search) > 0")
            values["search"] = self.search.casefold()
        return " AND ".join(conditions), values

    def sql_order(self) -> str:
        """Return the order in SQL, with ties broken by id so that pages never overlap."""
        direction = "ASC" if self.ascending else "DESC"
        return f"created_ms {direction}, id {direction}"


def parse_list_query(given: Mapping[str, str], *, paged: bool, strict: bool) -> ListQuery:
    """Parse the parameters of ``/phone-number`` or, with `paged`, ``/v2/phone-number``.

    Source of names, ranges and defaults: API schema. The messages and the refusal of unknown names
    (`strict`) are our assumption.

    Raises:
        Refusal: The parameters are wrong (400); the error lists all violations.
    """
    known = ("limit", *_FILTERS, *(_PAGED if paged else ()))
    violations = [
        f"property {name} should not exist" for name in given if strict and name not in known
    ]
    limit = _number(given.get("limit", "100"), "limit", 0, 1000, violations)
    bounds: list[tuple[str, str, int]] = []
    for name, (column, sign) in _FILTERS.items():
        ms = parse_iso(given[name]) if name in given else 0
        if ms is None:
            violations.append(f"{name} must be a valid ISO 8601 date string")
        elif name in given:
            bounds.append((column, sign, ms))
    page, search, ascending = 1, "", False
    if paged:
        page = _number(given.get("page", "1"), "page", 1, None, violations)
        search = given.get("search", "")
        if len(search) > 100:
            violations.append("search must be shorter than or equal to 100 characters")
        ascending = _choice(given, "sortOrder", ("DESC", "ASC"), violations) == "ASC"
        # The schema shares sortBy with calls: phone numbers have neither a duration nor a cost.
        _choice(given, "sortBy", ("createdAt", "duration", "cost"), violations)
    if violations:
        raise refused(violations)
    return ListQuery(limit, page, ascending, search, bounds)


def page_metadata(query: ListQuery, total: int) -> dict[str, Any]:
    """Return a page's `metadata`. Source: API schema, without the cursor that no endpoint takes."""
    pages = math.ceil(total / query.limit) if query.limit else 0
    return {
        "itemsPerPage": query.limit,
        "totalItems": total,
        "currentPage": query.page,
        "totalPages": pages,
        "hasNextPage": query.page < pages,
        "sortOrder": "ASC" if query.ascending else "DESC",
    }


def _number(text: str, name: str, least: int, most: int | None, violations: list[str]) -> int:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        violations.append(f"{name} must be a number conforming to the specified constraints")
    elif number < least:
        violations.append(f"{name} must not be less than {least}")
    elif most is not None and number > most:
        violations.append(f"{name} must not be greater than {most}")
    else:
        # A page beyond any account is empty, not an overflow.
        return min(int(number), 10**12)
    return least


def _choice(
    given: Mapping[str, str], name: str, allowed: tuple[str, ...], violations: list[str]
) -> str:
    chosen = given.get(name, allowed[0])
    if chosen not in allowed:
        violations.append(
            f"{name} must be one of the following values: {', '.join(sorted(allowed))}"
        )
    return chosen
