"""Releasing a record: what changed owners, or never had this owner, is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    DECLARATION,
    MINIMAL,
    ORG,
    UUID,
    Clock,
    FlakyApi,
    failure,
    program_inputs,
    settings,
    wire_record,
)
from vapi_provider.api.client import VapiClient
from vapi_provider.deployment.facts import StateFacts
from vapi_provider.journal.operation import Event
from vapi_provider.lifecycle.ownership import NAMED
from vapi_provider.lifecycle.session import Session
from vapi_provider.provider import PhoneNumberProvider

OTHER = "acme/shop/dev/VapiPhoneNumber/other"
CHILD = "acme/shop/dev/VapiPhoneNumber~0a1b2c3d/support"
OUTS = {**program_inputs(name="Main", **MINIMAL["vapi"]), "org_id": ORG, "number": "+14155550123"}
DELETE = f"DELETE /phone-number/{UUID}"


def run(api: FlakyApi, journal: Path, clock: Clock | None = None, **facts: Any) -> Any:
    """A new run on `api`, of which the preflight knows `facts`."""
    time = clock or Clock()
    made = PhoneNumberProvider()
    client = VapiClient(api.transport(time))
    known = StateFacts(**facts)
    made.attach_session(Session(settings(journal=journal), client, time.sleep, time, facts=known))
    return made


@pytest.fixture
def api() -> FlakyApi:
    """An account with one number."""
    return FlakyApi(wire_record(name="Main"))


def news(declaration: str = DECLARATION, **more: Any) -> dict[str, Any]:
    """What the program declares of it."""
    return program_inputs(declaration=declaration, name="Main", **MINIMAL["vapi"], **more)


@pytest.mark.parametrize("spelled", [UUID, UUID.upper()])
def test_an_adopted_record_is_not_released(api: FlakyApi, journal: Path, spelled: str) -> None:
    """Whatever the keys and the case: what a run adopted stays, and the next run has it."""
    working = run(api, journal)
    inputs = working.check({}, news(OTHER, adopt_id=spelled)).inputs
    made = working.create(inputs)
    assert made.id == UUID
    working.delete(UUID, OUTS)
    assert DELETE not in api.sent
    later = run(api, journal)
    later.delete(UUID, {**OUTS, "declaration": OTHER})
    assert DELETE in api.sent


def test_a_record_that_is_only_named_stays_in_the_state(api: FlakyApi, journal: Path) -> None:
    """Before an adoption, and after it has failed, a deletion is refused in one line."""
    working = run(api, journal)
    inputs = working.check({}, news(OTHER, adopt_id=UUID)).inputs
    assert "'other' names" in failure(working.delete, UUID, OUTS)
    failure(working.create, {**inputs, "number_desired_area_code": "212"})
    assert "'other' names" in failure(working.delete, UUID, OUTS)
    assert DELETE not in api.sent


def test_an_adopter_that_the_program_declares_later_is_waited_for(
    api: FlakyApi, journal: Path
) -> None:
    """A deletion before its replacement waits until the engine checks no further resource."""

    class Later(Clock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.slept) == 3:
                working.check({}, news(OTHER, adopt_id=UUID))

    working = run(api, journal, Later())
    inputs = working.check(news(), {**news(), "number_desired_area_code": "212"}).inputs
    assert working.diff(UUID, OUTS, inputs).replaces
    working.check({}, {**news(), "number_desired_area_code": "212"})
    assert "'other' names" in failure(working.delete, UUID, OUTS)
    assert DELETE not in api.sent


def test_a_resource_that_adopts_its_own_record_again_keeps_it(api: FlakyApi, journal: Path) -> None:
    """A forced replacement, deleted first, with `adopt_id` still written: the record stays."""
    working = run(api, journal)
    inputs = working.check({}, news(adopt_id=UUID)).inputs
    working.delete(UUID, OUTS)
    assert working.create(inputs).id == UUID
    assert DELETE not in api.sent


def test_a_record_of_another_resource_of_the_state_is_kept(
    api: FlakyApi, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the state holds twice is kept with a warning, and released with its last holder."""
    working = run(api, journal, holders={UUID.upper(): (DECLARATION, DECLARATION)})
    working.delete(UUID, OUTS)
    assert "not released, because it is also recorded for" in capsys.readouterr().err
    assert DELETE not in api.sent
    working.delete(UUID, OUTS)
    assert DELETE in api.sent


