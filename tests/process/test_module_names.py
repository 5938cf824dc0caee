"""Modules of a project that are named as libraries: which work, and which are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vapi_provider.shared.search_path import reserved_names, reserved_problem

ROOT = Path(__file__).parents[2]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in the folder, which finds this package elsewhere."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        encoding="utf-8",
    )


@pytest.mark.parametrize("name", ["numbers.py", "typing.py", "yaml.py", "grpc/__init__.py"])
def test_a_command_refuses_a_name_that_no_run_survives(tmp_path: Path, name: str) -> None:
    """The line names the file; no command does its work first."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    ran = run(tmp_path, "-m", "vapi_provider", "list")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"Error: {name.partition('/')[0]} in the project's folder")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "name", ["tenacity.py", "click.py", "httpx/__init__.py", "phonenumbers.py", "secrets.py"]
)
def test_a_command_finds_its_libraries_past_the_projects_modules(tmp_path: Path, name: str) -> None:
    """A module that is called like a library, or like what works today, is not in its place."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(
        "raise SystemExit('loaded in place of a library')", encoding="utf-8"
    )
    ran = run(tmp_path, "-m", "vapi_provider", "list")
    assert ran.stderr.startswith("Error: no Vapi key")


@pytest.mark.parametrize(
    ("name", "is_reserved"),
    [
        ("numbers.py", True),
        ("numbers.pyc", True),
        ("types.so", True),
        ("numbers", False),
        ("numbers.txt", False),
        ("numbers.py.bak", False),
        ("my_numbers.py", False),
        ("secrets.py", False),
    ],
)
def test_what_counts_as_a_module(tmp_path: Path, name: str, is_reserved: bool) -> None:
    """A file that Python imports by that name counts; a folder without `__init__.py` does not."""
    (tmp_path / name).mkdir() if name == "numbers" else (tmp_path / name).touch()
    assert (reserved_problem(str(tmp_path)) is not None) is is_reserved


def test_names_that_work_today_are_not_reserved() -> None:
    """Only what comes before our code is reserved: libraries are found past the project."""
    ours = {"phonenumbers", "tenacity", "httpx", "pydantic", "click", "flask", "sqlite3"}
    assert not reserved_names() & {*ours, "secrets", "stacks", "vapi_provider", "lines"}


def test_the_programs_module_and_the_library_of_one_name_live_together(tmp_path: Path) -> None:
    """A program imports its own `phonenumbers`, and numbers are judged by the library."""
    (tmp_path / "phonenumbers.py").write_text("MINE = True", encoding="utf-8")
    (tmp_path / "__main__.py").write_text(
        "import phonenumbers\n"
        "from vapi_provider.models.e164 import e164_problem, is_assigned\n"
        "print(phonenumbers.MINE, is_assigned('+14155552671'), e164_problem('+14155552671'))\n",
        encoding="utf-8",
    )
    code = f"import runpy; runpy.run_path({str(tmp_path)!r}, run_name='__main__')"
    ran = run(tmp_path, "-c", code)
    assert (ran.stdout, ran.stderr) == ("True True None\n", "")


@pytest.mark.parametrize("name", ["secrets", "decimal", "pydantic", "tenacity"])
def test_a_program_under_mocks_has_its_own_modules_and_the_models_have_the_libraries(
    tmp_path: Path, name: str
) -> None:
    """A program imports its own `secrets`, before and after the models have loaded Python's."""
    (tmp_path / f"{name}.py").write_text("MINE = True", encoding="utf-8")
    (tmp_path / "__main__.py").write_text(
        f"import pulumi, {name} as before\n"
        "from vapi_provider import VapiPhoneNumber\n"
        "class Mocks(pulumi.runtime.Mocks):\n"
        "    def new_resource(self, args): return args.name, args.inputs\n"
        "    def call(self, args): return {}\n"
        "pulumi.runtime.set_mocks(Mocks())\n"
        "try:\n"
        "    VapiPhoneNumber('a', number_desired_area_code='4')\n"
        "except pulumi.RunError as error:\n"
        "    print(error)\n"
        f"import {name} as after\n"
        "print(before is after, after.MINE)\n",
        encoding="utf-8",
    )
    code = f"import runpy; runpy.run_path({str(tmp_path)!r}, run_name='__main__')"
    ran = run(tmp_path, "-c", code)
    refused, own = ran.stdout.splitlines() or ["", ran.stderr]
    assert refused.endswith("must have at least 3 characters [VAPI-TOO-SHORT]")
    assert own == "True True"
