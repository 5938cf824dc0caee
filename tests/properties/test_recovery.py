"""Whatever a killed run had under way: what was made is kept, once, and nothing of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from tests.support.deployments import (
    NEWER,
    OLDER,
    creating,
    deployment,
    intent_of,
    record,
    resource,
    urn,
)
from tests.support.strategies import any_declaration
from vapi_provider.deployment.exported import ids_in
from vapi_provider.journal.intents import Intent
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.recovery.creations import NONE
from vapi_provider.recovery.pending import Resolution, resolve_pending


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


@dataclass
class History:
    """A state with live resources beside pending creations, and what really happened.

    `created` has the record of each pending creation by URN, and `NONE` for one that created none.
    `left_over` are records of creations that a later run completed with another record.
    """

    state: dict[str, Any]
    records: list[PhoneNumberRecord] = field(default_factory=list[PhoneNumberRecord])
    intents: dict[str, Intent] = field(default_factory=dict[str, Intent])
    created: dict[str, str] = field(default_factory=dict[str, str])
    left_over: dict[str, str] = field(default_factory=dict[str, str])

    def resolve(self, chosen: dict[str, str]) -> Resolution:
        return resolve_pending(self.state, self.records, chosen=chosen, intents=self.intents)


AFTER = "2026-03-26T15:43:20.000Z"
BEFORE = "2026-03-26T15:43:14.000Z"


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Creations that were made, lost, completed by a later run, or replacing a live record.

    Few names are explicit and equal, so that several resources could have made a record.
    """
    fates = ["made", "lost", "completed", "replacing"]
    history = History(deployment(pending=[]))
    for at in range(draw(st.integers(1, 5))):
        called, id_ = f"line-{at}", f"new-{at}"
        fields = {"name": draw(st.sampled_from([f"shop/dev/{called}", "the line"]))}
        fate = draw(st.sampled_from(fates))
        history.state["pending_operations"].append(creating(called, **fields))
        history.created[urn(called)] = NONE
        if fate in ("completed", "replacing"):
            held = resource(called, f"held-{at}", **fields)
            time = OLDER if fate == "replacing" else draw(st.sampled_from([BEFORE, AFTER]))
            held["outputs"]["created_at"] = time
            history.state["resources"].append(held)
            history.records.append(record(f"held-{at}", **fields, createdAt=time))
            if time == AFTER and draw(st.booleans()):
                history.left_over[urn(called)] = id_
                history.records.append(record(id_, **fields))
        if fate in ("made", "replacing"):
            history.created[urn(called)] = id_
            history.records.append(record(id_, **fields))
            if draw(st.booleans()):
                history.intents |= intent_of(called, made=id_, **fields)
    history.records = draw(st.permutations(history.records))
    return history


@given(histories())
def test_whoever_answers_truthfully_loses_and_buys_nothing(history: History) -> None:
    """Each record ends where it was made, and a resource that is complete gets none of another."""
    chosen: dict[str, str] = {}
    held = ids_in(history.state)
    times = {item.id: item.created_at for item in history.records}
    while (resolution := history.resolve(chosen)).open:
        for decision in resolution.open:
            # A record is offered beside a live one only if no unfinished creation may have it.
            rivals = {
                id_ for other in resolution.open if other.live is None for id_ in other.candidates
            }
            assert decision.live is None or rivals.isdisjoint(decision.candidates)
            # A record that is older than the live one was not made to replace it.
            since = times[decision.live] if decision.live else OLDER
            assert any(times[id_] >= since for id_ in decision.candidates)
        asked = resolution.open[0]
        event("asked beside a live record" if asked.live else "asked")
        truth = history.created[asked.urn]
        assert truth in (NONE, *asked.candidates)
        chosen[asked.urn] = truth
    for decision in resolution.decisions:
        truth = history.created[decision.urn]
        assert (decision.record or NONE) == truth
        if decision.urn not in chosen and decision.urn in history.left_over:
            assert history.left_over[decision.urn] in decision.candidates
    after = [item["id"] for item in resolution.deployment["resources"] if "/vapi:" in item["urn"]]
    waiting = {item.record for item in resolution.decisions if item.outcome == "waiting"}
    purchased = {id_ for id_ in history.created.values() if id_ != NONE}
    assert len(after) == len(set(after))
    assert held <= set(after)
    assert set(after) | waiting == held | purchased
