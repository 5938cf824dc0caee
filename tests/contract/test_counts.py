"""The counts that the reference states are those of Vapi's file."""

from __future__ import annotations

import pytest

from scripts.docs.generate import CHECKED
from tests.support import official
from tests.support.constraints import counted

pytestmark = [pytest.mark.contract, official.needed]


def test_the_reference_states_what_is_checked() -> None:
    """Schemas, properties, constraints and cases in the reference are what this ring checks."""
    assert counted() == CHECKED
