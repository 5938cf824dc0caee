"""Whole declarations: valid ones are taken and survive the wire, a slip is named by its path."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi.output import Unknown

from tests.support.builders import wire_record
from tests.support.strategies import Fields, Steps, any_declaration, bounds, objects, spots
from vapi_provider.models.advice import advice
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.equality import equivalent
from vapi_provider.reconcile.plan import NoChange, plan
from vapi_provider.reconcile.properties import Desired, normalize
from vapi_provider.reconcile.request_body import wire_body
from vapi_provider.reconcile.secrecy import secrets_in
from vapi_provider.reconcile.state_merge import merge_for_state
from vapi_provider.reconcile.validation import problems

whole = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)


def found(fields: Mapping[str, Any]) -> list[str]:
    """What the preview has against a declaration."""
    return problems(Desired.of(fields), fields, exists=False)


def spelled(steps: Steps) -> str:
    """A path as a person writes it."""
    texts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(texts).removeprefix(".")


def changed(fields: Fields, steps: Steps, *value: Any) -> Fields:
    """The fields with the value at `steps` set, or without a value taken away."""
    fields = copy.deepcopy(fields)
    holder: Any = fields
    *way, last = steps
    for step in way:
        holder = holder[step]
    if value:
        holder[last] = value[0]
    else:
        del holder[last]
    return fields


def slips(fields: Fields) -> Iterator[tuple[str, Steps, Fields]]:
    """Every way in which a valid declaration is broken at one place: what, where, the result."""
    root = KINDS[fields["provider"]].create
    for steps, _ in objects(root, fields):
        yield "unknown key", (*steps, "zzz"), changed(fields, (*steps, "zzz"), "x")
    for spot in spots(root, fields):
        if spot.steps == ("provider",):
            continue
        item = isinstance(spot.steps[-1], int)
        if spot.spec.required and not item:
            yield "dropped", spot.steps, changed(fields, spot.steps)
        yield "wrong type", spot.steps, changed(fields, spot.steps, object)
        info = spot.schema.model.model_fields[spot.spec.name]
        if get_origin(info.annotation) is Literal:
            assert "zzz" not in get_args(info.annotation)
            yield "wrong word", spot.steps, changed(fields, spot.steps, "zzz")
        least, most = bounds(info.metadata)
        value: Any = fields
        for step in spot.steps:
            value = value[step]
        if item or value is None:
            continue
        if isinstance(value, str):
            if most:
                yield "too long", spot.steps, changed(fields, spot.steps, "4" * (most + 1))
            if least:
                yield "too short", spot.steps, changed(fields, spot.steps, "4" * (least - 1))
        elif isinstance(value, float):
            if most is not None:
                yield "too much", spot.steps, changed(fields, spot.steps, most + 0.5)
            if least is not None:
                yield "too little", spot.steps, changed(fields, spot.steps, least - 0.5)


@whole
@given(any_declaration())
def test_a_valid_declaration_has_no_problems(fields: Fields) -> None:
    """Whatever the vocabulary allows is taken, for a new record and for one that exists."""
    assert found(fields) == []
    assert problems(Desired.of(fields), fields, exists=True) == []


@whole
@given(any_declaration())
def test_a_declaration_survives_the_wire(fields: Fields) -> None:
    """Sent, answered and read back it means the same, is recorded as declared, needs no change."""
    desired = Desired.of(normalize(fields))
    body = json.loads(json.dumps(wire_body(desired)))
    record = PhoneNumberRecord.read(wire_record(fields["provider"], **body))
    specs = desired.kind.fields
    for name, spec in specs.items():
        if name != "number" or name in desired.fields:
            assert equivalent(spec, desired.fields.get(name), record.fields.get(name)), name
    echoed = {name: value for name, value in record.fields.items() if name in desired.fields}
    assert merge_for_state(specs, desired.fields, echoed) == dict(desired.fields)
    assert plan(desired.kind, echoed, desired.fields) == NoChange()


@whole
@given(any_declaration(), st.data())
def test_a_single_slip_is_named_by_its_path(fields: Fields, data: st.DataObject) -> None:
    """A dropped, mistyped, misspelled or unbounded value is one problem, at exactly its path."""
    for what, steps, broken in data.draw(st.permutations(list(slips(fields))))[:25]:
        lines = found(broken)
        assert [line.partition(": ")[0] for line in lines] == [spelled(steps)], (what, lines)


@whole
@given(any_declaration(), st.data())
def test_what_is_unknown_is_never_a_problem(fields: Fields, data: st.DataObject) -> None:
    """A value that preview does not know yet, at any depth, is no problem and no one else's."""
    root = KINDS[fields["provider"]].create
    at = [spot.steps for spot in spots(root, fields) if spot.steps != ("provider",)]
    for steps in data.draw(st.permutations(at))[:25]:
        hidden = changed(fields, steps, Unknown())
        assert found(hidden) == [], spelled(steps)


@whole
@given(any_declaration(), st.data())
def test_advice_bears_what_is_unknown(fields: Fields, data: st.DataObject) -> None:
    """Placeholders at any depth break no rule, and no rule says more of one than of the value."""
    kind = KINDS[fields["provider"]]
    at = [spot.steps for spot in spots(kind.create, fields) if spot.steps != ("provider",)]
    for steps in data.draw(st.permutations(at))[:10]:
        for line in advice(kind, changed(fields, steps, Unknown()), "us"):
            assert "Unknown" not in line


@whole
@given(any_declaration(), st.data())
def test_no_secret_is_in_a_message(fields: Fields, data: st.DataObject) -> None:
    """Whatever is wrong, and whatever is advised, no text holds a secret's value."""
    desired = Desired.of(normalize(fields))
    secrets = set(secrets_in(desired.kind.fields, desired.fields))
    broken = [result for _, _, result in data.draw(st.permutations(list(slips(fields))))[:25]]
    shown = [line for result in broken for line in found(result)]
    shown += advice(desired.kind, fields, "us")
    assert not [line for line in shown for secret in secrets if secret in line]
