"""The package in other projects: installed by pip, and driven from other code."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import KEY, ROOT, Account, Project, Result
from tests.support.venvs import outside, shared_python

pytestmark = pytest.mark.engine

PROGRAM = """
VapiPhoneNumber("line", number_desired_area_code="415", server={"url": "https://a.example/x"})
VapiPhoneNumber("entry", sip_uri="sip:entry@sip.vapi.ai", assistant_id=None,
                authentication={"realm": "a.example", "username": "a-user-name-of-20-ch",
                                "password": pulumi.Output.secret("a-sip-password-of-20")})
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a venv into which this repository was installed."""
    return shared_python(tmp_path_factory, "elsewhere", ROOT, pip=True)


@pytest.fixture
def elsewhere(tmp_path: Path, account: Account, python: Path, _pulumi: None) -> Project:
    """A project that has nothing of ours but what pip installed."""
    folder, state = tmp_path / "theirs", tmp_path / "their-state"
    folder.mkdir()
    state.mkdir()
    options = f"{{toolchain: pip, virtualenv: '{python.parents[1]}'}}"
    settings = f"name: theirs\nruntime: {{name: python, options: {options}}}\n"
    (folder / "Pulumi.yaml").write_text(settings, encoding="utf-8")
    project = Project.at(folder, state)
    project.environment = {
        **outside(),
        **{name: project.environment[name] for name in project.environment if "PULUMI" in name},
        # The language host that is built from its module knows no `virtualenv`: PATH decides.
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "VAPI_BASE_URL": account.url,
        "VAPI_API_KEY": KEY,
        "VAPI_JOURNAL": str(tmp_path / "journal.sqlite"),
    }
    return project


def run(project: Project, python: Path, *words: str | Path) -> Result:
    """Runs the venv's Python in the project."""
    done = subprocess.run(
        [python, *words],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
    )
    return Result(done.returncode, done.stdout)


def test_pip_installs_what_another_project_needs(
    elsewhere: Project, account: Account, python: Path
) -> None:
    """Another project makes, keeps and recovers its numbers with the installed package alone."""
    where = run(elsewhere, python, "-c", "import vapi_provider as v; print(v.__file__)").text
    installed = Path(where.strip()).parent
    assert python.parents[1] in installed.parents
    assert (installed / "py.typed").exists()
    assert "recover" in run(elsewhere, python, "-m", "vapi_provider", "--help").text

    elsewhere.init("test")
    elsewhere.program(PROGRAM)
    assert elsewhere.up() == {"create": 3}
    assert elsewhere.up() == {}
    held = {item["id"] for item in elsewhere.state()}
    assert held == {item["id"] for item in account.records()}
    settled = run(elsewhere, python, "-m", "vapi_provider", "recover", "--stack", "test")
    assert settled.text == "Nothing is pending in stack test.\n"
    assert elsewhere.pulumi("destroy", "--yes", "--skip-preview").code == 0
    assert account.records() == []


def test_a_program_of_your_own_drives_a_stack(
    elsewhere: Project, account: Account, python: Path
) -> None:
    """The Automation API makes a tenant's numbers, changes them, and takes them away."""
    example = ROOT / "examples" / "automation.py"

    def numbers(*area_codes: str) -> dict[str, str]:
        ran = run(elsewhere, python, example, "acme", *area_codes)
        assert ran.code == 0, ran.text
        return json.loads(ran.text.splitlines()[-1])

    wrong = run(elsewhere, python, example, "acme", "41")
    assert wrong.code == 1
    assert "number_desired_area_code" in wrong.text
    assert "examples/automation.py" not in wrong.text  # no traceback of the program itself
    made = numbers("415", "212")
    assert made["415"].startswith("+1415")
    assert numbers("415") == {"415": made["415"]}
    (left,) = account.records()
    assert left["name"] == "numbers-of-tenants/acme/line-415"
    assert numbers() == {}
    assert account.records() == []
