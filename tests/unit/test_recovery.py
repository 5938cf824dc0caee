"""What a killed engine left pending in a state, resolution against what the account holds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.builders import ORG
from tests.support.deployments import (
    NEWER,
    OLDER,
    PLUGIN,
    SECRET,
    creating,
    deployment,
    intent_of,
    record,
    resource,
    urn,
)
from vapi_provider.deployment.exported import ids_in
from vapi_provider.errors import OwnershipError
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.resource_key import resource_key
from vapi_provider.recovery.pending import Resolution, resolve_pending


def outcomes(resolution: Resolution) -> list[tuple[str, str, str | None]]:
    """Of each decision the resource, what becomes of it, and the record."""
    return [(one.resource, one.outcome, one.record) for one in resolution.decisions]


def beside_a_live_one() -> dict[str, Any]:
    """A state that holds `a`, with pending creations of `a` and of its twin `b`."""
    pending = [creating(name, name="line") for name in ("a", "b")]
    return deployment(resource("a", "held", name="line"), pending=pending)


def test_what_was_made_goes_into_the_state() -> None:
    """The resource gets its id and outputs, and what was encrypted stays as it was."""
    fields = {"sip_uri": "sip:a@b", "authentication": {"username": "u", "password": SECRET}}
    before = deployment(pending=[creating("a", **fields)])
    text = json.dumps(before)
    shown = {"sipUri": "sip:a@b", "number": None, "authentication": {"username": "u"}}
    resolution = resolve_pending(before, [record("x"), record("it", "a", **shown)])
    assert outcomes(resolution) == [("a", "made", "it")]
    made = resolution.deployment["resources"][-1]
    assert made["id"] == "it"
    assert made["outputs"]["authentication"]["password"] == SECRET
    assert made["outputs"] == {**made["inputs"], "status": "active", "org_id": ORG,
                               "created_at": NEWER}  # fmt: skip
    assert "pending_operations" not in resolution.deployment
    assert json.dumps(before) == text


def test_what_was_not_made_is_dropped() -> None:
    """Without a record the operation goes, nothing else changes, and a later look may differ."""
    before = deployment(resource("a", "one"), pending=[creating("b")])
    resolution = resolve_pending(before, [record("one", "a"), record("other", name="b")])
    assert outcomes(resolution) == [("b", "not made", None)]
    assert resolution.deployment["resources"] == before["resources"]
    assert resolution.may_change


def test_an_explicit_name_is_known_by_every_field() -> None:
    """Without an automatic name all declared fields must be the same, and nothing more be there."""
    before = deployment(pending=[creating("a", name="line", squad_id="s")])
    wrong = [
        record("1", name="line"),
        record("2", name="line", squadId="s", workflowId="w"),
        record("3", name="line", squadId="s", kind="telnyx"),
    ]
    assert outcomes(resolve_pending(before, wrong)) == [("a", "not made", None)]
    right = record("4", name="line", squadId="s")
    assert outcomes(resolve_pending(before, [*wrong, right])) == [("a", "unclear", None)]
    intents = intent_of("a", name="line", squad_id="s")
    assert outcomes(resolve_pending(before, [*wrong, right], intents=intents)) == [
        ("a", "made", "4")
    ]


def test_what_is_encrypted_as_a_whole_is_left_out() -> None:
    """A field that cannot be read neither proves nor denies that a record is the one."""
    fields = {"name": "line", "hooks": SECRET, "server": {"url": SECRET}}
    before = deployment(pending=[creating("a", **fields)])
    shown = {"hooks": [{"on": "call.ending"}], "server": {"url": "https://a.example"}}
    resolution = resolve_pending(before, [record("1", name="line", **shown)])
    assert resolution.open[0].candidates == ("1",)
    assert outcomes(resolve_pending(before, [record("1", name="two", **shown)])) == [
        ("a", "not made", None)
    ]


def test_several_candidates_are_unclear() -> None:
    """With more records than operations nothing is decided, until a person does."""
    before = deployment(pending=[creating("a", name="line")])
    found = [record("1", name="line"), record("2", name="line")]
    resolution = resolve_pending(before, found)
    assert outcomes(resolution) == [("a", "unclear", None)]
    assert resolution.open[0].candidates == ("1", "2")
    chosen = resolve_pending(before, found, chosen={urn("a"): "2"})
    assert outcomes(chosen) == [("a", "made", "2")]
    assert outcomes(resolve_pending(before, found, chosen={urn("a"): "none"})) == [
        ("a", "not made", None)
    ]
    with pytest.raises(OwnershipError, match="3 cannot be taken as a"):
        resolve_pending(before, found, chosen={urn("a"): "3"})


def test_one_record_is_not_chosen_twice() -> None:
    """A person's choice gives one record to one resource, and leaves the others the rest."""
    before = deployment(pending=[creating("a", name="line"), creating("b", name="line")])
    found = [record("1", name="line"), record("2", name="line")]
    resolution = resolve_pending(before, found, chosen={urn("b"): "1"})
    assert outcomes(resolution) == [("a", "unclear", None), ("b", "made", "1")]
    assert resolution.open[0].candidates == ("2",)
    with pytest.raises(OwnershipError, match="1 cannot be taken as b"):
        resolve_pending(before, [record("1", name="line")], chosen={urn("a"): "1", urn("b"): "1"})


