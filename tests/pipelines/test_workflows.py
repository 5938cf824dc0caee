"""What holds for every pipeline file: pinned, least rights, bounded, and only make targets run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.conftest import ROOT
from tests.pipelines.expressions import filled, holds
from tests.pipelines.runner import WORKFLOWS, load

FILES = sorted((ROOT / WORKFLOWS).glob("*.yml"))
LOADED = [pytest.param(load(path), id=path.stem) for path in FILES]
RIGHTS = {"check": {"contents": "read"}, "up": {"contents": "read"}}
RIGHTS |= {name: {"contents": "read"} for name in ("dev", "staging", "prod", "repair")}
RIGHTS["preview"] = {"contents": "read", "pull-requests": "write"}
RIGHTS["elsewhere"] = {"contents": "read"}
RIGHTS["newest"] = {"contents": "read", "issues": "write"}
RIGHTS["watch"] = {"contents": "read", "issues": "write"}
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
TARGETS = set(re.findall(r"^([a-z]+): ##", (ROOT / "Makefile").read_text(), re.M))


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in workflow["jobs"].values():
        yield from job.get("steps", [])


WITHOUT_MAKE = "elsewhere"
"""The job for macOS and Windows: package and plugin only."""


def lines(workflow: dict[str, Any]) -> list[str]:
    """The `run:` lines of a workflow, where there is a make."""
    jobs = [job for name, job in workflow["jobs"].items() if name != WITHOUT_MAKE]
    return [step["run"] for job in jobs for step in job.get("steps", []) if "run" in step]


@pytest.mark.parametrize(
    "path", [*FILES, ROOT / ".github/actions/setup/action.yml"], ids=lambda path: path.stem
)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    """What is not in this repository is named by its whole commit, with its version beside it."""
    used = re.findall(r"uses: (.+)", path.read_text())
    foreign = [line for line in used if not line.startswith("./")]
    assert all(re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40} # v[\d.]+", line) for line in foreign)


@pytest.mark.parametrize("workflow", LOADED)
def test_no_job_may_do_more_than_it_must(workflow: dict[str, Any]) -> None:
    """Nothing is allowed at the top; each job names what it needs, and nothing keeps the token."""
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert job["permissions"] == RIGHTS[name]
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("workflow", LOADED)
def test_every_job_ends(workflow: dict[str, Any]) -> None:
    """A job has a limit of its own, or calls a workflow whose jobs have one."""
    assert all("timeout-minutes" in job or "uses" in job for job in workflow["jobs"].values())


@pytest.mark.parametrize("workflow", LOADED)
def test_nothing_is_pasted_into_a_script(workflow: dict[str, Any]) -> None:
    """What somebody else may have written reaches a script by its environment or a file."""
    scripts = [step.get("run", step.get("with", {}).get("script", "")) for step in steps(workflow)]
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("workflow", LOADED)
def test_each_line_is_a_target_that_a_person_can_run(workflow: dict[str, Any]) -> None:
    """A step runs one make target, nothing else."""
    for line in lines(workflow):
        found = re.fullmatch(r'make ("\$FIND"|[a-z]+)( [A-Z]+=\S+)*( >\S+| 2>&1 \| tee \S+)?', line)
        assert found, line
        assert found[1] in TARGETS | {'"$FIND"'}, line
    assert {"drift", "orphans"} <= TARGETS


def test_every_python_and_system_is_tested() -> None:
    """Each supported Python runs all tests; macOS and Windows run package and plugin."""
    jobs = load(ROOT / WORKFLOWS / "check.yml")["jobs"]
    assert jobs["check"]["strategy"]["matrix"]["python"] == PYTHONS
    elsewhere = jobs[WITHOUT_MAKE]
    assert elsewhere["strategy"]["matrix"]["os"] == ["macos-latest", "windows-latest"]
    scripts = [step["run"] for step in elsewhere["steps"] if "run" in step]
    assert not [script for script in scripts if script.startswith("make")]
    assert "tests/unit tests/plugin" in scripts[-1]


def test_a_pull_request_never_has_the_key() -> None:
    """On pull requests the key is a word that says so, and only the preview has any secret."""
    on_requests = [path.name for path in FILES if "pull_request" in (load(path)["on"] or {})]
    assert on_requests == ["check.yml", "preview.yml"]
    assert not [path for path in FILES if "pull_request_target" in path.read_text()]
    assert "secrets." not in (ROOT / WORKFLOWS / "check.yml").read_text()
    preview = load(ROOT / WORKFLOWS / "preview.yml")
    (keys,) = [step["env"] for step in steps(preview) if "VAPI_API_KEY" in step.get("env", {})]
    assert keys["VAPI_API_KEY"] == "not-a-key-previews-call-nothing"
    assert "secrets.VAPI_API_KEY" not in (ROOT / WORKFLOWS / "preview.yml").read_text()


def test_one_run_a_stack_at_a_time() -> None:
    """Whatever deploys a stack waits for what deploys it, and is never cancelled by it."""
    (job,) = load(ROOT / WORKFLOWS / "deploy-stack.yml")["jobs"].values()
    assert job["concurrency"] == {
        "group": "stack-${{ inputs.stack }}",
        "cancel-in-progress": False,
    }


def test_gitlab_runs_the_same_targets() -> None:
    """Each line of the GitHub pipelines is a line of GitLab's, and each of its targets exists."""
    gitlab = yaml.safe_load((ROOT / "docs/gitlab-ci.yml").read_text())
    scripts = [line for job in gitlab.values() if "script" in job for line in job["script"]]
    for path in FILES:
        for line in lines(load(path)):
            assert any(line in script for script in scripts), line
    assert set(re.findall(r"make ([a-z]+)", "\n".join(scripts))) <= TARGETS
    assert gitlab[".deploy"]["resource_group"] == "$STACK"
    assert gitlab[".deploy"]["cache"][1]["when"] == "always"


def test_each_stack_can_be_repaired_by_hand_at_gitlab() -> None:
    """GitLab asks for variables only where a job is manual; it blocks no pipeline meanwhile."""
    gitlab = yaml.safe_load((ROOT / "docs/gitlab-ci.yml").read_text())
    assert gitlab[".repair"]["extends"] == ".deploy"
    (rule,) = gitlab[".repair"]["rules"]
    assert (rule["when"], rule["allow_failure"]) == ("manual", True)
    for stack in ("dev", "staging", "prod"):
        assert gitlab[f"repair-{stack}"] == {"extends": ".repair", "variables": {"STACK": stack}}


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("inputs.find || (github.event.schedule == 'weekly' && 'orphans') || 'drift'", "orphans"),
        ("github.event.nothing.at.all", ""),
        ("!cancelled()", "true"),
    ],
)
def test_expressions_are_read_as_github_reads_them(expression: str, shown: str) -> None:
    """The runner of these tests fills in what GitHub would."""
    contexts = {"github": {"event": {"schedule": "weekly"}}, "cancelled()": False}
    assert filled(f"${{{{ {expression} }}}}", contexts) == shown


@pytest.mark.parametrize(("condition", "runs"), [("true", False), ("${{ always() }}", True)])
def test_a_step_after_a_failure_runs_only_if_it_says_so(condition: str, runs: bool) -> None:
    """Without a word about the status, a condition also asks for success."""
    assert holds(condition, {"success()": False, "always()": True}) is runs
