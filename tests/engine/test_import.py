"""An account of numbers created by hand, imported with the real engine."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import Account, Project, Result, new_project, serve

pytestmark = pytest.mark.engine

UUID = "7c0a1c3a-6e4f-4a6e-9b57-0d5c6f6f2b11"
TOKEN, HEADER, PASSWORD = "a-twilio-token", "a-header-secret", "a-sip-password-of-20"
SECRETS = (TOKEN, HEADER, PASSWORD)
BY_HAND: list[dict[str, Any]] = [
    {"provider": "vapi", "numberDesiredAreaCode": "415", "name": "Support line",
     "server": {"url": "https://voice.example.com/x", "timeoutSeconds": 20,
                "headers": {"X-Token": HEADER}},
     "hooks": [{"on": "call.ending", "do": {"type": "say", "exact": 'Sorry, "closed"\n' * 12}}]},
    {"provider": "vapi", "sipUri": "sip:Entry@sip.vapi.ai", "name": "class",
     "authentication": {"username": "a-user-name-of-20-ch", "password": PASSWORD},
     "fallbackDestination": {"type": "number", "number": "+14155550100", "message": ""}},
    {"provider": "twilio", "number": "+14155552671", "twilioAccountSid": "AC1",
     "twilioAuthToken": TOKEN, "name": "Desk \u260e"},
    {"provider": "twilio", "number": "+14155552672", "twilioAccountSid": "AC1",
     "twilioAuthToken": TOKEN, "smsEnabled": False},
    {"provider": "vonage", "number": "+14155552673", "credentialId": UUID,
     "name": "numbers/test/v"},
    {"provider": "telnyx", "number": "+14155552674", "credentialId": UUID, "assistantId": UUID},
    {"provider": "byo-phone-number", "credentialId": UUID, "name": "Desk \u260e"},
]  # fmt: skip


def made(account: Account, body: dict[str, Any]) -> str:
    """Create a record as somebody does in the dashboard; return its id."""
    return account.http.post("/phone-number", json=body).raise_for_status().json()["id"]


def as_set(account: Account) -> list[dict[str, Any]]:
    """Return the records without what changes by itself: a bought number becomes active."""
    by_itself = ("status", "updatedAt")
    return [
        {name: value for name, value in one.items() if name not in by_itself}
        for one in account.records()
    ]


def command(project: Project, *words: str) -> Result:
    """Run `python -m vapi_provider …` in the project's folder, without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "vapi_provider", *words],
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout, done.stdout
    assert not any(secret in done.stdout for secret in SECRETS)
    return Result(done.returncode, done.stdout)


def bring(project: Project, *words: str) -> Result:
    """Run `import` for the project's stack."""
    return command(project, "import", "--stack", "test", "--out", "imported.py", *words)


def fill_in(project: Project, key: str, value: str) -> None:
    """Set a secret as a user does."""
    subprocess.run(
        ["pulumi", "config", "set", "--secret", key, "--stack", "test", "--non-interactive"],
        cwd=project.folder, env=project.environment, input=value, encoding="utf-8", check=True,
        capture_output=True,
    )  # fmt: skip


def nothing_to_do(project: Project, *words: str) -> None:
    """Assert that the next preview, or the given command, finds no change."""
    result = project.pulumi(*(words or ("preview",)), "--expect-no-changes")
    assert result.code == 0, result.text


def test_an_account_made_by_hand_becomes_code(project: Project, account: Account) -> None:
    """Imported numbers have no changes, and a hidden secret is sent once it changes."""
    ids = [made(account, body) for body in BY_HAND]
    records, sent = as_set(account), len(account.requests())
    (project.folder / "__main__.py").write_text("import imported\n", encoding="utf-8")
    module = project.folder / "imported.py"

    asked = bring(project, "--all")
    assert asked.code == 2
    assert "Pass `--yes` to apply" in asked.text
    assert not module.exists()
    done = bring(project, "--all", "--yes")
    assert done.code == 0, done.text
    assert "pulumi config set --secret class-line-sip-password --stack test" in done.text
    text = module.read_text(encoding="utf-8")
    assert not any(secret in text for secret in SECRETS)
    assert re.search(r'require_secret\(\s+"twilio-auth-token-ac1",\s+\)', text)
    assert '"v",\n    number=' in text  # Its label is its automatic name.
    missing = project.pulumi("preview")
    assert missing.code != 0
    assert "class-line-sip-password" in missing.text

    fill_in(project, "class-line-sip-password", PASSWORD)
    nothing_to_do(project)
    assert project.up() == {}
    assert project.refresh() == {}
    nothing_to_do(project)
    assert as_set(account) == records
    assert {request.split()[0] for request in account.requests()[sent:]} == {"GET"}
    assert {item["id"] for item in project.state()} == set(ids)
    assert all(item["protect"] for item in project.state())
    exported = project.pulumi("stack", "export").text
    assert not any(secret in exported for secret in SECRETS)
    (backup,) = (project.folder / ".pulumi" / "import").iterdir()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600

    again = bring(project, "--all", "--yes")
    assert (again.code, module.read_text(encoding="utf-8")) == (0, text)
    edited = f"{text}\n# A person's own words.\n"
    module.write_text(edited, encoding="utf-8")
    new = made(account, {**BY_HAND[0], "numberDesiredAreaCode": "212"})
    assert bring(project, new, "--yes").code == 0
    assert module.read_text(encoding="utf-8").startswith(edited)
    assert '"support-line-2",' in module.read_text(encoding="utf-8")
    nothing_to_do(project)

    # The password was never shown: another one is a change, and it is sent.
    sent = len(account.requests())
    fill_in(project, "class-line-sip-password", "another-password-of-20")
    assert project.up() == {"update": 1}
    assert [it for it in account.requests()[sent:] if "GET" not in it] == [
        f"PATCH /phone-number/{ids[1]}"
    ]
    assert project.up() == {}


