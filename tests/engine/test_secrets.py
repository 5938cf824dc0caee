"""Secrets on the real engine: what is planted in a program or an account is nowhere in clear."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.engine.conftest import Account, Project

pytestmark = pytest.mark.engine

CANARY = "canary-0123456789-for-tests"

LINE = """
VapiPhoneNumber(
    "line", sip_uri="sip:line@sip.vapi.ai", assistant_id="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11",
    authentication={"username": "user-for-tests-only-1", "password": "password-for-tests-only"},
    server={"url": "https://voice.example.com", "headers": {"X": "yy"}}%s
)
"""

OF_THE_PROCESS = """
def add(args):
    if not args.type_.startswith("pulumi-python:"):
        return None
    server = {"url": "https://a.example.com", "headers": {"X-Token": "CANARY"}}
    return pulumi.ResourceTransformationResult({**args.props, "server": server}, args.opts)

pulumi.runtime.register_stack_transformation(add)
"""

OF_THE_ENGINE = """
def add(args):
    if not args.type_.startswith("pulumi-python:"):
        return None
    server = {"url": "https://a.example.com", "headers": {"X-Token": "CANARY"}}
    return pulumi.ResourceTransformResult({**args.props, "server": server}, args.opts)

pulumi.runtime.register_resource_transform(add)
"""


def exported(project: Project) -> str:
    """The state as a text."""
    return project.pulumi("stack", "export").text


def everything(project: Project) -> str:
    """The state, previews and drift in all forms, and what the engine's own preview says."""
    texts = [exported(project)]
    for words in (("preview",), ("preview", "--diff"), ("preview", "--json")):
        texts.append(project.pulumi(*words).text)
    for verb in ("preview", "drift"):
        for form in ("text", "markdown", "json"):
            texts.append(project.command(verb, "--stack", "test", "--format", form).text)
    return "\n".join(texts)


@pytest.mark.parametrize("transform", [OF_THE_PROCESS, OF_THE_ENGINE], ids=["process", "engine"])
def test_what_a_transform_adds_is_encrypted(
    project: Project, account: Account, transform: str
) -> None:
    """Headers that come from a stack transform of either kind are in no state and no preview."""
    project.program(
        transform.replace("CANARY", CANARY)
        + 'VapiPhoneNumber("line", number_desired_area_code="415")'
    )
    assert CANARY not in everything(project)
    assert project.up() == {"create": 2}
    assert account.record("line")["server"]["headers"] == {"X-Token": CANARY}
    assert CANARY not in everything(project)
    project.program(
        transform.replace("CANARY", f"other-{CANARY}")
        + 'VapiPhoneNumber("line", number_desired_area_code="415")'
    )
    assert "other-" not in everything(project)
    assert project.up() == {"update": 1}
    assert project.refresh() == {}
    assert project.up() == {}
    assert CANARY not in exported(project)


def in_clear(project: Project, change: Callable[[dict], None]) -> None:
    """Rewrites the state as an earlier version would have left it: a secret in clear."""
    state = json.loads(project.pulumi("stack", "export", "--show-secrets").text)
    (line,) = [one for one in state["deployment"]["resources"] if "dynamic/vapi" in one["type"]]
    for bag in (line["inputs"], line["outputs"]):
        change(bag)
    (project.folder / "state.json").write_text(json.dumps(state))
    result = project.pulumi("stack", "import", "--file", "state.json")
    assert result.code == 0, result.text


def test_a_state_in_clear_is_encrypted_by_a_refresh(project: Project, account: Account) -> None:
    """What an earlier version recorded in clear previews without a change, before and after."""
    project.program(
        OF_THE_ENGINE.replace("CANARY", CANARY)
        + 'VapiPhoneNumber("line", number_desired_area_code="415")'
    )
    project.up()

    def headers(bag: dict) -> None:
        bag["server"] = {"url": "https://a.example.com", "headers": {"X-Token": CANARY}}

    in_clear(project, headers)
    assert exported(project).count(CANARY) == 2
    before = len(account.requests())
    for words in (("preview",), ("refresh", "--preview-only"), ("preview", "--refresh")):
        result = project.pulumi(*words, "--expect-no-changes")
        assert result.code == 0, result.text
    assert project.command("preview", "--stack", "test").code == 0
    assert project.command("drift", "--stack", "test").code == 0
    assert project.refresh() == {}
    assert CANARY not in exported(project)
    result = project.pulumi("preview", "--expect-no-changes")
    assert result.code == 0, result.text
    assert project.up() == {}
    assert not [it for it in account.requests()[before:] if not it.startswith("GET")]


FALLBACK = """
VapiPhoneNumber(
    "line", number_desired_area_code="415", server={"url": %s, "headers": {"X": "a-header-value"}},
    fallback_destination={"type": "number", "number": %s}
)
"""


def test_a_leaf_that_becomes_secret_is_encrypted_without_a_request(
    project: Project, account: Account
) -> None:
    """A nested value that is a secret from now on is recorded so; nothing is sent for it."""
    number, url = "+14155550177", f"https://{CANARY}.example.com"
    project.program(FALLBACK % (repr(url), repr(number)))
    project.up()
    assert number in exported(project)
    secret = "pulumi.Output.secret(%r)"
    project.program(FALLBACK % (secret % url, secret % number))
    found = project.command("preview", "--stack", "test", "--format", "json")
    (change,) = json.loads(found.text)["changes"]
    paths = {one["path"]: one["secret"] for one in change["fields"]}
    assert paths == {"fallback_destination.number": True, "server.url": True}
    assert change["action"] == "changed"
    for form in ("text", "markdown", "json"):
        text = project.command("preview", "--stack", "test", "--format", form).text
        assert number not in text
        assert CANARY not in text
    before = len(account.requests())
    assert project.up() == {"update": 1}
    assert len(account.requests()) == before
    assert number not in exported(project)
    assert CANARY not in exported(project)
    assert project.up() == {}
    assert project.refresh() == {}
    assert project.up() == {}
    assert number not in exported(project)
