"""The `import` command: its refusals, its question, what it writes and rolls back."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.builders import ORG, UUID
from tests.support.deployments import creating, deployment, resource
from tests.support.pulumi_stub import stub_pulumi
from vapi_provider.api.transport import open_http
from vapi_provider.cli import main
from vapi_provider.cli.account_client import settings_of
from vapi_provider.pulumi_cli.stack import Stack

pytestmark = pytest.mark.posix

# Stands for the CLI: answers from files, keeps what it is given.
PULUMI = """
case "$1 $2" in
"stack export") cat export.json; [ ! -f next.json ] || mv next.json export.json ;;
"stack import") [ ! -f locked ] || { echo "error: the stack is locked" >&2; exit 1; }
    cat >imported.json
    [ ! -f drop ] || { cp imported.json export.json; echo "error: lost" >&2; exit 1; } ;;
"stack --show-name") if [ -f name ]; then cat name; else echo acme/shop/dev; fi ;;
"config --json") cat config.json ;;
"config set") echo "$4" >>keys; cat >>values ;;
esac
"""


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a project's folder with a `pulumi` on PATH that answers from files."""
    folder = stub_pulumi(tmp_path, PULUMI, monkeypatch)
    (tmp_path / "stacks").mkdir()
    config(folder)
    state(folder)
    return folder


def config(stub: Path, query: str = "", **more: str) -> None:
    """Write the stack's decrypted config."""
    values = {"vapi:baseUrl": f"embedded:a.db{query}", **more}
    text = json.dumps({key: {"value": value} for key, value in values.items()})
    (stub / "config.json").write_text(text, encoding="utf-8")


def state(stub: Path, *resources: Any, file: str = "export.json", **more: Any) -> None:
    """Write the stack's state."""
    held = {**deployment(*resources, pending=[]), **more}
    (stub / file).write_text(json.dumps({"version": 3, "deployment": held}), encoding="utf-8")


def made(**body: Any) -> dict[str, Any]:
    """Create a record in the account."""
    bought = {} if "number" in body else {"numberDesiredAreaCode": "415"}
    sent = {"provider": "vapi", **bought, **body}
    with open_http(settings_of(Stack("dev"))) as account:
        return account.post("/phone-number", json=sent).raise_for_status().json()


def bring(*words: str) -> Result:
    """Run the command without a terminal."""
    return CliRunner().invoke(main, ["import", "--stack", "dev", *words])


def imported(stub: Path) -> list[dict[str, Any]]:
    """Return the phone numbers of the state that the command wrote."""
    written = json.loads((stub / "imported.json").read_text(encoding="utf-8"))["deployment"]
    return [one for one in written["resources"] if "dynamic/vapi" in one["type"]]


MODULE = Path("stacks/_imported_dev.py")
HEAD = "import pulumi\nimport vapi_provider as vapi\n\nreached = {}\n"


def test_it_writes_only_what_was_agreed_to(stub: Path) -> None:
    """Without --yes nothing is written; with it module, stack file, state and backup are."""
    id_ = made(name="Support line")["id"]
    asked = bring("--all")
    assert asked.exit_code == 2
    assert "support-line" in asked.output
    assert not MODULE.exists()
    done = bring("--all", "--yes")
    assert done.exit_code == 0, done.output
    assert [one["id"] for one in imported(stub)] == [id_]
    assert id_ in MODULE.read_text(encoding="utf-8")
    assert "return _imported_dev.reached" in Path("stacks/dev.py").read_text(encoding="utf-8")
    (backup,) = Path(".pulumi/import").iterdir()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_each_stack_has_a_module_of_its_own(stub: Path) -> None:
    """Stacks whose names become one Python name get different modules."""
    made()
    modules: set[str] = set()
    for name in ("prod-eu", "prod_eu", "prod.eu"):
        (stub / "name").write_text(f"acme/shop/{name}\n", encoding="utf-8")
        modules.add(json.loads(bring("--all", "--json").stdout)["module"])
    assert len(modules) == 3
    assert "stacks/_imported_prod_eu.py" in modules
    assert all(Path(it).stem.isidentifier() for it in modules)
    (stub / "name").unlink()
    for out in ("stacks/dev.py", "my-numbers.py"):
        refused = bring("--all", "--yes", "--out", out)
        assert (refused.exit_code, "choose another `--out`" in refused.output) == (1, True)


@pytest.mark.parametrize(
    ("out", "by"),
    [
        ("numbers.py", "a module of Python's own"),
        ("secrets.py", "a module of Python's own"),
        ("_socket.py", "a module of Python's own"),
        ("sub/phonenumbers.py", "an installed package"),
        ("yaml.py", "an installed package"),
        ("vapi_provider.py", "this package"),
        ("class.py", "a word of Python's own"),
        ("__main__.py", "a word of Python's own"),
    ],
)
def test_a_module_is_not_called_like_anybody_elses(stub: Path, out: str, by: str) -> None:
    """A module name that Python or a package already uses is refused."""
    made()
    refused = bring("--all", "--yes", "--out", out)
    assert refused.exit_code == 1
    assert refused.output.count("\n") == 1
    assert f"{out} would be called like {by}" in refused.output
    assert not (stub.parent / out).exists()
    assert not (stub / "imported.json").exists()


