"""Merging a declaration with what the account holds, for any two declarations."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from tests.support.strategies import declarations
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import as_read
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.merge import Merge
from vapi_provider.reconcile.properties import Desired
from vapi_provider.reconcile.request_body import wire_body

VAPI = KINDS["vapi"].fields


@given(declarations("vapi"), declarations("vapi"))
def test_what_nobody_touched_is_sent_as_declared(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Where the account is as recorded, a merged field means what is declared."""
    base, ours = Desired.of(before), Desired.of(after)
    recorded, wanted = wire_body(base), wire_body(ours)
    for name, spec in VAPI.items():
        if name in base.fields and name in ours.fields and spec.schemas:
            merged = Merge()
            values = wanted[spec.wire], recorded[spec.wire]
            value = merged.value(spec, name, base.fields[name], ours.fields[name], *values)
            assert merged.kept == merged.lost == []
            assert equivalent(spec, as_read(spec, value), ours.fields[name])
