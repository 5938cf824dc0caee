"""What a program reports while it runs: ids to the journal, adopted ids to the plugins."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.program.conftest import Run
from tests.support.builders import settings
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.journal.operation import OperationEvents, operation_at
from vapi_provider.lifecycle.adopt_announcement import announce
from vapi_provider.lifecycle.intent_finisher import IntentFinisher, intent_finisher_of
from vapi_provider.lifecycle.ownership import Ownership
from vapi_provider.settings.config import Settings

KEY = "acme/shop/dev/VapiPhoneNumber/{}"
ENGINE = "127.0.0.1:40000"


def journal_of(used: Settings, *names: str) -> Journal:
    """Return the journal, with a purchase of each resource: its record's id is the name."""
    journal = Journal(used.journal, used.account, used.backend)
    for name in names:
        key = KEY.format(name)
        journal.write_intent(key, {"digests": {"name": name}}, AccountWatermark("", frozenset()), 0)
        journal.record_id(key, name)
    return journal


def watching(finisher: IntentFinisher, *ids: Any) -> Callable[[], None]:
    """Return a program in which the engine answers with these ids."""

    def program() -> None:
        for id_ in ids:
            finisher.watch(pulumi.Output.from_input(id_))

    return program


def test_a_purchase_is_finished_once_the_program_has_its_id(run: Run) -> None:
    """The engine has saved what it answers; an answer without an id finishes nothing."""
    used = settings()
    journal = journal_of(used, "a", "b", "c")
    finisher = IntentFinisher(used)
    run(watching(finisher, "a", None, "b"))
    finisher.close()
    assert [bool(journal.find(KEY.format(name))) for name in "abc"] == [False, False, True]


def test_a_preview_finishes_no_purchase(run: Run) -> None:
    """The engine saves nothing in a preview."""
    used = settings()
    journal = journal_of(used, "a")
    finisher = IntentFinisher(used)
    run(watching(finisher, "a"), preview=True)
    finisher.close()
    assert journal.find(KEY.format("a")) is not None


def test_a_run_that_purchased_nothing_creates_no_journal(run: Run) -> None:
    """A record that some resource adopted or read has no entry to finish."""
    used = settings()
    finisher = IntentFinisher(used)
    run(watching(finisher, "a"))
    finisher.close()
    assert not used.journal.exists()


def test_without_checkpoints_the_program_finishes_no_purchase(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An answer then does not show that the state holds the record; else one finisher does."""
    used = settings()
    assert intent_finisher_of(used) is intent_finisher_of(used) is not None
    monkeypatch.setenv("PULUMI_SKIP_CHECKPOINTS", "1")
    assert intent_finisher_of(settings()) is None


Adopter = Callable[[str], str | None]


@pytest.fixture
def adopter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Adopter:
    """Start the program as an engine does; return what a plugin of that engine knows of an id."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine = f"{ENGINE} {tmp_path}"  # An address that no other test has.
    monkeypatch.setattr(sys, "orig_argv", ["python", "exec", "--engine", engine, "."])
    return Ownership(OperationEvents(operation_at(engine))).announced_adopter


def test_an_adopted_id_is_known_to_the_plugins(run: Run, adopter: Adopter) -> None:
    """At once where the program knows it, else with the output; the id in any letter case."""

    def program() -> None:
        announce("One", KEY.format("a"))
        assert adopter("one") == KEY.format("a")
        announce(pulumi.Output.from_input("Two"), pulumi.Output.from_input(KEY.format("b")))

    run(program)
    assert adopter("TWO") == KEY.format("b")
    assert adopter("three") is None


def test_an_output_that_is_no_id_is_not_announced(
    run: Run, adopter: Adopter, tmp_path: Path
) -> None:
    """The plugin refuses such a value when it checks the resource."""
    run(lambda: announce(pulumi.Output.from_input(None), KEY.format("a")))  # pyright: ignore[reportArgumentType]
    assert adopter("None") is None
    assert list(tmp_path.iterdir()) == []


def test_only_an_update_by_an_engine_announces(
    run: Run, adopter: Adopter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A preview releases nothing, and without an engine there is no plugin to tell."""

    def program() -> None:
        announce("one", KEY.format("a"))

    run(program, preview=True)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "pytest", "--engine"])
    run(program)
    assert adopter("one") is None
    assert list(tmp_path.iterdir()) == []
