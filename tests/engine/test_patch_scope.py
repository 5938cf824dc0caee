"""The fields of a PATCH on the real engine: those that changed, and no others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import Account, Project, new_project, serve
from tests.engine.test_preview_command import document, ours

pytestmark = pytest.mark.engine

KEYS = ("--switch", "nested_keys_taken=secret,newKey")
ASSISTANT = "5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """An account whose nested objects may hold keys that no model knows."""
    with serve(tmp_path, "account", *KEYS) as served:
        yield served


@pytest.fixture
def project(tmp_path: Path, account: Account, _pulumi: None) -> Project:
    """An empty project whose stack `test` points at `account`."""
    return new_project(tmp_path, account.url)


def declared(project: Project, options: str = "", **fields: Any) -> None:
    """A program with one number of these fields."""
    project.program(
        f'VapiPhoneNumber("line", sip_uri="sip:line@sip.vapi.ai", **{fields!r}, '
        f"opts=pulumi.ResourceOptions({options}))"
    )


def bodies(account: Account, project: Project) -> list[str]:
    """The requests of one `up` that must succeed."""
    before = len(account.requests())
    project.up()
    return [request.split()[0] for request in account.requests()[before:]]


def test_a_nested_change_keeps_what_no_model_knows(project: Project, account: Account) -> None:
    """A legacy secret and unknown keys of server, fallback and another hook stay in the account."""
    server = {"url": "https://a.example", "timeout_seconds": 30}
    fallback = {"type": "number", "number": "+14155550100"}
    hooks = [
        {"on": "call.ringing", "do": [{"type": "say", "exact": "Hello"}]},
        {"on": "call.ending", "do": {"type": "say", "exact": "Bye"}},
    ]
    declared(project, server=server, fallback_destination=fallback, hooks=hooks)
    project.up()
    id_ = account.record("line")["id"]
    account.change(
        id_,
        server={"url": "https://a.example", "timeoutSeconds": 30, "secret": "legacy-for-tests"},
        fallbackDestination={**fallback, "newKey": {"deep": [1]}},
        hooks=[hooks[0], {**hooks[1], "newKey": 1}],
    )
    assert bodies(account, project) == []
    server["timeout_seconds"], fallback["number"] = 40, "+14155550101"
    hooks[0]["do"][0]["exact"] = "Hi"
    declared(project, server=server, fallback_destination=fallback, hooks=hooks)
    assert bodies(account, project) == ["GET", "PATCH"]
    now = account.record("line")
    assert now["server"] == {
        "url": "https://a.example",
        "timeoutSeconds": 40,
        "secret": "legacy-for-tests",
    }
    assert now["fallbackDestination"] == {**fallback, "newKey": {"deep": [1]}}
    assert now["hooks"] == [hooks[0], {**hooks[1], "newKey": 1}]
    assert bodies(account, project) == []
    assert project.refresh() == {}


def test_an_ignored_nested_path_is_never_overwritten(project: Project, account: Account) -> None:
    """A header that was rotated in the dashboard survives a change beside it, and a line says so.

    Also after a refresh, where the state holds no more than a placeholder of it.
    """
    server: dict[str, Any] = {"url": "https://a.example", "headers": {"X-Token": "old-for-tests"}}
    ignore = 'ignore_changes=["server.headers"]'
    declared(project, ignore, server=server)
    project.up()
    id_ = account.record("line")["id"]
    for refresh, url in ((False, "https://b.example"), (True, "https://c.example")):
        rotated = {"X-Token": f"rotated-for-tests-{refresh}"}
        account.change(id_, server={**account.record("line")["server"], "headers": rotated})
        if refresh:
            project.refresh()
        declared(project, ignore, server={**server, "url": url})
        done = project.pulumi("up", "--yes", "--skip-preview")
        assert done.code == 0, done.text
        line = 'server.headers["X-Token"]: changed outside since the last refresh, kept'
        assert (line in done.text) is not refresh
        assert account.record("line")["server"] == {"url": url, "headers": rotated}
        assert "rotated-for-tests" not in project.pulumi("stack", "export").text
        assert bodies(account, project) == []


def test_a_flat_field_costs_one_request(project: Project, account: Account) -> None:
    """A change of flat fields is one PATCH without a read, beside an object that stays."""
    declared(project, server={"url": "https://a.example"}, assistant_id=ASSISTANT)
    project.up()
    declared(project, server={"url": "https://a.example"}, name="mine")
    assert bodies(account, project) == ["PATCH"]
    declared(project, name="mine")
    assert bodies(account, project) == ["PATCH"]
    assert account.record("mine")["server"] is None


def test_what_a_hook_may_lose_is_named_at_preview(project: Project, account: Account) -> None:
    """A hook that moves, and one that takes another's place, are in the preview with their path."""
    say = [{"on": "call.ringing", "do": [{"type": "say", "exact": word}]} for word in "abc"]
    declared(project, hooks=say)
    project.up()
    declared(project, hooks=[say[1], say[0], say[2]])
    assert "hooks[1]: moved from hooks[0]" in project.pulumi("preview").text
    other = {"on": "call.ringing", "do": [{"type": "say", "exact": "d"}]}
    declared(project, hooks=[other, say[2]])
    told = document(ours(project, "preview", "--json"))
    texts = [one["text"] for one in told["warnings"]]
    assert any("hooks[0]: takes the place of another item" in text for text in texts)
    declared(project, hooks=say[1:])
    assert "hooks[" not in json.dumps(document(ours(project, "preview", "--json"))["warnings"])


