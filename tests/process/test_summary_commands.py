"""`preview`, `drift` and `preflight` around the engine: what it is given, and what is reported."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.builders import ORG
from tests.support.deployments import deployment, resource
from tests.support.pulumi_stub import stub_pulumi
from tests.unit.summary.samples import read, step
from vapi_provider.cli import main
from vapi_provider.cli.preflight_workflow import finish_own
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.pulumi_cli.stack import PulumiError
from vapi_provider.settings.backend import backend_of
from vapi_provider.settings.config import journal_in

pytestmark = pytest.mark.posix

# Stands for the CLI: answers from files, and keeps the files that the engine is given.
PULUMI = """
case "$1 $2" in
"stack export") file=$(basename "$4").json
    [ -f "$file" ] || { echo "error: no stack named '$4' found" >&2; exit 255; }
    grep -q deployment "$file" || { cat "$file" >&2; exit 1; }
    cat "$file" ;;
"stack ls") cat stacks.json ;;
preview* | refresh*) echo "$*" >words
    cp "$VAPI_PREFLIGHT" facts.json
    [ "$1" = refresh ] || cp "$VAPI_FORESEEN_OUTPUTS" outputs.json
    cat events.json
    [ ! -f failed ] || { cat failed >&2; exit 1; } ;;
esac
"""
KEY = "acme/shop/dev/VapiPhoneNumber/line"
LINE = {"provider": "vapi", "sip_uri": "sip:line@sip.vapi.ai", "name": "line"}
NUMBER = {"provider": "vapi", "number": "+14155550100", "number_desired_area_code": "415"}


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create the folder of project `shop` with a `pulumi` on PATH; its backend is remote."""
    folder = stub_pulumi(tmp_path, PULUMI, monkeypatch)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", encoding="utf-8")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.example")
    state(folder, resource("line", "one", number="+14155550100", name="line"))
    return folder


def state(stub: Path, *resources: Any, stack: str = "dev") -> None:
    """Write what an export of a stack returns."""
    exported = {"version": 3, "deployment": deployment(*resources, pending=[])}
    (stub / f"{stack}.json").write_text(json.dumps(exported), encoding="utf-8")


def stream(stub: Path, *events: Any, **config: str) -> None:
    """Write the events of the next engine."""
    begun = {"preludeEvent": {"config": {f"vapi:{key}": value for key, value in config.items()}}}
    lines = [json.dumps(event, separators=(",", ":")) for event in (begun, *events)]
    (stub / "events.json").write_text("\n".join(lines), encoding="utf-8")


def fail(stub: Path, line: str) -> None:
    """Let the next engine fail with this error."""
    (stub / "failed").write_text(f"error: {line}\n", encoding="utf-8")


def ran(command: str, *words: str) -> Result:
    """Run a command for stack `dev`."""
    return CliRunner().invoke(main, [command, "--stack", "dev", *words])


def given(stub: Path, name: str) -> Any:
    """Return what the engine read from a file, or the words that it was started with."""
    return json.loads((stub / name).read_text(encoding="utf-8"))


def test_the_engine_of_a_preview_is_given_what_the_state_holds(stub: Path) -> None:
    """The plugin knows holders and outputs; afterwards neither file nor variable is left."""
    stream(stub, step("update", "line", LINE, {**LINE, "name": "other"}))
    result = ran("preview", "--json")
    assert result.exit_code == 2
    (change,) = json.loads(result.stdout)["changes"]
    assert (change["action"], change["name"]) == ("changed", "line")
    facts = given(stub, "facts.json")
    assert (facts["holders"], facts["organizations"]) == ({"one": [KEY]}, [ORG])
    assert given(stub, "outputs.json")[KEY]["number"] == "+14155550100"
    assert "VAPI_PREFLIGHT" not in os.environ


