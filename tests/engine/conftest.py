"""The engine ring: programs of a few lines, the real Pulumi CLI, an account over HTTP."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-tests-only"
PASSPHRASE = "a-passphrase-for-tests-only"


_OF_THE_ENGINE = ("update failed", "preview failed", "non-zero exit code: 1")


@dataclass
class Account:
    """The embedded account as `serve` offers it, and what somebody else does to it meanwhile."""

    url: str
    http: httpx.Client
    log: Path

    def records(self) -> list[dict[str, Any]]:
        """All records, newest first."""
        return self.http.get("/phone-number", params={"limit": 1000}).raise_for_status().json()

    def record(self, name: str) -> dict[str, Any]:
        """The one record whose label ends in `name`."""
        (found,) = [item for item in self.records() if item["name"].endswith(name)]
        return found

    def change(self, id_: str, **fields: Any) -> None:
        """Somebody changes a record in the dashboard."""
        self.http.patch(f"/phone-number/{id_}", json=fields).raise_for_status()

    def delete(self, id_: str) -> None:
        """Somebody deletes a record in the dashboard."""
        self.http.delete(f"/phone-number/{id_}").raise_for_status()

    def requests(self) -> list[str]:
        """Method and path of every request so far, this class's own ones too."""
        return re.findall(
            r"((?:GET|POST|PATCH|DELETE) /[^ ?]*)", self.log.read_text(encoding="utf-8")
        )


@dataclass
class Result:
    """What a CLI call ended with."""

    code: int
    text: str

    def errors(self) -> list[str]:
        """The error lines of the closing diagnostics, but those that the engine always adds."""
        _, _, diagnostics = self.text.rpartition("Diagnostics:")
        lines = [line.strip() for line in diagnostics.splitlines()]
        errors = [line for line in lines if line.startswith("error:")]
        return [line for line in errors if not line.endswith(_OF_THE_ENGINE)]


@dataclass
class Project:
    """A Pulumi project of its own, using the package, against one account."""

    folder: Path
    environment: dict[str, str]

    @classmethod
    def at(cls, folder: Path, state: Path, passphrase: str = PASSPHRASE) -> Project:
        """A project in `folder` whose stacks' state lies in `state`."""
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }
        return cls(folder, environment)

    def init(self, stack: str) -> None:
        """Makes `stack` and works on it from now on."""
        made = self.pulumi("stack", "init", stack)
        assert made.code == 0, made.text

    def program(self, body: str) -> None:
        """The program from now on; `pulumi` and the package's names are imported."""
        head = "import pulumi\nfrom vapi_provider import *\n"
        (self.folder / "__main__.py").write_text(head + textwrap.dedent(body), encoding="utf-8")

    def pulumi(self, *words: str, **variables: str) -> Result:
        """Runs the CLI; its output and exit code."""
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert "EncodingWarning" not in done.stdout
        return Result(done.returncode, done.stdout)

    def command(self, *words: str, **variables: str) -> Result:
        """Runs `python -m vapi_provider …` without a terminal; its output and exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "vapi_provider", *words],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stdout
        assert "EncodingWarning" not in done.stdout
        return Result(done.returncode, done.stdout)

    def up(self, **variables: str) -> dict[str, int]:
        """`pulumi up`, which must succeed; how many resources it made, changed and so on."""
        result = self.pulumi("up", "--yes", "--skip-preview", "--json", **variables)
        assert result.code == 0, result.text
        return _summary(result.text)

    def refresh(self) -> dict[str, int]:
        """`pulumi refresh`, which must succeed; its counts."""
        result = self.pulumi("refresh", "--yes", "--skip-preview", "--json")
        assert result.code == 0, result.text
        return _summary(result.text)

    def state(self) -> list[dict[str, Any]]:
        """Our resources as the exported state holds them."""
        exported = json.loads(self.pulumi("stack", "export").text)
        resources = exported["deployment"].get("resources", [])
        return [item for item in resources if "dynamic/vapi" in item["type"]]


def _summary(events: str) -> dict[str, int]:
    """The resource changes in the engine's JSON events, without `same`."""
    for line in events.splitlines():
        if line.startswith("{") and '"summaryEvent"' in line:
            changes = json.loads(line)["summaryEvent"]["resourceChanges"]
            return {kind: count for kind, count in changes.items() if kind != "same"}
    raise AssertionError(f"no summary in: {events}")


@pytest.fixture(scope="session")
def _pulumi() -> None:
    if shutil.which("pulumi") is None:
        pytest.fail("no Pulumi CLI on PATH: `make test` brings one")


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """An account with one key, in a process of its own."""
    with serve(tmp_path, "account") as served:
        yield served


class serve:  # noqa: N801 - reads as what it does: with serve(...) as account
    """Runs `python -m vapi_provider serve` until the block ends."""

    def __init__(self, folder: Path, name: str, *options: str) -> None:
        self._log = folder / f"{name}.log"
        command = [sys.executable, "-m", "vapi_provider", "serve", "--port", "0", "--verbose"]
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*command, "--db", str(folder / f"{name}.db"), "--key", KEY, *options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
            )

    def __enter__(self) -> Account:
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        headers = {"Authorization": f"Bearer {KEY}", "User-Agent": "the dashboard"}
        self._http = httpx.Client(base_url=url, headers=headers, trust_env=False)
        return Account(url, self._http, self._log)

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def project(tmp_path: Path, account: Account, _pulumi: None) -> Project:
    """An empty project whose stack `test` points at `account`."""
    return new_project(tmp_path, account.url)


def new_project(tmp_path: Path, url: str, name: str = "numbers") -> Project:
    """A project with one stack and state of its own."""
    folder, state = tmp_path / name, tmp_path / f"{name}-state"
    folder.mkdir(parents=True)
    state.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n", encoding="utf-8")
    project = Project.at(folder, state)
    project.environment |= {"PYTHONPATH": str(ROOT), "VAPI_BASE_URL": url, "VAPI_API_KEY": KEY}
    project.init("test")
    return project
