"""Runs of the make targets without checkpoints, on the real engine."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.test_make_preflight import Clone
from tests.engine.test_recover import processes, until

pytestmark = pytest.mark.engine

OFF = "Checkpoints are off: state and journal are files of this machine"
ON = "Checkpoints are on: "
FLEET = """from vapi_provider import VapiPhoneNumber


def declare() -> dict[str, object]:
    for at in range(8):
        VapiPhoneNumber(f"line-{at}", number_desired_area_code="415", name=f"line {at}")
    return {}
"""
OTHER = """from pulumi.dynamic import CreateResult, Resource, ResourceProvider

from vapi_provider import VapiPhoneNumber


class Certificates(ResourceProvider):
    def create(self, props):
        return CreateResult("an-id", dict(props))


class Certificate(Resource, module="cert", name="Certificate"):
    pass


def declare():
    Certificate(Certificates(), "site", {"host": "example.com"})
    VapiPhoneNumber("line", number_desired_area_code="415", name="the line")
    return {}
"""
STACK = "pulumi:pulumi:Stack"
TYPE = "pulumi-python:dynamic/cert:Certificate"
ENGINE_WITHOUT_THE_SETTING = """#!/bin/sh
# Pulumi takes 1 and true alone: this engine saves each step, which the program does not expect.
case ${PULUMI_SKIP_CHECKPOINTS-} in 1) export PULUMI_SKIP_CHECKPOINTS=yes ;; esac
exec "$REAL_PULUMI" "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A clone where nothing was deployed."""
    return Clone(tmp_path / "a clone", tmp_path / "journal.sqlite")


def declare(clone: Clone, program: str) -> None:
    """Set what the stack `local` declares."""
    (clone.folder / "stacks" / "local.py").write_text(program, encoding="utf-8")


def set_fault(clone: Clone, fault: str) -> None:
    """Make the embedded account of `local` slow."""
    settings = clone.folder / "stacks" / "Pulumi.local.yaml"
    text = settings.read_text(encoding="utf-8")
    address = f"embedded:.pulumi/account.sqlite?fault={fault}"
    text, count = re.subn(r"embedded:\S+", address, text)
    assert count == 1
    settings.write_text(text, encoding="utf-8")


def kill_once(clone: Clone, target: str, has_begun: Callable[[], bool]) -> None:
    """Start a make target, and kill all its processes once `has_begun`; what was sent is done."""
    run = subprocess.Popen(
        ["make", target],
        cwd=clone.folder,
        env=clone.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until(has_begun, seconds=120)
    finally:
        for pid in processes(run.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.wait(timeout=30)
    clone.make("unlock")


def numbers(clone: Clone) -> int:
    """Return how many numbers the account has; 0 before it exists."""
    file = clone.folder / ".pulumi" / "account.sqlite"
    if not file.exists():
        return 0
    connection = sqlite3.connect(file)
    try:
        return connection.execute("SELECT count(*) FROM phone_number").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def recorded(clone: Clone) -> set[str]:
    """The ids of the numbers that the state of `local` holds."""
    resources = clone.latest().get("resources") or []
    return {one["id"] for one in resources if "dynamic/vapi" in one["type"]}


def test_killed_runs_are_completed_by_the_journal(clone: Clone) -> None:
    """`make up` and `make destroy` save no step, and their reruns buy and lose nothing."""
    declare(clone, FLEET)
    # A destroy runs with the config of the last `up`.
    set_fault(clone, "POST:4-99:commit-then-slow=3&fault=DELETE:4-99:slow=3")
    account = Clone.account_ids
    kill_once(clone, "up", lambda: numbers(clone) >= 6)
    bought = set(account(clone))
    assert recorded(clone) == set()
    text = clone.make("up")
    assert text.startswith(OFF), text
    assert len(account(clone)) == 8, text
    assert bought <= set(account(clone)) == recorded(clone)
    assert clone.unfinished() == 0

    kill_once(clone, "destroy", lambda: numbers(clone) <= 5)
    assert len(recorded(clone)) == 8
    text = clone.make("destroy")
    assert text.startswith(OFF), text
    assert account(clone) == []
    assert recorded(clone) == set()


def test_an_engine_without_the_setting_only_takes_longer(clone: Clone, tmp_path: Path) -> None:
    """Where the engine saves each step after all, a killed run is completed as well."""
    declare(clone, FLEET)
    set_fault(clone, "POST:4-99:commit-then-slow=3")
    wrapper = tmp_path / "bin" / "pulumi"
    wrapper.parent.mkdir()
    wrapper.write_text(ENGINE_WITHOUT_THE_SETTING, encoding="utf-8")
    wrapper.chmod(0o755)
    real = shutil.which("pulumi")
    assert real is not None
    clone.variables = {
        "REAL_PULUMI": real,
        "PATH": os.pathsep.join(
            (str(wrapper.parent), str(Path(sys.executable).parent), os.environ["PATH"])
        ),
    }
    kill_once(clone, "up", lambda: numbers(clone) >= 6)
    assert clone.latest()["pending_operations"]
    bought = set(clone.account_ids())
    text = clone.make("up")
    assert OFF in text
    assert len(clone.account_ids()) == 8, text
    assert bought <= set(clone.account_ids()) == recorded(clone)


def test_another_dynamic_resource_ends_the_program(clone: Clone) -> None:
    """One line names both settings before it is registered; with them, checkpoints are on."""
    declare(clone, OTHER)
    code, text = clone.run("make", "up")
    assert code != 0
    assert text.startswith(OFF), text
    diagnostics = text.rpartition("Diagnostics:")[2].splitlines()
    (line,) = [line for line in diagnostics if "VAPI-OTHER-DYNAMIC-RESOURCE" in line]
    assert f"Set VAPI_CHECKPOINTS=on and VAPI_ALLOW_PROVIDERS={TYPE}" in line
    assert "Traceback" not in text
    assert [one["type"] for one in clone.latest().get("resources") or []] in ([], [STACK])
    code, text = clone.run("make", "preview", VAPI_SDK_PATCHES="off")
    assert code != 0
    assert "VAPI-OTHER-DYNAMIC-RESOURCE" in text

    text = clone.make("up", "VAPI_CHECKPOINTS=on")
    assert text.startswith(f"{ON}VAPI_CHECKPOINTS=on")
    text = clone.make("up", VAPI_ALLOW_PROVIDERS=TYPE)
    assert text.startswith(
        f"{ON}the state holds urn:pulumi:local::vapi-phone-numbers::{TYPE}::site"
    )
    text = clone.make("refresh", VAPI_ALLOW_PROVIDERS=TYPE, VAPI_CHECKPOINTS="off")
    assert text.startswith("Checkpoints are off: VAPI_CHECKPOINTS=off")


def test_plain_pulumi_keeps_its_checkpoints(clone: Clone) -> None:
    """The variables of `make env` say nothing about checkpoints."""
    assert "CHECKPOINTS" not in clone.make("-s", "env")