def test_a_preview_leaves_the_facts_of_a_make_target_as_they_are(
    stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make has read the state already: its facts reach the engine; the outputs are read."""
    own = stub / "own.json"
    own.write_text('{"holders": {}}', encoding="utf-8")
    monkeypatch.setenv("VAPI_PREFLIGHT", str(own))
    stream(stub)
    assert ran("preview").exit_code == 0
    assert given(stub, "facts.json") == {"holders": {}}
    assert given(stub, "outputs.json")[KEY]["number"] == "+14155550100"
    assert own.exists()


def test_a_preview_shows_why_pulumi_failed_once(
    stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that cannot be read is not an error of its own: the engine gives the reason."""
    monkeypatch.setenv("VAPI_PREFLIGHT", str(stub / "stacks.json"))
    for name in ("stacks.json", "dev.json"):
        (stub / name).write_text("error: not logged in\n", encoding="utf-8")
    stream(stub)
    fail(stub, "not logged in")
    result = ran("preview")
    assert result.exit_code == 1
    assert result.output == "Error: not logged in\n"


def test_an_error_of_the_engine_is_shown_instead_of_a_summary(stub: Path) -> None:
    """The resource's error is the reason; that the engine failed is not repeated."""
    refused = {"severity": "error", "message": "name: is too long", "urn": resource("line")["urn"]}
    stream(stub, {"diagnosticEvent": refused})
    fail(stub, "preview failed")
    result = ran("preview", "--format", "markdown")
    assert result.exit_code == 1
    assert "`line: name: is too long`" in result.stdout
    assert result.stderr == "Error: line: name: is too long\n"


def test_a_preview_that_releases_too_much_is_an_error(stub: Path) -> None:
    """The stack's limit holds, and a variable raises it for one run."""
    stream(stub, step("delete", "line", NUMBER, None), maxReleases="0")
    refused = ran("preview")
    assert refused.exit_code == 1
    assert "1 numbers would be released: " in refused.stderr
    assert "allows (0)" in refused.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAPI_MAX_RELEASES", "1")
        allowed = ran("preview")
    assert allowed.exit_code == 2
    assert "line" in allowed.stdout


def test_a_preview_warns_of_a_replacement_once(stub: Path) -> None:
    """The summary has the warning, so the preflight's own is not written beside it."""
    state(stub, {**resource("line", "one", number="+14155550100"), "taint": True})
    replaced = [step(op, "line", NUMBER, NUMBER) for op in ("create-replacement", "replace")]
    stream(stub, *replaced, step("delete-replaced", "line", NUMBER, None))
    result = ran("preview")
    assert result.exit_code == 2
    assert "tainted" not in result.stderr
    assert "replace" in result.stdout


def test_drift_leaves_out_what_the_program_ignores(stub: Path) -> None:
    """A field under `ignore_changes` may differ; any other is drift."""
    line = {**resource("line", "one", **LINE), "ignoreChanges": ["assistant_id"]}
    urn = {"urn": line["urn"]}
    state(stub, line)
    for actual, code in (({"assistant_id": "x"}, 0), ({"name": "by hand"}, 2)):
        event = read("refresh", "line", LINE, {**LINE, **actual})
        event["resOutputsEvent"]["metadata"] |= urn
        stream(stub, event)
        result = ran("drift", "--json")
        assert result.exit_code == code
        assert len(json.loads(result.stdout)["changes"]) == code // 2
    words = (stub / "words").read_text(encoding="utf-8")
    assert words.startswith("refresh --preview-only --json")


def test_drift_runs_the_program_where_it_was_asked_to(
    stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RUN_PROGRAM=yes passes `--run-program`: a rotated key of the config applies."""
    monkeypatch.setenv("RUN_PROGRAM", "yes")
    stream(stub)
    assert ran("drift").exit_code == 0
    assert "--run-program" in (stub / "words").read_text(encoding="utf-8")


def test_an_output_that_is_no_event_is_one_error(stub: Path) -> None:
    """A line that looks like an event and is not JSON is reported, without a traceback."""
    (stub / "events.json").write_text('{"preludeEvent": \n', encoding="utf-8")
    result = ran("drift", "--json")
    assert result.exit_code == 1
    (error,) = json.loads(result.stdout)["errors"]
    assert error["code"] == "VAPI-PULUMI-OUTPUT"


def interrupted(record: str) -> Journal:
    """Return a journal with the intent of an interrupted purchase that made this record."""
    place, backend = journal_in(os.environ, Path.cwd()), backend_of(os.environ, Path.cwd())
    journal = Journal(place.file, "account", backend)
    journal.write_intent(KEY, {"digests": {}}, AccountWatermark("", frozenset()), 0)
    journal.record_id(KEY, record)
    return journal


def test_the_preflight_of_a_remote_backend_asks_pulumi(stub: Path) -> None:
    """It tells a stack that does not exist from one that cannot be read."""
    assert ran("preflight").stdout == "\n"
    (stub / "dev.json").unlink()
    assert ran("preflight").stdout == "missing\n"
    (stub / "dev.json").write_text("error: not logged in\n", encoding="utf-8")
    refused = ran("preflight")
    assert refused.exit_code == 1
    assert refused.stderr == "Error: pulumi stack export: not logged in [VAPI-PULUMI-FAILED]\n"


def test_the_preflight_reports_the_stacks_that_it_cannot_read(stub: Path) -> None:
    """A record that a readable stack holds is finished; one line names each other stack."""
    state(stub)
    interrupted("two")
    (stub / "stacks.json").write_text("[", encoding="utf-8")
    unlisted = ran("preflight")
    assert unlisted.stdout == "unfinished\n"
    assert "the numbers of other stacks of this backend cannot be read" in unlisted.stderr
    names = ["organization/shop/dev", "organization/shop/broken", "organization/shop/moved"]
    listed = json.dumps([{"name": name} for name in names])
    (stub / "stacks.json").write_text(listed, encoding="utf-8")
    (stub / "broken.json").write_text("error: no access\n", encoding="utf-8")
    state(stub, resource("line", "two"), stack="moved")
    found = ran("preflight")
    assert found.stdout == "\n"
    assert found.stderr.splitlines() == [
        "the numbers of stack organization/shop/broken cannot be read: pulumi stack export: "
        "no access [VAPI-STACK-UNREADABLE]"
    ]


def test_states_that_only_pulumi_reads_are_exported(
    stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with files of another form is read by Pulumi, the other stacks too."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{stub}")
    folder = stub / ".pulumi" / "stacks" / "shop"
    folder.mkdir(parents=True)
    for stack in ("dev", "moved"):
        (folder / f"{stack}.json.zst").touch()
    state(stub)
    interrupted("two")
    state(stub, resource("line", "two"), stack="moved")
    (stub / "stacks.json").write_text('[{"name": "moved"}]', encoding="utf-8")
    result = ran("preflight")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "\n", "")


def test_after_an_engine_the_state_finishes_the_intents_of_its_records(
    stub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An intent stays open until the state can be read, and is finished by it."""
    journal = interrupted("one")
    with monkeypatch.context() as without_pulumi:
        without_pulumi.setenv("PATH", "")
        with pytest.raises(PulumiError, match="no pulumi on PATH"):
            finish_own("dev")
    assert journal.find(KEY) is not None
    finish_own("dev")
    assert journal.find(KEY) is None