def test_what_another_stack_holds_is_refused(
    project: Project, account: Account, tmp_path: Path
) -> None:
    """Records of a given stack or state file are not imported; `list` shows who holds them."""
    project.program('VapiPhoneNumber("line", number_desired_area_code="415", name="held")')
    project.up()
    (held,) = (item["id"] for item in project.state())
    free = made(account, BY_HAND[5])
    other = new_project(tmp_path, account.url, "other")
    (other.folder / "__main__.py").write_text("import imported\n", encoding="utf-8")
    (tmp_path / "held.json").write_text(project.pulumi("stack", "export").text, encoding="utf-8")
    given = ("--state", str(tmp_path / "held.json"))

    refused = bring(other, held, "--yes", *given)
    assert refused.code == 1
    assert f"{held} is held by another given stack" in refused.text
    assert bring(other, "--match", "held", "--yes", *given).code == 0
    assert not (other.folder / "imported.py").exists()
    assert bring(other, "--all", "--yes", *given).code == 0
    assert [item["id"] for item in other.state()] == [free]
    nothing_to_do(other)

    listed = command(other, "list", "--stack", "test", *given, "--json")
    assert listed.code == 0
    rows = {one["id"]: one for one in json.loads(listed.text)["numbers"]}
    assert rows[held]["stack"] == given[1]
    assert rows[free]["stack"] == "test"
    assert rows[free]["answered by"] == f"assistant {UUID}"
    assert free in command(other, "list", "--stack", "test").text


@pytest.mark.parametrize("way", ["retain_on_delete", "state delete"])
def test_a_number_leaves_a_stack_without_being_released(
    project: Project, account: Account, way: str
) -> None:
    """`retain_on_delete` and `pulumi state delete` both remove a number without its release."""
    id_ = made(account, BY_HAND[0])
    (project.folder / "__main__.py").write_text("import imported\n", encoding="utf-8")
    assert bring(project, id_, "--yes").code == 0
    module = project.folder / "imported.py"
    (project.folder / "__main__.py").write_text("", encoding="utf-8")
    kept = project.pulumi("up", "--yes", "--skip-preview")
    assert kept.code != 0
    assert "protect" in kept.text
    if way == "state delete":
        (urn,) = (item["urn"] for item in project.state())
        gone = project.pulumi("state", "delete", urn, "--yes", "--force", "--stack", "test")
        assert gone.code == 0, gone.text
        assert project.up() == {}
    else:
        (project.folder / "__main__.py").write_text("import imported\n", encoding="utf-8")
        text = module.read_text(encoding="utf-8")
        module.write_text(text.replace("protect=True", "retain_on_delete=True"), encoding="utf-8")
        assert project.up() == {}
        (project.folder / "__main__.py").write_text("", encoding="utf-8")
        assert project.up() == {"delete": 1}
    assert [item["id"] for item in account.records()] == [id_]
    assert project.state() == []


@pytest.mark.usefixtures("_pulumi")
def test_an_account_that_shows_everything_asks_for_nothing(tmp_path: Path) -> None:
    """If the account shows every secret, all are in config and state, and none is left to set."""
    shown = ("--switch", "echo_sip_password=true", "--switch", "unknown_fields=true")
    with serve(tmp_path, "open", *shown) as account:
        project = new_project(tmp_path, account.url)
        (project.folder / "stacks").mkdir()
        (project.folder / "stacks" / "__init__.py").write_text("", encoding="utf-8")
        main = "from stacks import test\nimport pulumi\npulumi.export('numbers', test.declare())\n"
        (project.folder / "__main__.py").write_text(main, encoding="utf-8")
        made(account, BY_HAND[1])
        done = command(project, "import", "--stack", "test", "--all", "--yes", "--json")
        assert done.code == 0, done.text
        told = json.loads(done.text)
        assert told["secrets_set"] == ["class-line-sip-password"]
        assert told["secrets_to_fill"] == []
        assert told["unknown_fields"]
        assert told["module"] == "stacks/_imported_test.py"
        assert (project.folder / "stacks" / "test.py").exists()
        assert project.pulumi("preview").code == 0
        nothing_to_do(project, "refresh", "--preview-only")
        assert PASSWORD not in project.pulumi("stack", "export").text