def test_several_killed_runs_of_one_resource() -> None:
    """The last creation counts; what only an earlier one could have made is left to a person."""
    same = deployment(pending=[creating("a"), creating("a")])
    assert outcomes(resolve_pending(same, [record("1", "a")])) == [("a", "made", "1")]
    renamed = deployment(pending=[creating("a", name="old"), creating("a", name="new")])
    assert outcomes(resolve_pending(renamed, [record("1", name="new")])) == [("a", "unclear", None)]
    resolution = resolve_pending(renamed, [record("1", name="old"), record("2", name="new")])
    assert outcomes(resolution) == [("a", "unclear", None)]
    assert set(resolution.open[0].candidates) == {"1", "2"}


def test_a_chosen_name_without_an_intent_is_never_taken() -> None:
    """A name that people chose may be another stack's: without an intent a person decides."""
    before = deployment(pending=[creating(name, name="line") for name in ("a", "b")])
    resolution = resolve_pending(before, [record("1", name="line")])
    assert [one[1] for one in outcomes(resolution)] == ["unclear", "unclear"]
    assert outcomes(resolve_pending(before, [])) == [
        ("a", "not made", None),
        ("b", "not made", None),
    ]


def test_an_intent_says_what_was_there_before() -> None:
    """Nothing that the account showed before the POST, or soon after another's, is taken."""
    before = deployment(pending=[creating("a", name="line")])
    theirs = record("theirs", name="line", createdAt=OLDER)
    intents = intent_of("a", since=OLDER, known=["theirs"], name="line")
    assert outcomes(resolve_pending(before, [theirs], intents=intents)) == [("a", "not made", None)]
    late = record("late", name="line", createdAt="2026-03-26T15:53:16.145Z")
    assert outcomes(resolve_pending(before, [late], intents=intents)) == [("a", "unclear", None)]
    own = record("own", name="line")
    assert outcomes(resolve_pending(before, [theirs, own], intents=intents)) == [
        ("a", "made", "own")
    ]


@pytest.mark.parametrize("name", ["line", None])
def test_a_childs_purchase_is_known_like_any_other(name: str | None) -> None:
    """The hash of its parent in a key hides nothing of what an intent created."""
    child = resource_key("acme/shop/dev", "VapiPhoneNumber", "a", "urn:pulumi:dev::shop::o:T::t")
    operation = creating("a")
    shown = name or automatic_name(child)
    operation["resource"]["inputs"] |= {"declaration": child, "name": shown}
    (intent,) = intent_of("a", name=shown, number_desired_area_code="415").values()
    intents = {child: replace(intent, key=child)}
    records = [record("own", name=shown), record("other", name="other")]
    whole = resolve_pending(deployment(pending=[operation]), records, intents=intents)
    assert outcomes(whole) == [("a", "made", "own")]


