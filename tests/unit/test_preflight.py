"""The checks of a recorded state before a run, each over one snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import ORG
from tests.support.deployments import OLDER, creating, deployment, resource
from vapi_provider.deployment.preflight import Findings, Snapshot, run_checks
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.settings.backend import Backend
from vapi_provider.settings.journal_location import JournalPlace

BACKEND = Backend("a-backend", is_named=True)
KEY = "acme/shop/dev/VapiPhoneNumber/a"


class Others:
    """The backend's other stacks; counts how often they are read."""

    def __init__(self, *deployments: Mapping[str, Any]) -> None:
        self.deployments = deployments
        self.reads = 0

    def __call__(self) -> Sequence[tuple[str, Mapping[str, Any]]]:
        self.reads += 1
        return [(f"other-{at}", one) for at, one in enumerate(self.deployments)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A journal with an intent of resource `a` that created record `one`, its run dead."""
    file = tmp_path / "j.sqlite"
    journal = Journal(file, "account", BACKEND)
    journal.write_intent(KEY, {"digests": {}}, AccountWatermark("", frozenset()), 0)
    journal.record_id(KEY, "one")
    return file


def checked(file: Path, state: Mapping[str, Any] | None, others: Others | None = None) -> Findings:
    """What the checks find in a state."""
    return run_checks(
        Snapshot("shop", "dev", state, others or Others(), JournalPlace(file), BACKEND)
    )


def test_a_stack_that_is_not_there_is_missing(tmp_path: Path) -> None:
    """A stack without a state is missing, an empty one is not; neither makes a journal."""
    file = tmp_path / "none.sqlite"
    assert checked(file, None).words == {"missing"}
    assert checked(file, {}).words == set()
    assert not file.exists()


def test_pending_operations_are_found_in_the_parsed_state(tmp_path: Path) -> None:
    """An operation counts, and a text that only looks like one in an output does not."""
    file = tmp_path / "none.sqlite"
    assert checked(file, deployment(pending=[creating("a")])).words == {"pending"}
    state = deployment(resource("a", "one", name='"pending_operations":[{'), pending=[])
    assert checked(file, state).words == set()


def test_what_the_own_state_holds_is_finished(file: Path) -> None:
    """The own state proves that a record arrived; no other stack is read for it."""
    others = Others()
    assert checked(file, deployment(resource("a", "one"), pending=[]), others).words == set()
    journal = Journal(file, "account", BACKEND)
    assert journal.find(KEY) is None
    assert journal.ledger.holders("one") == {KEY}
    assert others.reads == 0


@pytest.mark.parametrize("name", ["a", "b"])
def test_what_another_stack_holds_is_finished(file: Path, name: str) -> None:
    """A record that was moved to, or adopted by, another stack is that one's from now on."""
    moved = resource(name, "one")
    assert checked(file, deployment(pending=[]), Others(deployment(moved, pending=[]))).words == (
        set()
    )
    journal = Journal(file, "account", BACKEND)
    assert journal.find(KEY) is None
    key = moved["inputs"]["declaration"]
    assert journal.ledger.holders("one") == {key}
    assert [held.account for held in journal.ledger.held(key)] == ["account"]


def test_a_get_proves_nothing(file: Path) -> None:
    """A resource that is only read does not finish the intent of its record."""
    read = {**resource("a", "one"), "external": True}
    findings = checked(file, deployment(read, pending=[]))
    assert findings.words == {"unfinished"}
    assert [intent.record for intent in findings.unfinished] == ["one"]


def test_an_open_intent_learns_what_states_hold(tmp_path: Path) -> None:
    """Records that came after its watermark and that some stack holds are not what it created."""
    file = tmp_path / "j.sqlite"
    journal = Journal(file, "account", BACKEND)
    journal.write_intent(KEY, {"digests": {}}, AccountWatermark(OLDER, frozenset({"before"})), 0)
    of_own = deployment(resource("b", "own"), resource("c", "before"), pending=[])
    earlier = resource("e", "earlier")
    earlier["outputs"]["created_at"] = "2026-03-25T00:00:00.000Z"
    others = Others(deployment(resource("d", "theirs"), earlier, pending=[]))
    for _ in range(2):
        assert checked(file, of_own, others).words == {"unfinished"}
    intent = Journal(file, "account", BACKEND).find(KEY)
    assert intent is not None
    assert intent.before.known == {"before", "own", "theirs"}


def test_the_plugin_is_told_what_the_state_shows(tmp_path: Path) -> None:
    """Holders, organizations and tainted resources; nothing of what is about to be deleted."""
    tainted = {**resource("b", "two"), "taint": True}
    condemned = {**resource("a", "old"), "delete": True}
    read = {**resource("c", "theirs"), "external": True}
    state = deployment(resource("a", "one"), condemned, tainted, read, pending=[])
    findings = checked(tmp_path / "none.sqlite", state)
    key_of_b = "acme/shop/dev/VapiPhoneNumber/b"
    assert findings.facts.holders == {"one": [KEY], "two": [key_of_b]}
    assert findings.facts.organizations == {ORG}
    assert findings.facts.replacing == {key_of_b}
    (line,) = findings.lines
    assert "'b' is tainted" in line
    assert "two for good" in line


def test_a_journal_that_cannot_be_read_stops_no_preflight(tmp_path: Path) -> None:
    """A preview and a destroy need no journal; a line says what is wrong with it."""
    file = tmp_path / "j.sqlite"
    file.write_text("no database, however long it is read", encoding="utf-8")
    findings = checked(file, deployment(pending=[]))
    assert findings.words == set()
    assert "the journal" in findings.lines[0]