def test_a_module_of_the_project_takes_no_name(stub: Path) -> None:
    """An existing module that an import wrote is extended."""
    made()
    Path("lines.py").write_text("", encoding="utf-8")
    Path("folder").mkdir()
    for out in ("lines.py", "folder.py"):
        assert bring("--all", "--json", "--out", out).exit_code == 2


def test_a_stack_that_has_a_module_is_told_what_to_add(stub: Path) -> None:
    """An existing stack file stays unchanged; the command prints once what to add."""
    made(name="one")
    own = Path("stacks/dev.py")
    own.write_text("# mine\n", encoding="utf-8")
    assert "add `from stacks import _imported_dev`" in bring("--all", "--yes").output
    assert own.read_text(encoding="utf-8") == "# mine\n"
    made(name="two")
    state(stub, *imported(stub))
    own.write_text("from stacks import _imported_dev\n", encoding="utf-8")
    again = bring("--all", "--yes")
    assert again.exit_code == 0, again.output
    assert "Declare them" not in again.output


def test_where_the_state_is_not_written_the_module_is_as_it_was(stub: Path) -> None:
    """If the state cannot be written, the module is restored."""
    made()
    (stub / "locked").touch()
    locked = bring("--all", "--yes")
    assert locked.exit_code == 1
    assert "the stack is locked" in locked.output
    assert not MODULE.exists()
    MODULE.write_text(HEAD, encoding="utf-8")
    assert bring("--all", "--yes").exit_code == 1
    assert MODULE.read_text(encoding="utf-8") == HEAD
    (stub / "locked").unlink()
    state(stub, file="next.json", manifest={})
    assert "another run has changed the state" in bring("--all", "--yes").output
    assert MODULE.read_text(encoding="utf-8") == HEAD


def test_an_import_that_was_killed_is_finished_by_the_next(stub: Path) -> None:
    """The import after a killed one completes the state and only appends to the module."""
    made(name="one")
    authentication = {"username": "a-user-name-of-20-ch", "password": "a-password-of-20-chars"}
    made(sipUri="sip:a@sip.vapi.ai", authentication=authentication, name="entry")
    assert bring("--all", "--yes").exit_code == 0
    text = MODULE.read_text(
        encoding="utf-8"
    )  # The stub's state never changes: as if the engine was not asked.
    made(name="one")
    told = bring("--all", "--yes")
    assert told.exit_code == 0, told.output
    assert "An import was interrupted" in told.output
    assert MODULE.read_text(encoding="utf-8").startswith(text)
    assert (
        MODULE.read_text(encoding="utf-8").count("= vapi.VapiPhoneNumber(")
        == len(imported(stub))
        == 3
    )
    MODULE.write_text(text.replace('name="one"', 'name="two"'), encoding="utf-8")
    refused = bring("--all", "--yes")
    assert "Remove them from the module" in refused.output
    assert "two" in MODULE.read_text(encoding="utf-8")


def test_a_state_that_was_written_though_the_answer_was_lost_keeps_its_module(stub: Path) -> None:
    """The module stays if the state was written although the command failed."""
    id_ = made()["id"]
    (stub / "drop").touch()
    assert bring("--all", "--yes").exit_code == 1
    assert id_ in MODULE.read_text(encoding="utf-8")
    (stub / "drop").unlink()
    assert not Path("stacks/dev.py").exists()
    assert "nothing new" in bring("--all", "--yes").output
    assert "_imported_dev" in Path("stacks/dev.py").read_text(encoding="utf-8")


def test_secrets_go_to_config_and_never_through_words(stub: Path) -> None:
    """Visible secrets are set through stdin, never as arguments; missing ones are listed."""
    twilio = {"provider": "twilio", "twilioAccountSid": "AC1"}
    made(**twilio, number="+14155552671", twilioAuthToken="token-one")
    made(**twilio, number="+14155552672", twilioAuthToken="token-two")
    made(**twilio, number="+14155552673", twilioAuthToken="token-one")
    authentication = {"username": "a-user-name-of-20-ch", "password": "a-password-of-20-chars"}
    made(sipUri="sip:a@sip.vapi.ai", authentication=authentication, name="entry")
    config(stub, **{"shop:twilio-auth-token-ac1": "token-one"})
    assert "for you to fill in: entry-sip-password" in bring("--all").output
    done = bring("--all", "--yes")
    assert done.exit_code == 0, done.output
    assert (stub / "keys").read_text(encoding="utf-8").split() == ["twilio-auth-token-ac1-2"]
    # pulumi takes one line's end away, so that a value keeps its own.
    assert (stub / "values").read_text(encoding="utf-8") == "token-two\n"
    assert "config set --secret entry-sip-password --stack dev" in done.output
    assert not any(
        word in done.output + MODULE.read_text(encoding="utf-8")
        for word in ("token-one", "token-two")
    )


