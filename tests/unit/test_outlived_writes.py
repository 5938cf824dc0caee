"""Writes of a plugin whose engine has exited: none is sent, and the next run waits for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    DECLARATION,
    KEY,
    RECORDED,
    THERE,
    UUID,
    Clock,
    FlakyApi,
    failure,
    http,
    program_inputs,
    settings,
    wire_record,
)
from vapi_provider.api.client import VapiClient
from vapi_provider.api.retry import WATCH_SECONDS, Retry
from vapi_provider.api.transport import Transport
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import AbandonedError, OwnershipError, UnclearError
from vapi_provider.lifecycle.session import Session
from vapi_provider.lifecycle.waits import MAX_RUN_WAIT_SECONDS, NOTIFY_AFTER_SECONDS
from vapi_provider.lifecycle.writers import Writers
from vapi_provider.provider import PhoneNumberProvider
from vapi_provider.pulumi_sdk.plugin import Failure

OTHER_STACK = "acme/shop/prod/VapiPhoneNumber/support"
DECLARED = program_inputs(name="support", squad_id="s", number_desired_area_code="415")
LATE_SECONDS = 30.0


class Machine:
    """Engines of one machine, and the plugin processes that they have started."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "state" / "journal.sqlite"
        self.engines = {"old", "new"}
        self.clock = Clock()
        self.begun = time.time()
        self.said: list[str] = []
        self.while_waiting: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        """Time passes, and something happens meanwhile."""
        self.clock.sleep(seconds)
        self.while_waiting()

    def writers(self, engine: str, backend: str = "file:///state") -> Writers:
        """The writes of a plugin process that `engine` has started."""
        return Writers(
            self.journal,
            backend,
            engine,
            self.engines.__contains__,
            LATE_SECONDS,
            self.said.append,
            sleep=self.sleep,
            clock=self.clock,
            now=self.now,
        )

    def now(self) -> float:
        """The time of day."""
        return self.begun + self.clock.now

    def provider(self, api: FlakyApi, engine: str) -> Any:
        """A provider in a plugin process that `engine` has started."""
        made = PhoneNumberProvider()
        retry = Retry(self.sleep, self.clock)
        client = VapiClient(Transport(http(api), KEY, retry))
        session = Session(
            settings(journal=self.journal, backend="file:///state"),
            client,
            self.sleep,
            self.clock,
            lambda: engine in self.engines,
            engine,
            self.engines.__contains__,
        )
        made.attach_session(session)
        return made

    def files(self) -> list[str]:
        """What lies beside the journal because of writes."""
        folder = self.journal.parent
        return sorted(name for name in os.listdir(folder) if name.endswith(".writing"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing has run yet."""
    return Machine(tmp_path)


# what a dead engine's plugin sends


@pytest.mark.parametrize("call", ["update", "delete", "create", "adopt"])
@pytest.mark.parametrize("dies", ["before", "after the first try"])
def test_nothing_is_sent_for_a_dead_engine(machine: Machine, call: str, dies: str) -> None:
    """POST, PATCH and DELETE ask for the engine before each try, after any wait before it."""
    api = FlakyApi(THERE)
    working = machine.provider(api, "old")
    methods = {"update": "PATCH", "delete": "DELETE", "create": "POST", "adopt": "PATCH"}
    if dies == "before":
        machine.engines.remove("old")
    else:
        limited = httpx.Response(429, headers={"Retry-After": "5"}, json={})
        record = httpx.Response(200, json=THERE)
        answers: dict[str, list[httpx.Response | Exception]] = {
            "create": [httpx.Response(200, json=[]), limited],
            "adopt": [record, limited],
        }
        api.instead = answers.get(call, [limited])
        machine.while_waiting = lambda: machine.engines.discard("old")
    calls = {
        "update": lambda: working.update(UUID, RECORDED, program_inputs(name="b")),
        "delete": lambda: working.delete(UUID, RECORDED),
        "create": lambda: working.create(program_inputs(name="b")),
        "adopt": lambda: working.create({**program_inputs(name="b"), "adopt_id": UUID}),
    }
    assert "the engine has exited" in failure(calls[call])
    sent = [request for request in api.sent if request.startswith(methods[call])]
    assert len(sent) == (dies != "before")
    assert api.records == {UUID: THERE}


def test_a_long_wait_notices_that_the_engine_is_gone() -> None:
    """A wait of half a minute ends two seconds after the engine, for any method."""
    clock = Clock()

    def watch() -> None:
        if clock.now > 3:
            raise AbandonedError(Message("gone"))

    api = FlakyApi()
    api.instead = [httpx.Response(429, headers={"Retry-After": "30"}, json={})]
    transport = Transport(http(api), KEY, Retry(clock.sleep, clock, watch=watch))
    with pytest.raises(AbandonedError):
        transport.request("GET", "/phone-number")
    assert clock.now <= 3 + WATCH_SECONDS
    assert len(api.requests) == 1


def test_a_wait_in_slices_is_as_long_as_asked_for() -> None:
    """Looking after the engine meanwhile makes no wait shorter or longer."""
    clock = Clock()
    api = FlakyApi()
    api.instead = [httpx.Response(503, headers={"Retry-After": "7"}, json={})]
    transport = Transport(http(api), KEY, Retry(clock.sleep, clock, watch=lambda: None))
    transport.request("GET", "/phone-number", params={"limit": 1})
    assert clock.now == 7


# what the next run waits for


@pytest.mark.parametrize("first", ["diff", "update", "delete", "create", "read"])
def test_the_next_run_waits_for_a_write_under_way(machine: Machine, first: str) -> None:
    """Whatever a run does first, it waits until a write of a killed engine's plugin has ended."""
    old = machine.writers("old")
    api = FlakyApi(THERE, wire_record(id_="other"))
    write = old.writing(DECLARATION, UUID, ["name"])
    write.__enter__()
    machine.engines.remove("old")

    def ends() -> None:
        assert api.sent == []
        if machine.clock.now > 3 and machine.files():
            write.__exit__(None, None, None)
            machine.while_waiting = lambda: None

    machine.while_waiting = ends
    working = machine.provider(api, "new")
    calls = {
        "diff": lambda: working.diff(UUID, RECORDED, DECLARED),
        "update": lambda: working.update(UUID, RECORDED, program_inputs(name="b")),
        "delete": lambda: working.delete(UUID, RECORDED),
        "create": lambda: working.create(program_inputs(sip_uri="sip:a@b", name="b")),
        "read": lambda: working.read(UUID, RECORDED),
    }
    calls[first]()
    assert machine.clock.now > 3


@pytest.mark.parametrize(
    ("engine", "declaration", "backend"),
    [
        pytest.param("old", DECLARATION, "file:///state", id="the same engine"),
        pytest.param("new", OTHER_STACK, "file:///state", id="another stack"),
        pytest.param("new", DECLARATION, "file:///other", id="another backend"),
        pytest.param("new", None, "file:///state", id="no declaration"),
    ],
)
def test_others_are_not_waited_for(
    machine: Machine, engine: str, declaration: str | None, backend: str
) -> None:
    """Only the stack of the write waits for it, and never a process of the same operation."""
    with machine.writers("old").writing(DECLARATION, UUID):
        if engine != "old":
            machine.engines.remove("old")
        machine.writers(engine, backend).wait_for_others(declaration)
    assert machine.clock.slept == []


def test_a_run_whose_engine_lives_is_not_waited_for(machine: Machine) -> None:
    """A preview beside an `up` of the same stack, whose engine lives, does not wait for it."""
    with machine.writers("old").writing(DECLARATION, UUID):
        machine.writers("new").wait_for_others(DECLARATION)
    assert machine.clock.slept == []


def test_the_wait_is_bounded_and_told(machine: Machine) -> None:
    """After ten seconds a line says what is waited for, after five minutes an error ends it."""
    with machine.writers("old").writing(DECLARATION, UUID):
        machine.engines.remove("old")
        waiting = machine.writers("new")
        with pytest.raises(OwnershipError, match="still changes its numbers"):
            waiting.wait_for_others(DECLARATION)
        assert MAX_RUN_WAIT_SECONDS <= machine.clock.now <= MAX_RUN_WAIT_SECONDS + 1
        with pytest.raises(OwnershipError):
            waiting.wait_for_others(DECLARATION)
        assert machine.clock.now <= MAX_RUN_WAIT_SECONDS + 1
    (line,) = machine.said
    assert "waiting until that is done" in line


def test_the_wait_ends_with_the_own_engine(machine: Machine) -> None:
    """A run that waits for another one's write ends when its own engine is killed."""
    with machine.writers("old").writing(DECLARATION, UUID):
        machine.engines.remove("old")
        machine.while_waiting = lambda: machine.engines.discard("new")
        with pytest.raises(AbandonedError):
            machine.writers("new").wait_for_others(DECLARATION)
    assert machine.clock.now < NOTIFY_AFTER_SECONDS


def test_no_trace_is_left(machine: Machine) -> None:
    """A run that writes nothing makes no file, and one that has written leaves none."""
    machine.writers("new").wait_for_others(DECLARATION)
    working = machine.provider(FlakyApi(THERE), "new")
    working.diff(UUID, RECORDED, DECLARED)
    assert not machine.journal.parent.exists()
    working.update(UUID, RECORDED, program_inputs(name="b"))
    working.delete(UUID, RECORDED)
    assert machine.files() == []


def test_a_journal_that_cannot_be_written_stops_no_release(tmp_path: Path) -> None:
    """Where no file can be made a DELETE is sent all the same."""
    machine = Machine(tmp_path)
    machine.journal.parent.write_text("not a folder", encoding="utf-8")
    api = FlakyApi(THERE)
    machine.provider(api, "new").delete(UUID, RECORDED)
    assert api.records == {}


# what the next run finds


def killed(
    machine: Machine, api: FlakyApi, call: Callable[[Any], Any], answered: bool = True
) -> None:
    """A plugin whose engine is killed during a write, which the API carries out."""

    class Dying(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            machine.engines.discard("old")
            done = api(request)
            if not answered:
                raise httpx.ReadTimeout("slow")
            return done

    working = machine.provider(api, "old")
    client = httpx.Client(base_url="https://api.vapi.ai", transport=Dying())
    retry = Retry(machine.clock.sleep, machine.clock)
    working._session.client._client._transport = Transport(client, KEY, retry)
    with suppress(Failure):  # Nobody listens to a plugin without an engine.
        call(working)
    api.requests.clear()
    assert len(machine.files()) == 1


def test_a_record_that_was_released_meanwhile_is_made_again(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A DELETE that outlived its engine, and was undone in the program, is shown and repaired."""
    api = FlakyApi(THERE, wire_record(id_="other"))
    killed(machine, api, lambda old: old.delete(UUID, RECORDED))
    assert UUID not in api.records
    for _preview_then_up in range(2):
        working = machine.provider(api, "new")
        found = working.diff(UUID, RECORDED, DECLARED)
        assert (found.changes, found.replaces) == (True, ["provider"])
        assert "was released by an earlier run" in capsys.readouterr().err
    working = machine.provider(api, "new")
    working._session.release_limit._limit = 0
    working.diff(UUID, RECORDED, DECLARED)
    made = working.create(DECLARED)
    working.delete(UUID, RECORDED)
    assert set(api.records) == {"other", made.id}
    assert machine.files() == []
    again = machine.provider(api, "new")
    assert not again.diff(made.id, made.outs, DECLARED).changes


def test_a_release_that_the_program_still_wants_is_done(machine: Machine) -> None:
    """The rerun of a removal whose DELETE was carried out ends, and leaves nothing behind."""
    api = FlakyApi(THERE, wire_record(id_="other"))
    killed(machine, api, lambda old: old.delete(UUID, RECORDED))
    machine.provider(api, "new").delete(UUID, RECORDED)
    assert machine.files() == []


def test_a_change_that_was_made_meanwhile_is_undone(machine: Machine) -> None:
    """A PATCH that outlived its engine, and was undone in the program, is PATCHed back."""
    api = FlakyApi(THERE)
    killed(machine, api, lambda old: old.update(UUID, RECORDED, {**DECLARED, "name": "b"}))
    assert api.records[UUID]["name"] == "b"
    assert machine.provider(api, "new").diff(UUID, RECORDED, DECLARED).changes
    working = machine.provider(api, "new")
    assert working.diff(UUID, RECORDED, DECLARED).changes
    assert working.update(UUID, RECORDED, DECLARED).outs == RECORDED
    assert api.records[UUID]["name"] == "support"
    assert machine.files() == []


def test_a_change_that_was_made_meanwhile_is_recorded(machine: Machine) -> None:
    """A PATCH that outlived its engine and is still declared is recorded without another one."""
    api = FlakyApi(THERE)
    news = {**DECLARED, "name": "b"}
    killed(machine, api, lambda old: old.update(UUID, RECORDED, news))
    working = machine.provider(api, "new")
    assert working.diff(UUID, RECORDED, news).changes
    outs = working.update(UUID, RECORDED, news).outs
    assert outs["name"] == "b"
    assert not any(request.startswith("PATCH") for request in api.sent)
    assert machine.files() == []
    assert not machine.provider(api, "new").diff(UUID, outs, news).changes


def test_a_refresh_that_is_only_previewed_forgets_nothing(machine: Machine) -> None:
    """After a refresh without effect on the state the next run still repairs what is outdated."""
    api = FlakyApi(THERE)
    killed(machine, api, lambda old: old.update(UUID, RECORDED, {**DECLARED, "name": "b"}))
    refresh = machine.provider(api, "new")
    outs = refresh.read(UUID, RECORDED).outs
    assert outs["name"] == "b"
    assert not refresh.diff(UUID, outs, {**DECLARED, "name": "b"}).changes
    working = machine.provider(api, "new")
    assert working.diff(UUID, RECORDED, DECLARED).changes
    working.update(UUID, RECORDED, DECLARED)
    assert api.records[UUID]["name"] == "support"

    assert machine.files() == []


def test_only_what_the_interrupted_patch_changed_is_compared(machine: Machine) -> None:
    """What somebody changed in the dashboard meanwhile is left to a refresh, as ever."""
    api = FlakyApi(THERE)
    with machine.writers("old").writing(DECLARATION, UUID, ["name"]):
        machine.engines.remove("old")
    api.records[UUID]["squadId"] = "another"
    assert not machine.provider(api, "new").diff(UUID, RECORDED, DECLARED).changes
    assert api.sent == [f"GET /phone-number/{UUID}"]
    assert machine.files() == []


def test_a_secret_that_the_api_does_not_show_is_sent_again(machine: Machine) -> None:
    """After an interrupted PATCH of a password nobody knows which one is in force."""
    secret = {"realm": "a", "username": "u" * 20, "password": "p" * 20}
    shown = {"realm": "a", "username": "u" * 20}
    api = FlakyApi({**THERE, "authentication": shown})
    recorded = {**RECORDED, "authentication": secret}
    declared = {**DECLARED, "authentication": secret}
    with machine.writers("old").writing(DECLARATION, UUID, ["authentication"]):
        machine.engines.remove("old")
    working = machine.provider(api, "new")
    assert working.diff(UUID, recorded, declared).changes
    working.update(UUID, recorded, declared)
    assert api.body()["authentication"]["password"] == "p" * 20


def test_a_request_that_may_still_be_carried_out_is_waited_for(machine: Machine) -> None:
    """After a kill of engine and plugin the record is looked at once its request has ended."""
    old = machine.writers("old")
    write = old.writing(DECLARATION, UUID)
    write.__enter__()
    machine.clock.now += 100
    old.before_send()
    machine.clock.now += 5
    held = old._stacks[old._stack_key(DECLARATION)].held
    assert held is not None
    held.lock.release()
    machine.engines.remove("old")
    new = machine.writers("new")
    new.wait_for_others(DECLARATION)
    assert machine.clock.now == pytest.approx(100 + LATE_SECONDS, abs=0.1)
    assert new.interrupted(UUID) == frozenset()
    (line,) = machine.said
    assert "waiting 25 s" in line


@pytest.mark.parametrize(("later", "waits"), [(True, True), (False, False)])
def test_an_answer_that_never_came_may_still_come(
    machine: Machine, later: bool, waits: bool
) -> None:
    """A request that timed out is given its time; one whose connection broke is not."""
    old = machine.writers("old")
    with suppress(UnclearError), old.writing(DECLARATION, UUID):
        old.before_send()
        machine.engines.remove("old")
        raise UnclearError(Message("no answer"), may_still_complete=later)
    new = machine.writers("new")
    new.wait_for_others(DECLARATION)
    assert bool(machine.clock.slept) is waits
    assert new.interrupted(UUID) == frozenset()


def test_an_abandoned_request_may_still_come() -> None:
    """The error of a request that is given up says whether an earlier try may be under way."""
    for failed, later in ((httpx.ReadTimeout("slow"), True), (httpx.Response(503), False)):
        api, clock = FlakyApi(), Clock()
        api.instead = [failed]
        tries: list[int] = []

        def engine(tries: list[int] = tries) -> None:
            tries.append(1)
            if len(tries) > 1:
                raise AbandonedError(Message("gone"))

        with pytest.raises(AbandonedError) as abandoned:
            api.transport(clock).request("DELETE", "/phone-number/a", before_send=engine)
        assert abandoned.value.may_still_complete is later


def test_a_cut_line_is_left_out(machine: Machine) -> None:
    """What a killed process has written in part does no harm."""
    with machine.writers("old").writing(DECLARATION, UUID):
        machine.engines.remove("old")
    (name,) = machine.files()
    with (machine.journal.parent / name).open("a", encoding="utf-8") as file:
        file.write('{"begun": "x')
    new = machine.writers("new")
    new.wait_for_others(DECLARATION)
    assert new.interrupted(UUID) == frozenset()
    assert new.interrupted("x") is None
    new.forget(UUID)
    assert machine.files() == []


def test_many_writes_that_were_recorded_leave_nothing(machine: Machine) -> None:
    """Of many writes only those that no state recorded are looked at."""
    old = machine.writers("old")
    with old.writing(DECLARATION):
        for at in range(5):
            with old.writing(DECLARATION, f"n{at}", ["name"]):
                if at == 4:
                    machine.engines.remove("old")
    new = machine.writers("new")
    new.wait_for_others(DECLARATION)
    assert [new.interrupted(f"n{at}") for at in range(5)] == [None] * 4 + [frozenset({"name"})]
