"""Whatever a killed run had under way: what was made is kept, once, and nothing of others."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.deployments import NEWER, OLDER, deployment, record, resource
from tests.support.strategies import any_declaration
from vapi_provider.deployment.exported import ids_in
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.recovery.pending import resolve_pending


@st.composite
def interruptions(draw: st.DrawFn) -> tuple[dict[str, Any], list[PhoneNumberRecord], set[str]]:
    """A state, an account, and the ids that the killed run has made of this state's."""
    # Few different ones, so that several resources often look the same.
    pool = draw(st.lists(any_declaration(), min_size=1, max_size=2))
    bodies = draw(st.lists(st.sampled_from(pool), min_size=2, max_size=6))
    fates = draw(st.lists(st.sampled_from(["held", "made", "lost"]), min_size=6, max_size=6))
    held: list[dict[str, Any]] = []
    pending: list[dict[str, Any]] = []
    records = [record("somebody's", name="by hand", createdAt=OLDER)]
    ours: set[str] = set()
    for at, (body, fate) in enumerate(zip(bodies, fates, strict=False)):
        kind = KINDS[body["provider"]]
        fields = {**body, "declaration": f"acme/shop/dev/{kind.class_name}/line-{at}"}
        fields["name"] = draw(st.sampled_from([f"shop/dev/line-{at}", "the line"]))
        one = resource(f"line-{at}", f"id-{at}" if fate == "held" else None, **fields)
        (held if fate == "held" else pending).append(
            one if fate == "held" else {"type": "creating", "resource": one}
        )
        if fate != "lost":
            wire = kind.create.model.model_validate(
                {name: one["inputs"][name] for name in ("provider", *kind.fields)
                 if name in one["inputs"]}, by_name=True, by_alias=False,
            ).to_wire()  # fmt: skip
            code = wire.pop("numberDesiredAreaCode", "415")
            number = {"number": f"+1{code}555{at:04}"} if kind.provider == "vapi" else {}
            made = {"kind": kind.provider, "createdAt": NEWER, **number, **wire}
            records.append(record(f"id-{at}", **made))
            ours |= {f"id-{at}"} if fate == "made" else set()
    return deployment(*held, pending=pending), draw(st.permutations(records)), ours


@given(interruptions())
def test_every_made_record_ends_in_the_state_once(
    case: tuple[dict[str, Any], list[PhoneNumberRecord], set[str]],
) -> None:
    """Whatever was under way: all that was made is in the state or listed, nothing else, once."""
    before, records, made = case
    resolution = resolve_pending(before, records)
    ids = [one["id"] for one in resolution.deployment["resources"] if one["urn"].find("/vapi:") > 0]
    listed = {id_ for one in resolution.open for id_ in one.candidates}
    assert len(ids) == len(set(ids))
    assert ids_in(before) | made <= set(ids) | listed
    assert set(ids) <= ids_in(before) | made
    again = resolve_pending(resolution.deployment, records)
    assert not again.decisions
    assert again.deployment == resolution.deployment
