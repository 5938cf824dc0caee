"""The pipelines as they are, end to end: a change is previewed, deployed, and drift is put back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.engine.conftest import KEY, Account, serve
from tests.pipelines.conftest import Configure
from tests.support.runner import GitHub
from tests.support.stores import S3_KEYS, s3_server

pytestmark = pytest.mark.engine

STACKS = ["dev", "staging", "prod"]
OURS = "acme/numbers"


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[dict[str, Account]]:
    """An account for each stack, which knows one key."""
    with ExitStack() as all_of_them:
        yield {name: all_of_them.enter_context(serve(tmp_path, name)) for name in STACKS}


@pytest.fixture
def configured(github: GitHub, configure: Configure) -> None:
    """Each stack with its secrets."""
    with ThreadPoolExecutor() as together:
        list(together.map(lambda stack: configure(stack, github.secrets[stack]), STACKS))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """The bucket that all that is shared between the runners lies in: states and journal."""
    with s3_server(tmp_path / "s3.log") as url:
        yield f"{url}&region={S3_KEYS['AWS_REGION']}"


@pytest.fixture
def github(tmp_path: Path, repository: Path, accounts: dict[str, Account], store: str) -> GitHub:
    """The repository at GitHub, with the environments that docs/pipelines.md asks for."""
    secrets: dict[str, dict[str, str]] = {}
    for stack in STACKS:
        state = {
            "PULUMI_BACKEND_URL": store,
            "AWS_ACCESS_KEY_ID": S3_KEYS["AWS_ACCESS_KEY_ID"],
            "AWS_SECRET_ACCESS_KEY": S3_KEYS["AWS_SECRET_ACCESS_KEY"],
            "PULUMI_CONFIG_PASSPHRASE": f"passphrase-of-{stack}",
        }
        secrets[f"{stack}-preview"] = state
        secrets[stack] = secrets[f"{stack}-watch"] = {**state, "VAPI_API_KEY": KEY}
    beyond = {stack: {"VAPI_BASE_URL": account.url} for stack, account in accounts.items()}
    return GitHub(repository, tmp_path / "github", secrets, beyond)


def pull_request(github: GitHub, repository: str = OURS, **options: str) -> str:
    """Runs what a pull request runs; its jobs' logs, which must be of successes."""
    event = {"number": 7, "head": {"repo": {"full_name": repository}}, "user": {"login": "ada"}}
    jobs = github.run("preview.yml", ref="refs/pull/7/merge", pull_request=event, **options)
    assert all(job.succeeded for job in jobs), [job.log for job in jobs]
    return "".join(job.log for job in jobs)


def comments(github: GitHub) -> dict[str, str]:
    """Each stack's comment; there is one a stack at most."""
    found = {one["body"].split("`")[1]: one["body"] for one in github.told("comments")}
    assert len(found) == len(github.told("comments"))
    return found


@pytest.mark.usefixtures("configured")
def test_a_change_goes_through_the_pipelines(github: GitHub, accounts: dict[str, Account]) -> None:
    """Previewed without a call, deployed, changed in place; drift is found and put back."""
    pull_request(github)
    assert sorted(comments(github)) == sorted(STACKS)
    assert all("switchboard" in body for body in comments(github).values())
    assert [account.requests() for account in accounts.values()] == [[], [], []]

    deployed = github.run("deploy.yml")
    assert [job.name for job in deployed] == [f"up {stack}" for stack in STACKS]
    assert all(job.succeeded for job in deployed), [job.log for job in deployed]
    made = {stack: {item["id"] for item in accounts[stack].records()} for stack in STACKS}
    assert [len(ids) for ids in made.values()] == [3, 3, 3]
    for job in deployed:
        assert "Checkpoints are off: the journal is shared" in job.log

    lines = github.repository / "stacks" / "_lines.py"
    words = lines.read_text(encoding="utf-8")
    lines.write_text(
        words.replace("Connecting you to our support desk.", "One moment, please."),
        encoding="utf-8",
    )
    assert lines.read_text(encoding="utf-8") != words
    before = comments(github)
    pull_request(github, only="prod")
    after = comments(github)
    assert after["prod"] != before["prod"]
    assert {**after, "prod": ""} == {**before, "prod": ""}
    assert all(job.succeeded for job in github.run("deploy.yml"))
    for stack in STACKS:
        assert {item["id"] for item in accounts[stack].records()} == made[stack]
        support = accounts[stack].record("support")
        assert support["fallbackDestination"]["message"] == "One moment, please."

    quiet = github.run("watch.yml", only="prod", schedule="17 3 * * *")
    assert [job.succeeded for job in quiet] == [True], quiet[0].log
    assert github.told("issues") == []
    support = accounts["prod"].record("support")
    accounts["prod"].change(support["id"], assistantId="5f2cf2d4-6ad8-4a5f-8a0e-5a3f5d0b8a11")
    for _ in range(2):  # A second night tells it in the same issue.
        loud = github.run("watch.yml", only="prod", schedule="17 3 * * *")
        assert [job.succeeded for job in loud] == [False]
    (issue,) = github.told("issues")
    assert issue["title"] == "drift in stack prod"
    assert "support" in issue["body"]

    inputs = {"stack": "prod", "unlock": False, "refresh": True}
    (repaired,) = github.run("repair.yml", inputs=inputs)
    assert repaired.succeeded, repaired.log
    assert accounts["prod"].record("support").get("assistantId") is None
    github.run("watch.yml", only="prod", schedule="17 3 * * *")
    assert [one["state"] for one in github.told("issues")] == ["closed"]