def test_what_the_journal_says_is_kept_with_a_warning(
    api: FlakyApi, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An adoption in an earlier run counts; the warning names who holds the number."""
    run(api, journal).create(news(OTHER, adopt_id=UUID))
    run(api, journal).delete(UUID, OUTS)
    assert "it is also recorded for 'other'" in capsys.readouterr().err
    assert DELETE not in api.sent


def test_an_old_row_of_this_stack_gives_way_to_what_the_state_says(
    api: FlakyApi, journal: Path
) -> None:
    """Where the preflight has read the state, a resource that is not in it holds nothing."""
    run(api, journal).create(news(OTHER, adopt_id=UUID))
    run(api, journal, holders={UUID: (DECLARATION,)}).delete(UUID, OUTS)
    assert DELETE in api.sent


def test_the_older_form_of_a_key_is_the_same_resource(api: FlakyApi, journal: Path) -> None:
    """A child's record under its key without the hash keeps nothing from being released."""
    run(api, journal).create(news(adopt_id=UUID))
    run(api, journal).delete(UUID, {**OUTS, "declaration": CHILD})
    assert DELETE in api.sent


def test_a_record_that_a_declared_resource_keeps_is_not_released(
    api: FlakyApi, journal: Path
) -> None:
    """Two resources of one key hold one record: removing one leaves it to the other."""
    working = run(api, journal)
    inputs = working.check(news(), news()).inputs
    working.diff(UUID, OUTS, inputs)
    working.delete(UUID, OUTS)
    assert DELETE not in api.sent


def test_a_key_that_is_recorded_in_its_old_form_stays(api: FlakyApi, journal: Path) -> None:
    """A child of a component keeps the key and the name that an earlier version recorded."""
    working = run(api, journal)
    recorded = {**program_inputs(**MINIMAL["vapi"]), "name": "shop/dev/support"}
    inputs = working.check(recorded, program_inputs(declaration=CHILD, **MINIMAL["vapi"])).inputs
    assert inputs == recorded
    assert not working.diff(UUID, {**OUTS, **recorded}, inputs).changes
    fresh = working.check({}, program_inputs(declaration=CHILD, **MINIMAL["vapi"])).inputs
    assert fresh["declaration"] == CHILD
    assert fresh["name"] == "shop/dev/support~0a1b2c3d"


@pytest.mark.parametrize("key", [DECLARATION, CHILD])
def test_a_forced_replacement_buys_and_releases(
    journal: Path, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two checks and no diff: warned of by name, bought although the old one has the name."""
    api = FlakyApi()
    first = run(api, journal)
    old = first.create(first.check({}, program_inputs(declaration=key, **MINIMAL["vapi"])).inputs)
    working = run(api, journal)
    working._session.journal.finish_intents([old.id])
    working.check(old.outs, program_inputs(declaration=key, **MINIMAL["vapi"]))
    inputs = working.check({}, program_inputs(declaration=key, **MINIMAL["vapi"])).inputs
    assert "'support' will be replaced because the engine was told to" in capsys.readouterr().err
    made = working.create(inputs)
    working.delete(old.id, old.outs)
    assert list(api.records) == [made.id] != [old.id]


def test_a_forced_replacement_is_counted_before_anything_is_bought(journal: Path) -> None:
    """With `maxReleases` 0 the second check is refused; the facts of a taint do the same."""
    for known in (StateFacts(), StateFacts(replacing=frozenset({DECLARATION}))):
        api = FlakyApi(wire_record(name="Main"))
        made = PhoneNumberProvider()
        made.attach_session(
            Session(settings(max_releases=0), VapiClient(api.transport()), facts=known)
        )
        if not known.replacing:
            made.check(news(), news())
        assert "maxReleases" in failure(made.check, {}, news())
        assert api.sent == []


def test_what_the_program_holds_under_the_other_form_is_no_clash(journal: Path) -> None:
    """A child is bought beside the number of its name that a declared resource has."""
    api = FlakyApi(wire_record(name="shop/dev/support"))
    working = run(api, journal)
    inputs = working.check(
        program_inputs(name="shop/dev/support", **MINIMAL["vapi"]),
        program_inputs(**MINIMAL["vapi"]),
    )
    outs = {**OUTS, "name": "shop/dev/support"}
    working.diff(UUID, outs, inputs.inputs)
    child = working.check({}, program_inputs(declaration=CHILD, **MINIMAL["vapi"])).inputs
    assert working.create(child).id != UUID


def test_what_nobody_holds_under_the_other_form_is_refused(journal: Path) -> None:
    """A number that was moved into a component is not bought again; the hint says both ways."""
    api = FlakyApi()
    first = run(api, journal)
    old = first.create(first.check({}, program_inputs(**MINIMAL["vapi"])).inputs)
    first._session.journal.finish_intents([old.id])
    working = run(api, journal)
    child = working.check({}, program_inputs(declaration=CHILD, **MINIMAL["vapi"])).inputs
    text = failure(working.create, child)
    for words in (old.id, "pulumi.ROOT_STACK_RESOURCE", "depends_on", "another name"):
        assert words in text
    assert api.sent.count("POST /phone-number") == 1


def test_another_kind_is_replaced_because_of_provider(api: FlakyApi, journal: Path) -> None:
    """A record of another kind, which an alias brings, is never PATCHed."""
    working = run(api, journal)
    twilio = program_inputs("twilio", name="Main", **MINIMAL["twilio"])
    inputs = working.check(news(), twilio).inputs
    found = working.diff(UUID, OUTS, inputs)
    assert found.replaces == ["provider"]


@pytest.mark.parametrize("name", [{}, {"name": "Main"}])
@pytest.mark.parametrize("delete_first", [False, True])
def test_a_replacement_comes_after_one_whose_deletion_failed(
    journal: Path, delete_first: bool, name: dict[str, str]
) -> None:
    """What waits for its deletion stands in no way; what is newer than the recorded one does."""
    api = FlakyApi()

    def declared(code: str) -> dict[str, Any]:
        return program_inputs(number_desired_area_code=code, **name)

    def replace(recorded: Any, old: str, new: str, minute: int) -> Any:
        api.created = {
            "createdAt": f"2026-03-26T15:{minute}:00.000Z",
            "number": f"+1{new}5550123",
        }
        working = run(api, journal)
        working.check(declared(old), declared(new))
        assert working.diff(recorded.id, recorded.outs, declared(new)).replaces
        if delete_first and len(api.records) > 1:
            working.delete(recorded.id, recorded.outs)
        made = working.create(working.check({}, declared(new)).inputs)
        working._session.journal.finish_intents([made.id])
        return made

    api.created = {"createdAt": "2026-03-26T15:10:00.000Z", "number": "+14155550123"}
    working = run(api, journal)
    first = working.create(working.check({}, declared("415")).inputs)
    working._session.journal.finish_intents([first.id])
    second = replace(first, "415", "212", 20)
    third = replace(second, "212", "646", 30)
    assert first.id in api.records  # Its deletion failed each time.
    # The state from before the last replacement is restored.
    assert third.id in failure(replace, second, "212", "415", 40)


def test_what_the_program_names_is_kept_before_the_engine_says_so(
    api: FlakyApi, journal: Path
) -> None:
    """A resource may depend on the one that is deleted first, or not be targeted at all."""
    working = run(api, journal)
    working._session.ownership._events.publish(Event(NAMED, UUID, OTHER))
    assert "'other' names" in failure(
        working.delete, UUID.upper(), {**OUTS, "declaration": DECLARATION}
    )
    assert list(api.records) == [UUID]


def test_what_a_resource_names_itself_is_released_with_it(api: FlakyApi, journal: Path) -> None:
    """`adopt_id` may stay in the program: its own record goes where the engine deletes it."""
    working = run(api, journal)
    working._session.ownership._events.publish(Event(NAMED, UUID, DECLARATION))
    working.delete(UUID, OUTS)
    assert not api.records


def test_what_the_program_names_and_a_state_holds_leaves_the_state(
    api: FlakyApi, journal: Path
) -> None:
    """The adoption happened in an earlier run: the other resource has the record."""
    working = run(api, journal, holders={UUID: (DECLARATION, OTHER)})
    working._session.ownership._events.publish(Event(NAMED, UUID, OTHER))
    working.delete(UUID, OUTS)
    assert list(api.records) == [UUID]