def test_an_answer_in_the_journal_is_the_record() -> None:
    """The id that the journal knows is the record, however it was edited since."""
    before = deployment(pending=[creating("a", name="line")])
    intents = intent_of("a", made="2", name="line")
    records = [record("1", name="line"), record("2", name="edited")]
    assert outcomes(resolve_pending(before, records, intents=intents)) == [("a", "made", "2")]
    held = resolve_pending(before, records, intents=intents, held_elsewhere=["2"])
    assert outcomes(held) == [("a", "held elsewhere", "2")]
    assert outcomes(resolve_pending(before, [records[0]], intents=intents)) == [
        ("a", "not made", None)
    ]


@pytest.mark.parametrize("made", [OLDER, "2026-03-26T15:42:00Z", "some day"])
def test_what_is_older_than_the_state_is_not_taken(made: str) -> None:
    """A record from before this state's first run is another's, whatever it is called."""
    before = deployment(pending=[creating("a")])
    resolution = resolve_pending(before, [record("theirs", "a", createdAt=made)])
    assert outcomes(resolution) == [("a", "unclear", None)]
    assert resolution.open[0].candidates == ("theirs",)


def test_what_is_older_than_the_run_is_not_taken() -> None:
    """A record from hours before the state was written is another's."""
    before = deployment(pending=[creating("a")])
    del before["resources"][0]["created"]
    assert outcomes(resolve_pending(before, [record("it", "a")])) == [("a", "made", "it")]
    before["manifest"]["time"] = "2026-03-26T18:43:12Z"
    assert outcomes(resolve_pending(before, [record("it", "a")])) == [("a", "unclear", None)]


def test_what_another_state_holds_is_not_taken() -> None:
    """Ids of other states, and of resources that are only read, are nobody else's."""
    before = deployment({**resource("read", "2"), "external": True}, pending=[creating("a")])
    resolution = resolve_pending(before, [record("1", "a"), record("2", "a")], held_elsewhere=["1"])
    assert outcomes(resolution) == [("a", "not made", None)]


def test_a_get_of_a_lost_record_proves_nothing() -> None:
    """A record that the program only reads is still what the journal says was bought."""
    before = deployment({**resource("read", "2"), "external": True}, pending=[creating("a")])
    intents = intent_of("a", made="2", name="line")
    assert outcomes(resolve_pending(before, [record("2")], intents=intents)) == [("a", "made", "2")]


def test_a_replacement_waits_beside_the_live_one() -> None:
    """The new record stays out of the state, where `up` would release the live number for it."""
    old, child = resource("a", "old"), {**resource("b", "two"), "dependencies": [urn("a")]}
    before = deployment(old, child, pending=[creating("a")])
    resolution = resolve_pending(before, [record("old", "a", createdAt=OLDER), record("new", "a")])
    assert outcomes(resolution) == [("a", "waiting", "new")]
    assert resolution.deployment["resources"] == before["resources"]
    assert "pending_operations" not in resolution.deployment


def test_a_record_stands_behind_what_it_needs() -> None:
    """Where the new resource depends on a later one, it comes after that."""
    old = {**resource("a", "old"), "pendingReplacement": True}
    new = creating("a")
    new["resource"]["propertyDependencies"] = {"squad_id": [urn("b")]}
    resolution = resolve_pending(
        deployment(old, resource("b", "two"), pending=[new]), [record("new", "a")]
    )
    assert [one.get("id") for one in resolution.deployment["resources"][2:]] == ["two", "new"]


def test_an_older_twin_does_not_replace_what_is_held() -> None:
    """A record from before the one that the state holds is a leftover, never its successor."""
    before = deployment(resource("a", "held"), pending=[creating("a")])
    before["resources"][2]["outputs"]["created_at"] = "2026-03-26T15:43:20Z"
    resolution = resolve_pending(before, [record("held", name="x"), record("twin", "a")])
    assert outcomes(resolution) == [("a", "not made", None)]
    (decision,) = resolution.decisions
    assert (decision.live, decision.candidates) == ("held", ("twin",))