def test_the_journal_of_a_failed_deploy_heals_the_next_one(
    tmp_path: Path, github: GitHub, configure: Configure, accounts: dict[str, Account]
) -> None:
    """What a failed run bought unseen is taken over by a runner that shares the store alone."""
    configure("dev", github.secrets["dev"])
    database = str(tmp_path / "dev.db")
    faults = ("--fault", "POST:*:commit-then-drop", "--fault", "LIST:2-99:1010")
    with serve(tmp_path, "faulty", "--db", database, *faults) as faulty:
        github.beyond["dev"] = {"VAPI_BASE_URL": faulty.url}
        (failed,) = github.run("deploy.yml")
    assert not failed.succeeded
    bought = {item["id"] for item in accounts["dev"].records()}
    assert bought
    # The same address: to the journal another one is another account.
    with serve(tmp_path, "well", "--db", database, "--port", faulty.url.rpartition(":")[2]):
        (healed,) = github.run("repair.yml", inputs={"stack": "dev"})
    assert healed.succeeded, healed.log
    now = {item["id"] for item in accounts["dev"].records()}
    assert len(now) == 3
    assert bought <= now


def test_a_number_that_nobody_holds_becomes_an_issue(
    github: GitHub, configure: Configure, accounts: dict[str, Account]
) -> None:
    """The weekly run tells of a number made outside, its name quoted as text."""
    configure("dev", github.secrets["dev"])
    body = {"provider": "vapi", "sipUri": "sip:outside@sip.vapi.ai", "name": "```@everyone"}
    accounts["dev"].http.post("/phone-number", json=body).raise_for_status()
    (found,) = github.run("watch.yml", only="dev", schedule="47 4 * * 1")
    assert not found.succeeded
    (issue,) = github.told("issues")
    assert issue["title"] == "orphans in stack dev"
    before, fence, _ = issue["body"].partition("````text\n")
    assert fence
    assert "@everyone" not in before


def test_a_fork_gets_no_preview(github: GitHub) -> None:
    """A fork's pull request has no secrets: no preview is tried, and nothing is said."""
    assert pull_request(github, repository="mallory/numbers") == ""
    assert github.told("comments") == []


def test_what_is_not_merged_is_never_repaired(github: GitHub) -> None:
    """Started by hand on a branch, the pipelines that have the key do nothing."""
    inputs = {"stack": "prod", "unlock": True, "refresh": True}
    assert github.run("repair.yml", ref="refs/heads/mine", inputs=inputs) == []
    assert github.run("watch.yml", ref="refs/heads/mine", inputs={"find": "drift"}) == []


def test_a_failed_preview_says_so(github: GitHub) -> None:
    """A preview that cannot run is red, and its comment leads to the log."""
    github.secrets["dev-preview"]["PULUMI_CONFIG_PASSPHRASE"] = "another"
    event = {"number": 7, "head": {"repo": {"full_name": OURS}}, "user": {"login": "ada"}}
    (failed,) = github.run("preview.yml", only="dev", pull_request=event)
    assert not failed.succeeded
    assert "The preview failed" in comments(github)["dev"]
