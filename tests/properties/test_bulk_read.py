"""The bulk read: any order of reads and writes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import Clock, FlakyApi, answer
from vapi_provider.errors import NotFoundError
from vapi_provider.lifecycle.account_view import AccountView


def named(name: str) -> dict[str, str]:
    """The body of a record with that name."""
    return {"provider": "vapi", "name": name, "sipUri": "sip:a@b"}


def account_of(count: int, together: int = 1) -> FlakyApi:
    """An account of `count` records, of which `together` share one time, the oldest first."""
    return FlakyApi(
        *(
            answer(id_=f"n{at}", createdAt=f"2026-01-01T00:00:00.{at // together:06}Z", name="a")
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


@given(
    st.lists(st.sampled_from(["read", "change", "release", "make"]), max_size=40),
    st.data(),
)
def test_no_read_is_older_than_what_this_run_has_written(steps: list[str], data: Any) -> None:
    """Whatever a run does in whatever order, a read tells its own writes."""
    api = account_of(7)
    client = api.observed()
    expected: dict[str, str | None] = dict.fromkeys(api.records, "a")
    view = AccountView(client, Clock())
    for at, step in enumerate(steps):
        id_ = data.draw(st.sampled_from(sorted(expected)))
        if step == "make":
            declared = named(f"v{at}")
            made = client.create_phone_number(declared)
            expected[made.id] = made.name
        elif expected[id_] is None or step == "read":
            assert names(view, [id_]) == {id_: expected[id_]}
        elif step == "release":
            client.delete_phone_number(id_)
            expected[id_] = None
        else:
            changed = client.update_phone_number(id_, named(f"v{at}"))
            expected[id_] = changed.name
