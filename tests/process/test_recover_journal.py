"""`recover` and `orphans` by the journal: purchases that no pending operation covers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.process.test_recover_command import made, put, recover, state, stub
from tests.support.deployments import creating, deployment, resource
from vapi_provider.cli import main
from vapi_provider.cli.account_client import settings_of
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.models.kinds import KINDS
from vapi_provider.pulumi_cli.stack import Stack
from vapi_provider.reconcile.fingerprint import fingerprint_of

__all__ = ["stub"]

KEY = "acme/shop/dev/VapiPhoneNumber/a"


def journal_of_run(*, made: str | None = None, late: float = 0, **account: Any) -> Journal:
    """The journal of a run that was killed while it bought the number of resource `a`."""
    settings = settings_of(Stack("dev"))
    journal = Journal(settings.journal, account.pop("account", settings.account), settings.backend)
    body = fingerprint_of(KINDS["vapi"], {"name": "shop/dev/a", "number_desired_area_code": "415"})
    journal.write_intent(KEY, body, AccountWatermark("", frozenset()), late, **account)
    if made is not None:
        journal.record_id(KEY, made)
    return journal


def found(*words: str) -> tuple[int, list[tuple[str, str | None]]]:
    """The exit code, and what came of each interrupted purchase."""
    result = recover("--json", *words)
    told = json.loads(result.stdout)["interrupted"]
    return result.exit_code, [(one["outcome"], one["id"]) for one in told]


def test_a_record_that_nobody_holds_is_named(stub: Path) -> None:
    """It stays in the journal, for the next create of its resource, until somebody has it."""
    state(stub)
    id_ = made(name="shop/dev/a")
    journal = journal_of_run(made=id_)
    for words in ((), ("--yes",)):
        assert found(*words) == (2, [("unheld", id_)])
    assert "delete it in the dashboard" in recover().output
    assert journal.find(KEY) is not None
    put(stub / "export.json", {"deployment": deployment(resource("a", id_), pending=[])})
    assert found() == (0, [])
    assert journal.find(KEY) is None


def test_what_made_nothing_is_forgotten(stub: Path) -> None:
    """Once its time has passed and the account shows nothing; only when somebody agrees."""
    state(stub)
    journal = journal_of_run()
    assert found() == (2, [("nothing", None)])
    assert journal.find(KEY) is not None
    assert found("--yes") == (0, [("nothing", None)])
    assert journal.find(KEY) is None


@pytest.mark.parametrize("chosen", ["none", "one", "other"])
def test_a_person_decides_what_is_unclear(stub: Path, chosen: str) -> None:
    """A purchase that no operation covers is decided by name: a record that nobody has, or none."""
    state(stub)
    ids = {name: made(name="shop/dev/a") for name in ("one", "other")}
    journal = journal_of_run()
    code, [(outcome, _)] = found("--yes")
    assert (code, outcome) == (2, "unclear")
    assert "--take NAME=none" in recover().stderr
    wrong = recover("--yes", "--take", "a=00000000-0000-4000-8000-000000000000")
    assert (wrong.exit_code, "cannot be taken as a" in wrong.output) == (1, True)
    id_ = ids.get(chosen)
    decided = ("nothing", None) if id_ is None else ("unheld", id_)
    take = ("--take", f"a={id_ or 'none'}")
    assert found(*take)[1] == [decided]
    assert recover("--yes", *take).exit_code == (0 if id_ is None else 2)
    intent = journal.find(KEY)
    assert (intent and intent.record) == id_


def test_a_record_that_is_gone_is_forgotten(stub: Path) -> None:
    """The account does not have it any more: there is nothing to take over."""
    state(stub)
    journal = journal_of_run(made="00000000-0000-4000-8000-000000000000")
    assert found("--yes")[1][0][0] == "gone"
    assert journal.find(KEY) is None


def test_a_record_of_another_purchase_is_not_offered(stub: Path) -> None:
    """What the journal knows to be one resource's record is no candidate of another creation."""
    state(stub, creating("b", name="line"))
    id_ = made(name="line")
    journal_of_run(made=id_)
    told = json.loads(recover("--json", "--yes").stdout)
    assert [(one["outcome"], one["candidates"]) for one in told["operations"]] == [("not made", [])]
    assert [(one["outcome"], one["id"]) for one in told["interrupted"]] == [("unheld", id_)]
    refused = recover("--take", f"b={id_}")
    assert (refused.exit_code, "cannot be taken as b" in refused.output) == (1, True)


def test_another_account_closes_no_intent(stub: Path) -> None:
    """What one account does not show may be in the account that the purchase was sent to."""
    state(stub)
    journal = journal_of_run(account="https://api.eu.vapi.ai")
    assert found("--yes") == (2, [("other account", None)])
    assert journal.find(KEY) is not None
    state(stub, creating("a"))
    result = recover("--yes")
    assert result.exit_code == 1
    assert "in the account at https://api.eu.vapi.ai" in result.output
    assert not (stub / "imported.json").exists()


def test_a_replacement_waits_in_the_journal(stub: Path) -> None:
    """Its record stays out of the state, and the next replacement finds it in the journal."""
    old = resource("a", "old")
    old["outputs"].pop("org_id")
    exported = state(stub, creating("a"))
    exported["deployment"]["resources"].append(old)
    put(stub / "export.json", exported)
    id_ = made(name="shop/dev/a")
    settled = recover("--yes", "--json")
    assert settled.exit_code == 0
    assert json.loads(settled.stdout)["operations"][0]["outcome"] == "waiting"
    imported = json.loads((stub / "imported.json").read_text(encoding="utf-8"))
    assert [one.get("id") for one in imported["deployment"]["resources"]][2:] == ["old"]
    settings = settings_of(Stack("dev"))
    intent = Journal(settings.journal, settings.account, settings.backend).find(KEY)
    assert intent is not None
    assert intent.record == id_
    put(stub / "export.json", imported)
    assert found() == (2, [("unheld", id_)])


@pytest.mark.parametrize("is_held", [True, False])
def test_orphans_name_interrupted_purchases(stub: Path, is_held: bool) -> None:
    """What no given state holds is named with its declaration, and counts."""
    from click.testing import CliRunner

    state(stub)
    id_ = made(name="shop/dev/a")
    journal_of_run(made=id_)
    if is_held:
        put(stub / "export.json", {"deployment": deployment(resource("a", id_), pending=[])})
    told = CliRunner().invoke(main, ["orphans", "--stack", "dev", "--json"])
    assert told.exit_code == (0 if is_held else 2)
    interrupted = json.loads(told.stdout)["interrupted"]
    assert interrupted == ([] if is_held else [{"declaration": KEY, "id": id_}])
