"""Equality and merging for the state, for any two declarations."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests.support.strategies import DECLARATIONS
from vapi_provider.models.field_traits import SECRET
from vapi_provider.models.fields import carries
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.state_merge import merge_for_state

VAPI = KINDS["vapi"].fields


@given(DECLARATIONS)
def test_settling_a_record_with_itself_changes_nothing(fields: dict[str, Any]) -> None:
    """An answer that is what was recorded is recorded as it was."""
    assert merge_for_state(VAPI, fields, fields) == fields


@given(DECLARATIONS, DECLARATIONS)
def test_sameness_has_no_direction(left: dict[str, Any], right: dict[str, Any]) -> None:
    """Whatever is the same to the API is so both ways."""
    for name, spec in VAPI.items():
        one, other = left.get(name), right.get(name)
        assert equivalent(spec, one, other) == equivalent(spec, other, one)


@given(DECLARATIONS, DECLARATIONS)
def test_what_is_settled_means_what_is_actual(
    recorded: dict[str, Any], actual: dict[str, Any]
) -> None:
    """Secrets apart, what is recorded after a read is what the API answered."""
    kept = merge_for_state(VAPI, recorded, actual)
    for name in (name for name, spec in VAPI.items() if not carries(spec, SECRET)):
        assert equivalent(VAPI[name], kept.get(name), actual.get(name))
