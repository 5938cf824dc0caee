"""Where two declarations differ: told by path, exactly where an update would find something."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import declarations
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.differences import differences
from vapi_provider.reconcile.plan import NoChange, plan

KIND = KINDS["twilio"]
pairs = st.tuples(declarations("twilio"), declarations("twilio"))


def at(value: Any, path: str) -> Any:
    """What lies at a path; None where there is nothing."""
    for step in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


@given(pairs)
def test_a_difference_is_told_exactly_where_an_update_finds_one(
    pair: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    """The fields with a difference are those of the PATCH; each path leads to both its values."""
    old, new = pair
    found = list(differences(KIND.fields, old, new))
    step = plan(KIND, old, new)
    changed = set() if isinstance(step, NoChange) else set(getattr(step, "fields", {}))
    told = {re.split(r"[.\[]", path)[0] for path, *_ in found}
    assert told == changed
    for path, before, after in found:
        assert (at(old, path), at(new, path)) == (before, after)
        assert before != after


@given(declarations("twilio"))
def test_nothing_differs_from_itself(fields: dict[str, Any]) -> None:
    """A declaration and its copy have no difference."""
    assert list(differences(KIND.fields, fields, copy.deepcopy(fields))) == []


def test_free_keys_are_told_one_by_one() -> None:
    """With `by_key` a header that changed, came or went is told by its own path."""
    old = {"server": {"headers": {"X-Key": "a", "same": "s", "gone": "g"}}}
    new = {"server": {"headers": {"X-Key": "b", "same": "s", 'a "new" one': "n"}}}
    assert list(differences(KIND.fields, old, new, by_key=True)) == [
        ('server.headers["X-Key"]', "a", "b"),
        ('server.headers["gone"]', "g", None),
        (r'server.headers["a \"new\" one"]', None, "n"),
    ]
    assert [path for path, *_ in differences(KIND.fields, old, new)] == ["server.headers"]
    without = {"server": {"url": "https://a"}}
    with_one = {"server": {"url": "https://a", "headers": {"X-Key": "a"}}}
    (only,) = differences(KIND.fields, with_one, without, by_key=True)
    assert only == ('server.headers["X-Key"]', "a", None)


def test_free_keys_are_told_by_type() -> None:
    """With `by_key` a value that only Python takes for equal is told by its own path."""
    old, new = (
        {"fallback_destination": {"type": "sip", "sip_headers": {"X": one}}} for one in (1, True)
    )
    assert list(differences(KIND.fields, old, new, by_key=True)) == [
        ('fallback_destination.sip_headers["X"]', 1, True)
    ]
