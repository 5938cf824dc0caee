"""Each constraint of Vapi's file, wherever it holds: taken at its bound, refused beyond it.

Through `problems`, as the engine's check asks it, with numbers as the floats that it gets.
"""

from __future__ import annotations

import pytest

from tests.support import official
from tests.support.constraints import Case, Place, cases, places, spelled
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.validation import problems

pytestmark = [pytest.mark.contract, official.needed]

PLACES = [place for kind in KINDS if official.SPEC.exists() for place in places(kind)]


def name_of(place: Place) -> str:
    """A place as a test's name."""
    return f"{place.kind}-{spelled(place.steps)}-{place.schema}"


def verdict(place: Place, case: Case, exists: bool) -> list[str]:
    """The paths of all problems that the preview of this case shows."""
    found = problems(Desired.of({"provider": place.kind}), case.fields, exists=exists)
    return [line.partition(": ")[0] for line in found]


@pytest.mark.parametrize("place", PLACES, ids=name_of)
def test_a_bound_holds_where_it_is_written(place: Place) -> None:
    """What the schema allows is taken; what it does not is one problem, at exactly that path."""
    wrong = [
        (case.constraint, case.refused_at, found)
        for case in cases(place)
        for exists in (False, True)
        if (found := verdict(place, case, exists)) != [case.refused_at] * bool(case.refused_at)
    ]
    assert wrong == []
