"""What holds for every pipeline file: pinned, least rights, bounded, and only make targets run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.conftest import ROOT
from tests.support.expressions import filled, holds
from tests.support.runner import WORKFLOWS, load

FILES = sorted((ROOT / WORKFLOWS).glob("*.yml"))
LOADED = [pytest.param(load(path), id=path.stem) for path in FILES]
RIGHTS = {"check": {"contents": "read"}, "up": {"contents": "read"}}
RIGHTS |= {name: {"contents": "read"} for name in ("dev", "staging", "prod", "repair")}
RIGHTS["preview"] = {"contents": "read", "pull-requests": "write"}
RIGHTS["elsewhere"] = {"contents": "read"}
RIGHTS["newest"] = {"contents": "read", "issues": "write"}
RIGHTS["watch"] = {"contents": "read", "issues": "write"}
GITLAB = ROOT / "docs/gitlab-ci.yml"
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]
TARGETS = set(re.findall(r"^([a-z]+): ##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


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
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
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
        found = re.fullmatch(r'make ("\$FIND"|[a-z]+)( [A-Z]+=\w+)*( >\S+| 2>&1 \| tee \S+)?', line)
        assert found, line
        assert found[1] in TARGETS | {'"$FIND"'}, line
    assert {"drift", "orphans"} <= TARGETS


@pytest.mark.parametrize(
    ("find", "schedule", "shown"),
    [("drift", "", "drift"), ("orphans", "", "orphans"), ("", "47 4 * * 1", "orphans")]
    + [("", "17 3 * * *", "drift"), ("X=$(shell id)", "", "drift")],
)
def test_the_watch_runs_one_of_two_targets(find: str, schedule: str, shown: str) -> None:
    """What reaches make's command line is one of two words, whatever the event brings."""
    contexts = {"inputs": {"find": find}, "github": {"event": {"schedule": schedule}}}
    (job,) = load(ROOT / WORKFLOWS / "watch.yml")["jobs"].values()
    assert filled(job["env"]["FIND"], contexts) == shown


@pytest.mark.parametrize(
    "text",
    [*(path.read_text(encoding="utf-8") for path in FILES), GITLAB.read_text(encoding="utf-8")],
)
def test_no_variable_is_an_argument_of_make(text: str) -> None:
    """make expands `$(shell …)` in its arguments, so that variables come by the environment."""
    assert not re.findall(r"\bmake [^\n>|;]*=[^\n>|;]*\$", text)


def test_a_job_with_the_key_restores_no_cache() -> None:
    """What a pull request may have cached never reaches a job that deploys or holds the key."""
    for path in FILES:
        assert "actions/cache" not in path.read_text(encoding="utf-8")
        for job in load(path)["jobs"].values():
            has_key = any(
                "secrets.VAPI_API_KEY" in str(step.get("env")) for step in job.get("steps", [])
            )
            cached = [step for step in job.get("steps", []) if step.get("with", {}).get("cached")]
            assert not (cached and has_key)
    setup = yaml.safe_load((ROOT / ".github/actions/setup/action.yml").read_text(encoding="utf-8"))
    assert setup["inputs"]["cached"]["default"] == "false"
    python, cache = setup["runs"]["steps"]
    for given, restores in ((True, True), ("true", True), ("false", False)):
        contexts = {"inputs": {"cached": str(given).lower()}, "success()": True}
        assert holds(cache["if"], contexts) is restores
        assert filled(python["with"]["cache"], contexts) == ("pip" if restores else "")
    gitlab = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    assert gitlab[".deploy"]["cache"] == gitlab["watch"]["cache"] == []


def test_steps_with_the_key_know_the_journal() -> None:
    """Whatever touches the account reads the journal that `VAPI_JOURNAL` may name."""
    for path in FILES:
        for step in steps(load(path)):
            if "secrets.VAPI_API_KEY" in str(step.get("env")):
                assert step["env"]["VAPI_JOURNAL"] == "${{ secrets.VAPI_JOURNAL }}"
            else:
                assert "VAPI_JOURNAL" not in str(step)


def pasted() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the cache steps for GitHub and the job's part for GitLab in docs/pipelines.md."""
    page = (ROOT / "docs/pipelines.md").read_text(encoding="utf-8")
    section = page.partition("### A journal in the cache")[2].partition("\n## ")[0]
    github, gitlab = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    return yaml.safe_load(github), yaml.safe_load(gitlab)


def test_the_steps_of_the_page_are_pinned_and_keep_a_failed_runs_journal() -> None:
    """A person who pastes them gets a pinned action, and a journal that is saved in each case."""
    github, gitlab = pasted()
    assert all(re.fullmatch(r"actions/cache/\w+@[0-9a-f]{40}", step["uses"]) for step in github)
    assert github[-1]["if"] == "${{ always() }}"
    assert gitlab["cache"][0]["when"] == "always"


