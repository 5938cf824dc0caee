"""Records of other resources, runs and backends: no purchase takes them over."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.support.builders import (
    AUTOMATIC_NAME,
    DECLARATION,
    MINIMAL,
    RECORDED,
    UUID,
    FlakyApi,
    failure,
    program_inputs,
    wire_record,
)
from tests.support.builders import provider as new_provider
from tests.support.purchases import POST, LossyApi


def test_nothing_is_taken_over_without_an_intent(journal: Path) -> None:
    """A record with the automatic name that no run here left open could be a colleague's."""
    api = FlakyApi(wire_record(name=AUTOMATIC_NAME))
    text = failure(new_provider(api, journal=journal).create, program_inputs(name=AUTOMATIC_NAME))
    assert UUID in text
    assert POST not in api.sent


def test_another_backends_intent_is_not_ours(journal: Path) -> None:
    """Two states of one stack share no intent, even on one machine."""
    api = FlakyApi()
    news = program_inputs(name=AUTOMATIC_NAME, number_desired_area_code="415")
    made = new_provider(api, journal=journal, backend="file://a").create(news)
    text = failure(new_provider(api, journal=journal, backend="file://b").create, news)
    assert made.id in text
    assert list(api.records) == [made.id]


def test_a_sister_of_the_same_body_is_not_taken(journal: Path) -> None:
    """What a run made and recorded for one resource is never an equal one's left-over."""
    other = DECLARATION.replace("support", "other")
    pool = {"name": "Pool", **MINIMAL["vapi"]}
    api = LossyApi("lost", error=httpx.ReadTimeout("slow"))
    run = new_provider(api, journal=journal)
    failure(run.create, program_inputs(**pool))
    sister = run.create(program_inputs(declaration=other, **pool))
    rerun = new_provider(api, journal=journal)
    rerun.check({}, program_inputs(declaration=other, **pool))
    again = rerun.create(program_inputs(**pool))
    assert again.id != sister.id
    assert set(api.records) == {again.id, sister.id}


def test_what_was_adopted_is_not_taken_over_later(journal: Path) -> None:
    """After `adopt_id` has ended a lost answer, a replacement makes a number and frees the old."""
    news = program_inputs(name="Main", number_desired_area_code="415")
    api = LossyApi("lost", error=httpx.ReadTimeout("slow"))
    failure(new_provider(api, journal=journal).create, news)
    api.records["late"] = {
        **wire_record(id_="late", name="Main"),
        "createdAt": "2030-01-01T00:00:00Z",
    }
    run = new_provider(api, journal=journal)
    adopted = run.create({**news, "adopt_id": "late"})
    assert adopted.id == "late"
    run = new_provider(api, journal=journal)
    after = {**news, "number_desired_area_code": "212"}
    assert run.diff("late", adopted.outs, after).replaces == ["number_desired_area_code"]
    new = run.create(after)
    assert new.id != "late"
    run.delete("late", adopted.outs)
    assert list(api.records) == [new.id]


def test_what_another_run_made_since_the_listing_is_not_taken(journal: Path) -> None:
    """The look after a lost answer asks the journal whose a record is, however old our listing."""
    pool = {"name": "Pool", **MINIMAL["vapi"]}
    sister, first = (DECLARATION.replace("support", name) for name in ("sister", "first"))
    api = LossyApi()
    ours = new_provider(api, journal=journal)
    ours.create(
        program_inputs(declaration=first, name="First", **MINIMAL["vapi"])
    )  # Lists the account.
    other = new_provider(api, journal=journal)
    for declaration in (first, DECLARATION):
        other.check({}, program_inputs(declaration=declaration, **pool))
    theirs = other.create(program_inputs(declaration=sister, **pool))
    ours.check({}, program_inputs(declaration=sister, **pool))
    api.fates = ["lost"]
    made = ours.create(program_inputs(**pool))
    assert made.id != theirs.id
    assert len(api.records) == 3


def test_what_is_closed_stays_anothers(journal: Path) -> None:
    """Who made a record is known to a lost answer's rerun after its intent is closed, too."""
    pool = {"name": "Pool", **MINIMAL["vapi"]}
    sister = DECLARATION.replace("support", "sister")
    api = LossyApi(error=httpx.ReadTimeout("slow"))
    early = new_provider(api, journal=journal)
    early.diff("x", RECORDED, RECORDED)  # Reads the journal, which is empty.
    unlisted = new_provider(api, journal=journal)
    unlisted.create(
        program_inputs(declaration=DECLARATION.replace("support", "a"), name="A", **MINIMAL["vapi"])
    )
    other = new_provider(api, journal=journal)
    other.check({}, program_inputs(declaration=DECLARATION.replace("support", "a"), **pool))
    theirs = other.create(program_inputs(declaration=sister, **pool))
    unlisted.check({}, program_inputs(declaration=sister, **pool))
    api.fates = ["lost"]
    failure(unlisted.create, program_inputs(**pool))
    closing = new_provider(api, journal=journal)
    closing.diff(theirs.id, theirs.outs, program_inputs(declaration=sister, **pool))
    rerun = new_provider(api, journal=journal)
    rerun.check({}, program_inputs(declaration=DECLARATION.replace("support", "a"), **pool))
    again = rerun.create(program_inputs(**pool))
    assert again.id != theirs.id


def test_a_backend_that_was_not_named_then_stops_the_run(journal: Path) -> None:
    """Where it cannot be told whose intent it is, nothing is bought, and a line says what to do."""
    api, news = (
        LossyApi("lost", error=httpx.ReadTimeout("slow")),
        program_inputs(name="Main", **MINIMAL["vapi"]),
    )
    failure(new_provider(api, journal=journal, backend="").create, news)
    text = failure(new_provider(api, journal=journal, backend="s3://b").create, news)
    assert "PULUMI_BACKEND_URL" in text
    assert api.sent.count(POST) == 1


def test_a_slash_is_no_other_backend(journal: Path) -> None:
    """A backend spelled with a slash at its end is the same."""
    api, news = FlakyApi(), program_inputs(name="Main", **MINIMAL["vapi"])
    made = new_provider(api, journal=journal, backend="s3://b").create(news)
    assert new_provider(api, journal=journal, backend="s3://b/").create(news).id == made.id
