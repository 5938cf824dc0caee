"""Validation and recording of properties, for unknown values at any place."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from tests.support.builders import FULL, program_inputs, wire_record
from tests.support.nested_values import EVERYWHERE, places, with_value
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.properties import (
    Desired,
    outputs,
    outputs_as_read,
)
from vapi_provider.reconcile.request_body import wire_body
from vapi_provider.reconcile.validation import problems


def found(inputs: dict[str, Any], exists: bool = False) -> list[str]:
    """What is wrong with the properties."""
    return problems(Desired.of(inputs), inputs, exists=exists)


@given(st.sampled_from(EVERYWHERE), st.sampled_from(EVERYWHERE))
def test_what_is_unknown_is_never_wrong(one: Any, other: Any) -> None:
    """A valid declaration of which any values are still unknown has no problem."""
    kind, fields, path = one
    changed = with_value(fields, path, Unknown())
    assert found(program_inputs(kind, **changed)) == []
    if other[0] == kind and other[1] is fields and other[2] in places(changed):
        assert found(program_inputs(kind, **with_value(changed, other[2], Unknown()))) == []


@given(st.sets(st.sampled_from(sorted(FULL)), min_size=1))
def test_reading_back_what_was_written_changes_nothing(names: set[str]) -> None:
    """An account that answers what it was sent is recorded as what was declared."""
    declared = Desired.of(program_inputs(**{name: FULL[name] for name in names}))
    record = PhoneNumberRecord.read({**wire_record(), **wire_body(declared)})
    assert outputs_as_read(declared, record) == outputs(declared, record)
