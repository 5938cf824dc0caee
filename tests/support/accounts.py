"""Accounts of many records, and their bulk read by many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.builders import FlakyApi, wire_record
from vapi_provider.errors import NotFoundError
from vapi_provider.lifecycle.account_view import AccountView


def named(name: str) -> dict[str, str]:
    """The body of a record with that name."""
    return {"provider": "vapi", "name": name, "sipUri": "sip:a@b"}


def account_of(count: int, together: int = 1) -> FlakyApi:
    """Return an account of `count` records, oldest first; `together` of them share a time."""
    return FlakyApi(
        *(
            wire_record(
                id_=f"n{at}", createdAt=f"2026-01-01T00:00:00.{at // together:06}Z", name="a"
            )
            for at in range(count)
        )
    )


def names(view: AccountView, ids: list[str]) -> dict[str, str | None]:
    """The names of records, None where there is none, all read by sixteen workers."""

    def name(id_: str) -> str | None:
        try:
            return view.read(id_).name
        except NotFoundError:
            return None

    with ThreadPoolExecutor(16) as workers:
        return dict(zip(ids, workers.map(name, ids), strict=True))