def test_a_completed_creation_leaves_a_record_to_an_unfinished_one() -> None:
    """A record is offered to the resource that has none first, then as a replacement."""
    before = beside_a_live_one()
    records = [record("held", name="line", createdAt=OLDER), record("new", name="line")]
    asked = resolve_pending(before, records)
    assert outcomes(asked) == [("a", "not made", None), ("b", "unclear", None)]
    assert asked.decisions[1].candidates == ("new",)
    taken = resolve_pending(before, records, chosen={urn("b"): "new"})
    assert outcomes(taken) == [("a", "not made", None), ("b", "made", "new")]
    left = resolve_pending(before, records, chosen={urn("b"): "none"})
    assert outcomes(left) == [("a", "unclear", None), ("b", "not made", None)]
    assert (left.open[0].live, left.open[0].candidates) == ("held", ("new",))


def test_a_completed_creation_is_not_offered_what_an_intent_may_have_created() -> None:
    """While the journal's purchase of another resource is unclear, its record is that one's."""
    before = beside_a_live_one()
    late = record("late", name="line", createdAt="2026-03-26T15:53:16.145Z")
    resolution = resolve_pending(
        before, [late, record("held")], intents=intent_of("b", name="line")
    )
    assert outcomes(resolution) == [("a", "not made", None), ("b", "unclear", None)]


def test_the_journal_names_the_replacement_of_a_live_record() -> None:
    """With an intent the new record waits, although another creation could have made it, too."""
    before = beside_a_live_one()
    records = [record("held", name="line", createdAt=OLDER), record("new", name="line")]
    resolution = resolve_pending(before, records, intents=intent_of("a", made="new", name="line"))
    assert outcomes(resolution) == [("a", "waiting", "new"), ("b", "not made", None)]
    assert ids_in(resolution.deployment) == {"held"}


def test_a_replacement_whose_old_one_is_gone_takes_its_place() -> None:
    """What was deleted first, and waits for its replacement, leaves the state."""
    old = {**resource("a", "old"), "pendingReplacement": True}
    resolution = resolve_pending(deployment(old, pending=[creating("a")]), [record("new", "a")])
    assert [one.get("id") for one in resolution.deployment["resources"][2:]] == ["new"]


def test_other_operations() -> None:
    """What was read, updated or still exists stays; what is deleted leaves; others' are theirs."""
    held = [resource(name, name) for name in ("read", "updated", "stays", "gone")]
    kinds = ["reading", "updating", "deleting", "deleting"]
    pending = [{"type": kind, "resource": one} for kind, one in zip(kinds, held, strict=True)]
    bucket = {"urn": "urn:pulumi:dev::shop::aws:s3:Bucket::b", "type": "aws:s3:Bucket"}
    plugin = {"urn": PLUGIN, "type": "pulumi:providers:pulumi-python"}
    pending += [{"type": "creating", "resource": bucket}, {"type": "creating", "resource": plugin}]
    there = [record(name) for name in ("read", "updated", "stays")]
    resolution = resolve_pending(deployment(*held, pending=pending), there)
    assert [one.outcome for one in resolution.decisions] == [
        "recorded", "recorded", "still there", "gone", "foreign", "recorded",
    ]  # fmt: skip
    assert ids_in(resolution.deployment) == {"read", "updated", "stays"}
    assert [one.urn for one in resolution.open] == [bucket["urn"]]
    assert not resolve_pending(
        deployment(*held, pending=pending), there, chosen={bucket["urn"]: "none"}
    ).open


def test_another_account_settles_nothing() -> None:
    """A key that shows another organization, or nothing, is refused; empty can be confirmed."""
    held = resource("a", "one")
    before = deployment(held, pending=[{"type": "deleting", "resource": held}])
    with pytest.raises(OwnershipError, match="belongs to organization other"):
        resolve_pending(before, [record("x", orgId="other")])
    with pytest.raises(OwnershipError, match=f"VAPI_CONFIRM_EMPTY_ACCOUNT={ORG}"):
        resolve_pending(before, [])
    resolution = resolve_pending(before, [], confirmed_empty=ORG)
    assert outcomes(resolution) == [("a", "gone", "one")]


def test_an_adoption_is_left_to_the_next_run() -> None:
    """What was to be adopted exists anyway: the operation is dropped and nothing is taken."""
    before = deployment(pending=[creating("a", adopt_id="it", name="line")])
    assert outcomes(resolve_pending(before, [record("it", name="line")])) == [
        ("a", "not made", None)
    ]