@pytest.mark.parametrize(
    "other", ["prod-eu", "prod.eu", "prod_eu", "prod2", "production", "prod--"]
)
def test_a_cache_of_one_stack_is_never_anothers(other: str) -> None:
    """Of two stacks of which one's name begins with the other's, each fetches its own journal."""
    github_steps, gitlab = pasted()
    keyed = [step["with"] for step in github_steps]
    github = {"run_id": 1, "run_attempt": 1}
    of = {
        stack: [filled(one, {"inputs": {"stack": stack}, "github": github}) for one in texts]
        for stack in ("prod", other)
        for texts in [[text for one in keyed for name, text in one.items() if name != "path"]]
    }
    assert not [a for a in of["prod"] for b in of[other] if a.startswith(b) or b.startswith(a)]
    key = gitlab["cache"][0]["key"]
    assert not key.replace("$STACK", other).startswith(key.replace("$STACK", "prod"))


def test_set_up_has_no_secret() -> None:
    """Secrets are given to single steps that run a target of their own, never to a whole job."""
    for path in FILES:
        workflow = load(path)
        assert "secrets." not in str(workflow.get("env"))
        for job in workflow["jobs"].values():
            assert "secrets." not in str(job.get("env"))
            words = [
                step.get("run", "") for step in job.get("steps", []) if "secrets." in str(step)
            ]
            if words:
                runs = [step["run"] for step in job["steps"] if "run" in step]
                assert runs[0] == "make engine"
                assert "make engine" not in words
                assert all(words)


def test_every_pipeline_uses_the_pinned_cli() -> None:
    """A CLI that the runner carries is ignored in each job that runs make."""
    for path in FILES:
        for job in load(path)["jobs"].values():
            scripts = [step.get("run", "") for step in job.get("steps", [])]
            if any("make " in script for script in scripts):
                assert job["env"]["VAPI_PINNED_CLI"] == "1"
    assert yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["variables"]["VAPI_PINNED_CLI"] == "1"


def test_zizmor_finds_nothing_that_is_not_explained() -> None:
    """The audit of `make check` passes, and each finding that stays has its reason beside it."""
    program = Path(sys.executable).with_name("zizmor")
    if sys.version_info >= (3, 11):
        command = [program, "--offline", "--no-progress", "--quiet", ".github"]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
        assert ran.returncode == 0, ran.stdout
    settings = (ROOT / ".github/zizmor.yml").read_text(encoding="utf-8")
    rules = yaml.safe_load(settings)["rules"]
    assert len(re.findall(r"^  [\w-]+:\n    # \S", settings, re.M)) == len(rules)
    assert "zizmor: ignore" not in "".join(path.read_text(encoding="utf-8") for path in FILES)


def test_every_python_and_system_is_tested() -> None:
    """Each supported Python runs all tests; macOS and Windows run package and plugin."""
    jobs = load(ROOT / WORKFLOWS / "check.yml")["jobs"]
    assert jobs["check"]["strategy"]["matrix"]["python"] == PYTHONS
    elsewhere = jobs[WITHOUT_MAKE]
    assert elsewhere["strategy"]["matrix"]["os"] == ["macos-latest", "windows-latest"]
    scripts = [step["run"] for step in elsewhere["steps"] if "run" in step]
    assert not [script for script in scripts if script.startswith("make")]
    assert "tests/unit tests/properties tests/process tests/plugin" in scripts[-1]


def test_a_pull_request_never_has_the_key() -> None:
    """On pull requests the key is a word that says so, and only the preview has any secret."""
    on_requests = [path.name for path in FILES if "pull_request" in (load(path)["on"] or {})]
    assert on_requests == ["check.yml", "preview.yml"]
    assert not [path for path in FILES if "pull_request_target" in path.read_text(encoding="utf-8")]
    assert "secrets." not in (ROOT / WORKFLOWS / "check.yml").read_text(encoding="utf-8")
    preview = load(ROOT / WORKFLOWS / "preview.yml")
    (keys,) = [step["env"] for step in steps(preview) if "VAPI_API_KEY" in step.get("env", {})]
    assert keys["VAPI_API_KEY"] == "not-a-key-previews-call-nothing"
    assert "secrets.VAPI_API_KEY" not in (ROOT / WORKFLOWS / "preview.yml").read_text(
        encoding="utf-8"
    )


def test_one_run_a_stack_at_a_time() -> None:
    """Whatever deploys a stack waits for what deploys it, and is never cancelled by it."""
    (job,) = load(ROOT / WORKFLOWS / "deploy-stack.yml")["jobs"].values()
    assert job["concurrency"] == {
        "group": "stack-${{ inputs.stack }}",
        "cancel-in-progress": False,
    }


def test_gitlab_runs_the_same_targets() -> None:
    """Each line of the GitHub pipelines is a line of GitLab's, and each of its targets exists."""
    gitlab = yaml.safe_load((ROOT / "docs/gitlab-ci.yml").read_text(encoding="utf-8"))
    scripts = [line for job in gitlab.values() if "script" in job for line in job["script"]]
    for path in FILES:
        for line in lines(load(path)):
            assert any(line in script for script in scripts), line
    assert set(re.findall(r"make ([a-z]+)", "\n".join(scripts))) <= TARGETS
    assert gitlab[".deploy"]["resource_group"] == "$STACK"


def test_each_stack_can_be_repaired_by_hand_at_gitlab() -> None:
    """GitLab asks for variables only where a job is manual; it blocks no pipeline meanwhile."""
    gitlab = yaml.safe_load((ROOT / "docs/gitlab-ci.yml").read_text(encoding="utf-8"))
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
