"""The `recover` command around its decisions: what it asks, writes, keeps and waits for."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.builders import Clock, FlakyApi, wire_record
from tests.support.builders import settings as new_settings
from tests.support.deployments import NEWER, OLDER, creating, deployment, resource, urn
from tests.support.pulumi_stub import stub_pulumi
from vapi_provider.api.transport import open_http
from vapi_provider.cli import main
from vapi_provider.cli.account_client import settings_of
from vapi_provider.cli.recover_workflow import Recovery
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.journal import Journal
from vapi_provider.pulumi_cli.stack import Stack

pytestmark = pytest.mark.posix

# Stands for the CLI: answers from files, and the state may change between two exports.
PULUMI = """
if [ -f refused ]; then cat refused >&2; exit 1; fi
case "$1 $2" in
"stack export") cat export.json; [ ! -f next.json ] || mv next.json export.json ;;
"stack import") cat >imported.json ;;
"stack ls") echo '[]' ;;
"stack history") cat history.json ;;
"config --json") cat config.json ;;
esac
"""


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with a `pulumi` on PATH that answers from files."""
    folder = stub_pulumi(tmp_path, PULUMI, monkeypatch)
    (folder / "history.json").write_text("[]", encoding="utf-8")
    put(folder / "config.json", {"vapi:baseUrl": {"value": "embedded:a.db"}})
    return folder


def put(file: Path, value: Any) -> None:
    """What the stub answers."""
    file.write_text(json.dumps(value), encoding="utf-8")


def state(stub: Path, *pending: Any, **more: Any) -> dict[str, Any]:
    """The stack's state with pending operations, from before the account's records."""
    exported = {"version": 3, "deployment": deployment(pending=list(pending)), **more}
    exported["deployment"]["resources"][0]["created"] = OLDER
    put(stub / "export.json", exported)
    return exported


def made(**body: Any) -> str:
    """A record of the account; its id."""
    sent = {"provider": "vapi", "numberDesiredAreaCode": "415", **body}
    with open_http(settings_of(Stack("dev"))) as account:
        return account.post("/phone-number", json=sent).raise_for_status().json()["id"]


def recover(*words: str) -> Result:
    """The command, without a terminal."""
    return CliRunner().invoke(main, ["recover", "--stack", "dev", *words])


