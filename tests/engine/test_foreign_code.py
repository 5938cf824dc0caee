"""Code that a state brings with it, on the real engine: refused before anything of it runs."""

from __future__ import annotations

import base64
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_make_guards import clone, environment, make
from vapi_provider.deployment.exported import secret_of

__all__ = ["clone"]

pytestmark = pytest.mark.engine

TARGETS = ["preview", "drift", "up", "refresh", "destroy"]
ELSEWHERE = '''
"""A stack with a number and a dynamic resource of its own."""
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

from vapi_provider import VapiPhoneNumber


class Certificates(ResourceProvider):
    def create(self, props):
        return CreateResult("an-id", dict(props))


class Certificate(Resource, module="cert", name="Certificate"):
    pass


def declare():
    VapiPhoneNumber("switchboard", sip_uri="sip:switchboard-of-tests@sip.vapi.ai")
    Certificate(Certificates(), "site", {"host": "example.com"})
    return {}
'''
TYPE = "pulumi-python:dynamic/cert:Certificate"


class Call:
    """An object whose unpickling runs a command."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (self.command,)


class Clone:
    """A clone on the embedded account, its make targets, commands and plain `pulumi`."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "stacks" / "local.py").write_text(ELSEWHERE, encoding="utf-8")
        self.own = {
            "VAPI_JOURNAL": str(work / "journal.sqlite"),
            "PULUMI_HOME": str(work / "home"),
            "TOUCHED": str(work / "touched"),
        }
        made = self.make("up", VAPI_CHECKPOINTS="on")
        assert made.returncode == 0, made.stderr

    def make(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a make target."""
        return make(self.folder, *words, **self.own, **more)

    def shell(self, line: str, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run a line as a person does after `eval "$(make -s env)"`."""
        return subprocess.run(
            ["sh", "-euc", f'eval "$(make -s env)"; {line}'],
            cwd=self.folder,
            env=environment(**self.own, **more),
            input=given,
            capture_output=True,
            text=True,
            timeout=300,
            encoding="utf-8",
        )

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the recorded properties of the number, as whoever can write the state can."""
        exported = json.loads(self.shell("pulumi stack export").stdout)
        for resource in exported["deployment"]["resources"]:
            if resource["type"].startswith("pulumi-python:dynamic/vapi:"):
                change(resource["inputs"])
                change(resource["outputs"])
        loaded = self.shell("pulumi stack import", json.dumps(exported))
        assert loaded.returncode == 0, loaded.stderr


@pytest.fixture
def deployed(clone: Path, tmp_path: Path) -> Clone:  # noqa: F811
    """A clone whose stack `local` is deployed."""
    return Clone(clone, tmp_path)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_pickle_in_the_state_never_runs(deployed: Clone, encrypted: bool) -> None:
    """Make targets and commands refuse it in one line; plain Pulumi, which does not, runs it."""
    touched = Path(deployed.own["TOUCHED"])
    hostile = base64.b64encode(pickle.dumps(Call('touch "$TOUCHED"'))).decode()
    value = secret_of(json.dumps(hostile)) if encrypted else hostile
    deployed.edit(lambda properties: properties.update({"__provider": value}))
    allowed = {"VAPI_ALLOW_PROVIDERS": TYPE}
    runs = [deployed.make("-s", target, **allowed) for target in TARGETS]
    for command in ("preview", "drift"):
        line = f"python -m vapi_provider {command} --stack local"
        runs.append(deployed.shell(line, **allowed))
    for ran in runs:
        assert ran.returncode not in (0, 2) or "make: ***" in ran.stderr, ran.stdout
        (line,) = [line for line in ran.stderr.splitlines() if "brings code" in line]
        assert "::switchboard" in line
        assert "VAPI_ALLOW_PROVIDERS=" in line
        assert "Traceback" not in ran.stdout + ran.stderr
    assert not touched.exists()
    deployed.shell("pulumi refresh --yes --skip-preview")
    assert touched.exists()


def test_a_dynamic_resource_is_allowed_by_name(deployed: Clone) -> None:
    """Another provider of the stack is refused until people name its type or its URN."""
    for target in ("preview", "refresh"):
        refused = deployed.make("-s", target)
        assert refused.returncode != 0
        (line,) = [line for line in refused.stderr.splitlines() if "brings code" in line]
        assert f"{TYPE}::site" in line
    urn = f"urn:pulumi:local::vapi-phone-numbers::{TYPE}::site"
    for words, more in (
        ((), {"VAPI_ALLOW_PROVIDERS": TYPE}),
        ((f"VAPI_ALLOW_PROVIDERS={urn}",), {}),
    ):
        ran = deployed.make("-s", "refresh", *words, **more)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    pattern = deployed.make("-s", "preview", "VAPI_ALLOW_PROVIDERS=pulumi-python:*")
    assert pattern.returncode != 0
    assert "no pattern" in pattern.stderr