ADOPTED = {
    "provider": "vapi",
    "numberDesiredAreaCode": "628",
    "name": "by hand",
    "assistantId": "8a0e5a3f-6ad8-4a5f-8a0e-5a3f5d0b8a11",
    "server": {"url": "https://a.example", "headers": {"X-Token": "token-for-tests"}, "newKey": 1},
    "hooks": [{"on": "call.ending", "do": {"type": "say", "exact": "Bye"}}],
    "fallbackDestination": {"type": "number", "number": "+14155550100"},
}


def test_adopting_touches_declared_fields_alone(project: Project, account: Account) -> None:
    """The rest is kept and recorded; clearing it is a change that the next preview shows."""
    made = account.http.post("/phone-number", json=ADOPTED).raise_for_status().json()
    adopt = f'VapiPhoneNumber("line", adopt_id="{made["id"]}", assistant_id="{ASSISTANT}"'
    project.program(f"{adopt})")
    before = len(account.requests())
    project.up()
    assert [one.split()[0] for one in account.requests()[before:]] == ["GET", "PATCH"]
    now = account.record("line")
    after = {**made, "assistantId": ASSISTANT, "name": "numbers/test/line"}
    later = ("updatedAt", "status")
    assert {**now, **dict.fromkeys(later)} == {**after, **dict.fromkeys(later)}
    assert "token-for-tests" not in project.pulumi("stack", "export").text
    shown = document(ours(project, "preview", "--json"))
    (change,) = shown["changes"]
    assert {one["path"] for one in change["fields"]} == {"server", "hooks", "fallback_destination"}
    assert "token-for-tests" not in json.dumps(shown)
    project.program(f'{adopt}, server={{"url": "https://a.example", "timeout_seconds": 30}})')
    assert project.up() == {"update": 1}
    now = account.record("line")
    assert now["server"] == {"url": "https://a.example", "timeoutSeconds": 30, "newKey": 1}
    assert now["hooks"] is now["fallbackDestination"] is None
    assert project.up() == {}
    assert project.refresh() == {}


def test_adopting_leaves_ignored_fields_alone(project: Project, account: Account) -> None:
    """Neither the adoption nor a later change touches a field under `ignore_changes`."""
    made = account.http.post("/phone-number", json=ADOPTED).raise_for_status().json()
    ignored = ["hooks", "server.headers", "fallback_destination", "assistant_id"]
    program = f"""
    VapiPhoneNumber("line", adopt_id="{made["id"]}", assistant_id="{ASSISTANT}",
                    server={{"url": "https://b.example"}},
                    opts=pulumi.ResourceOptions(ignore_changes={ignored!r}))
    """
    project.program(program)
    project.up()
    kept = {name: made[name] for name in ("hooks", "fallbackDestination", "assistantId")}
    server = {**made["server"], "url": "https://b.example"}
    assert account.record("line").items() >= {**kept, "server": server}.items()
    assert project.up() == {}
    assert ours(project, "preview").code == 0
    project.program(program.replace("b.example", "c.example"))
    assert project.up() == {"update": 1}
    server["url"] = "https://c.example"
    assert account.record("line").items() >= {**kept, "server": server}.items()
    project.refresh()
    assert project.up() == {}


def test_an_imported_record_keeps_its_legacy_secret_and_its_numbers(
    project: Project, account: Account
) -> None:
    """The first preview is empty whatever numbers there are, and a change later drops nothing."""
    numbers = {"X-Float": 1e300, "X-Whole": 2**53 + 1, "X-Half": 1.5}
    fallback = {"type": "sip", "sipUri": "sip:desk@b.example", "sipHeaders": numbers}
    server = {"url": "https://a.example", "timeoutSeconds": 30, "secret": "legacy-for-tests"}
    body = {"provider": "vapi", "sipUri": "sip:line@sip.vapi.ai", "name": "line"}
    body |= {"server": server, "fallbackDestination": fallback}
    account.http.post("/phone-number", json=body).raise_for_status()
    words = ("import", "--stack", "test", "--out", "imported.py", "--all", "--yes")
    done = project.command(*words)
    assert done.code == 0, done.text
    (project.folder / "__main__.py").write_text("import imported\n", encoding="utf-8")
    shown = ours(project, "preview")
    assert (shown.code, "no changes" in shown.text) == (0, True), shown.text
    assert bodies(account, project) == []
    module = project.folder / "imported.py"
    text = re.sub(r"(timeout_seconds\W+)30\b", r"\g<1>40", module.read_text(encoding="utf-8"))
    module.write_text(text.replace("desk@", "front@"), encoding="utf-8")
    assert bodies(account, project) == ["GET", "PATCH"]
    now = account.record("line")
    assert now["server"] == {**server, "timeoutSeconds": 40}
    assert now["fallbackDestination"] == {**fallback, "sipUri": "sip:front@b.example"}
    assert bodies(account, project) == []