def test_it_writes_only_what_was_agreed_to(stub: Path) -> None:
    """Without --yes and without a terminal nothing is written; with it, and the old state kept."""
    exported = state(stub, creating("a"))
    id_ = made(name="shop/dev/a")
    asked = recover()
    assert asked.exit_code == 2
    assert f"was created: goes into the state as {id_}" in asked.output
    assert not (stub / "imported.json").exists()

    done = recover("--yes", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["changed"]
    assert told["operations"][0]["id"] == id_
    kept = Path(told["backup"])
    assert json.loads(kept.read_text(encoding="utf-8")) == exported
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    imported = json.loads((stub / "imported.json").read_text(encoding="utf-8"))
    assert imported["version"] == 3
    assert imported["deployment"]["resources"][-1]["id"] == id_


def test_a_state_that_changed_meanwhile_is_not_overwritten(stub: Path) -> None:
    """A run that ends while recover looks keeps what it wrote."""
    state(stub, creating("a"))
    put(stub / "next.json", {"version": 3, "deployment": deployment(pending=[])})
    result = recover("--yes")
    assert result.exit_code == 1
    assert "another run has changed the state meanwhile" in result.output
    assert not (stub / "imported.json").exists()


def test_an_unclear_operation_holds_everything_back(stub: Path) -> None:
    """An import would drop what is unclear, so nothing is written before a person decides."""
    state(stub, creating("a"), creating("b", name="line"))
    ids = [made(name="line"), made(name="line")]
    made(name="shop/dev/a")
    result = recover("--yes")
    assert result.exit_code == 2
    assert all(id_ in result.output for id_ in ids)
    assert not (stub / "imported.json").exists()
    wrong = recover("--yes", "--take", "c=none")
    assert wrong.exit_code == 1
    assert "write NAME=ID or NAME=none" in wrong.output
    assert recover("--yes", "--take", f"{urn('b')}={ids[1]}").exit_code == 0
    imported = json.loads((stub / "imported.json").read_text(encoding="utf-8"))
    assert imported["deployment"]["resources"][-1]["id"] == ids[1]


def test_a_completed_creation_is_dropped_with_what_is_left_over(stub: Path) -> None:
    """A record that is older than the state's is no replacement of it: it is named, not taken."""
    exported = state(stub, creating("a", name="line"))
    held = resource("a", "held", name="line")
    held["outputs"] |= {"created_at": "2999-01-01T00:00:00.000Z"}
    held["outputs"].pop("org_id")
    exported["deployment"]["resources"].append(held)
    put(stub / "export.json", exported)
    left_over = made(name="line")
    done = recover("--yes")
    assert done.exit_code == 0
    assert "the state holds held for it: the operation is dropped; left over" in done.output
    assert left_over in done.output
    imported = json.loads((stub / "imported.json").read_text(encoding="utf-8"))
    assert imported["deployment"]["resources"] == exported["deployment"]["resources"]
    assert "pending_operations" not in imported["deployment"]


def test_a_record_that_may_be_a_replacement_is_asked_about(stub: Path) -> None:
    """A record that is newer than the state's may replace it: the question says so."""
    exported = state(stub, creating("a", name="line"))
    held = resource("a", "held", name="line")
    held["outputs"].pop("org_id")
    exported["deployment"]["resources"].append(held)
    put(stub / "export.json", exported)
    made(name="line")
    asked = recover("--yes")
    assert asked.exit_code == 2
    assert "the journal cannot tell whether another run was replacing that" in asked.output
    assert not (stub / "imported.json").exists()


def test_the_journal_is_told(stub: Path) -> None:
    """An intent of this machine whose record goes into the state is finished by that."""
    operation = creating("a")
    declaration = operation["resource"]["inputs"]["declaration"]
    state(stub, operation)
    settings = settings_of(Stack("dev"))
    journal = Journal(settings.journal, settings.base_url, settings.backend)
    journal.write_intent(declaration, {"digests": {}}, AccountWatermark("", frozenset()), 0)
    id_ = made(name="shop/dev/a")
    assert recover("--yes").exit_code == 0
    assert journal.find(declaration) is None
    assert journal.ledger.holders(id_) == {declaration}


@pytest.mark.parametrize(
    ("result", "start", "listed"),
    [("failed", "2020-01-01T00:00:00.000Z", True), ("failed", "2999-01-01T00:00:00.000Z", False),
     ("succeeded", "2020-01-01T00:00:00.000Z", False)],
)  # fmt: skip
def test_after_a_failed_update_what_nobody_holds_is_listed(
    stub: Path, result: str, start: str, listed: bool
) -> None:
    """Without pending operations only a failed last update's own time is looked at."""
    state(stub)
    failed = {"kind": "update", "result": result, "startTime": start}
    later = {"kind": "refresh", "result": "succeeded", "startTime": "2999-02-01T00:00:00.000Z"}
    put(stub / "history.json", [later, failed])
    id_ = made(name="line")
    told = recover("--yes")
    assert told.exit_code == (2 if listed else 0)
    assert (id_ in told.output) == listed
    held = {"deployment": deployment(resource("x", id_), pending=[])}
    put(stub / "other.json", held)
    assert recover("--state", "stub/other.json").exit_code == 0


class Late(Clock):
    """Time in which something else happens."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self.happens = happens

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 3:
            self.happens()


def test_it_waits_for_a_request_that_may_be_under_way(
    stub: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A POST of the killed run may still be carried out: it is waited for, but not for ever."""
    api = FlakyApi()
    late = wire_record(id_="late", name="shop/dev/a", createdAt=NEWER)
    clock = Late(lambda: api.records.update(late=late))
    exported = state(stub, creating("a"), creating("b"))
    del exported["deployment"]["manifest"]
    put(stub / "export.json", exported)
    recovery = Recovery(Stack("dev"), new_settings(), api.observed(), (), clock.sleep, clock)
    plan = recovery.plan(())
    assert [one.outcome for one in plan.decisions] == ["made", "not made"]
    assert clock.now == 32
    waiting = "Waiting up to 32 s for a request that may still be under way.\n"
    assert capsys.readouterr().err == waiting


def test_what_pulumi_says_is_told_in_one_line(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first error is shown, and that it is missing with what to do; never a traceback."""
    (stub / "refused").write_text(
        "warning: first\nerror: no such stack\n  more\n", encoding="utf-8"
    )
    assert recover().output == "Error: pulumi config --json: no such stack [VAPI-PULUMI-FAILED]\n"
    (stub / "refused").write_text("", encoding="utf-8")
    assert "it failed and did not say why" in recover().output
    (stub / "refused").unlink()
    (stub / "config.json").write_text("not JSON", encoding="utf-8")
    assert "the answer is not JSON" in recover().output
    monkeypatch.setenv("PATH", "/nowhere")
    result = recover()
    assert result.exit_code == 1
    assert result.output.startswith("Error: no pulumi on PATH")
    assert result.output.count("\n") == 1


def test_orphans_tell_what_they_know(stub: Path) -> None:
    """A number without a name has no likely owner; a table shows it, and JSON the same."""
    put(stub / "state.json", {"deployment": deployment(pending=[creating("a")])})
    id_ = made(name="shop/dev/a")
    made(name="a\nb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAPI_BASE_URL", "embedded:a.db")
        told = CliRunner().invoke(main, ["orphans", "--state", "stub/state.json"])
        (stub / "broken.json").write_text("[]", encoding="utf-8")
        broken = CliRunner().invoke(main, ["orphans", "--state", "stub/broken.json"])
    assert told.exit_code == 2
    heading, *rows = told.stdout.splitlines()
    assert heading.split()[:3] == ["id", "kind", "reached"]
    assert len(rows) == 2
    assert any(id_ in line and line.endswith("shop/dev/a") for line in rows)
    assert "run `recover` for it first" in told.stderr
    assert broken.exit_code == 1
    assert "no exported state" in broken.output
    assert CliRunner().invoke(main, ["orphans"]).exit_code == 1


@pytest.mark.parametrize("command", ["preview", "drift", "recover", "orphans", "list"])
@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_stack_is_refused(command: str, name: str) -> None:
    """`--stack ""`, a variable that nobody set, never means the stack last selected."""
    ran = CliRunner().invoke(main, [command, "--stack", name])
    assert ran.exit_code == 1
    assert "the stack's name is empty" in ran.output
