"""The plan: it does what is needed and no more, for any two declarations."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import DECLARATIONS
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.plan import NoChange, Plan, Replace, Update, plan

NUMBER = "+14155550123"


def step(recorded: dict[str, Any], declared: dict[str, Any], kind: str = "vapi") -> Plan:
    """The plan for one number."""
    return plan(KINDS[kind], recorded, declared)


@given(DECLARATIONS)
def test_what_is_as_declared_needs_nothing(fields: dict[str, Any]) -> None:
    """Whatever is declared, once it is recorded there is nothing to do."""
    assert step(fields, fields) == NoChange()


@given(DECLARATIONS, DECLARATIONS)
def test_an_update_is_enough_and_no_more(
    recorded: dict[str, Any], declared: dict[str, Any]
) -> None:
    """Applying an update's fields leaves nothing to do; leaving one out leaves exactly that."""
    declared.pop("number_desired_area_code", None)
    found = step(recorded, declared)
    if isinstance(found, Update):
        applied = {**recorded, **found.fields}
        assert step(applied, declared) == NoChange()
        for name in found.fields:
            assert step({**applied, name: recorded.get(name)}, declared) == Update(
                {name: found.fields[name]}
            )
    else:
        assert found == NoChange()


@given(DECLARATIONS, st.sampled_from(["415", "212", None]), st.sampled_from([NUMBER, None]))
def test_no_longer_asking_for_an_area_code_never_gives_a_number_up(
    recorded: dict[str, Any], asked: str | None, digits: str | None
) -> None:
    """Without a declared area code there is no replacement, whatever is recorded."""
    recorded = {**recorded, "number_desired_area_code": asked, "number": digits}
    assert not isinstance(step(recorded, {"name": "a"}), Replace)
