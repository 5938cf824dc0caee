"""The bulk read: any order of reads and writes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.accounts import account_of, named, names
from tests.support.builders import Clock
from vapi_provider.lifecycle.account_view import AccountView


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