def test_a_secret_that_is_in_config_before_is_recorded(stub: Path) -> None:
    """A secret that the account hides is taken from the config."""
    authentication = {"username": "a-user-name-of-20-ch", "password": "a-password-of-20-chars"}
    made(sipUri="sip:a@sip.vapi.ai", authentication=authentication, name="entry")
    config(stub, **{"shop:entry-sip-password": "known-password-of-20"})
    done = bring("--all", "--yes")
    assert "for you to fill in" not in done.output
    assert "does not show" not in done.output
    (one,) = imported(stub)
    assert json.loads(one["inputs"]["authentication"]["password"]["plaintext"]) == (
        "known-password-of-20"
    )


def test_masked_numbers_are_read_one_by_one(stub: Path) -> None:
    """A number that lists mask is read by its id and declared."""
    config(stub, "?switch=mask_listed_numbers%3Dtrue")
    made(provider="vonage", number="+14155552671", credentialId=UUID)
    assert bring("--all", "--yes").exit_code == 0
    assert 'number="+14155552671"' in MODULE.read_text(encoding="utf-8")


def test_what_is_wanted_is_chosen(stub: Path) -> None:
    """Numbers are chosen by id or pattern; an unknown id is an error."""
    first, second = made(name="Support A"), made(name="Sales")
    assert bring().exit_code == 1
    assert bring("no-such-id").exit_code == 1
    assert "matches 'support*'" in bring("--match", "support*").output
    told = json.loads(bring("--match", "Support*", "--json").stdout)
    assert [one["id"] for one in told["numbers"]] == [first["id"]]
    assert not told["changed"]
    told = json.loads(bring(second["id"], "--json").stdout)
    assert [one["id"] for one in told["numbers"]] == [second["id"]]
    told = json.loads(bring("--match", second["number"], "--json").stdout)
    assert [one["resource"] for one in told["numbers"]] == ["sales"]


def test_what_is_unsafe_is_refused(stub: Path) -> None:
    """Another account's state, pending operations and broken modules are refused."""
    id_ = made()["id"]
    state(stub, resource("x", "elsewhere"))
    assert f"recorded in {ORG}" in bring("--all", "--yes").output
    state(stub, pending_operations=[creating("a")])
    assert "run `recover` for it first" in bring("--all", "--yes").output
    other = str((stub / "export.json").rename(stub / "other.json"))
    state(stub)
    assert "another given stack has pending" in bring("--all", "--yes", "--state", other).output
    MODULE.write_text(f"{HEAD}a = '{id_}'\n", encoding="utf-8")
    assert "an import was interrupted" in bring("--all", "--yes").output
    MODULE.write_text("import pulumi\nimport vapi_provider\n", encoding="utf-8")
    assert "has no vapi, reached" in bring("--all", "--yes").output
    MODULE.write_text("def (\n", encoding="utf-8")
    assert "is not valid Python" in bring("--all", "--yes").output
    assert "--out FILE" not in bring("--all").output
    Path("stacks").rename("elsewhere")
    assert "--out FILE" in bring("--all", "--yes").output
    assert not (stub / "imported.json").exists()


def test_what_a_person_should_know_is_said(stub: Path) -> None:
    """Warnings name labels of other stacks, hidden headers and fields without a schema."""
    config(stub, "?switch=echo_server_headers%3Dfalse&switch=unknown_fields%3Dtrue")
    made(name="shop/prod/a", server={"url": "https://a.example/x", "headers": {"X": "y"}})
    told = bring("--all")
    assert "another stack may hold these" in told.output
    assert "shows no server headers" in told.output
    assert "unknown to this package" in told.output


def test_list_shows_the_account(stub: Path) -> None:
    """`list` shows what answers each number and which stack holds it."""
    assert "no phone numbers" in CliRunner().invoke(main, ["list", "--stack", "dev"]).output
    record = made(name="line", server={"url": "https://a.example/token"})
    made(hooks=[{"on": "call.ending", "do": {"type": "say", "exact": "x"}}], name=None)
    state(stub, resource("x", record["id"]))
    told = CliRunner().invoke(main, ["list", "--stack", "dev"])
    assert told.exit_code == 0
    (line,) = [it for it in told.output.splitlines() if record["id"] in it]
    assert "server a.example" in line
    assert line.endswith("dev")
    assert "/token" not in told.output
    assert "hooks" in told.output
