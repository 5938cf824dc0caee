"""What `make` refuses before it makes anything, told in one line, and what `make env` prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERBS = ["up", "preview", "refresh", "drift", "probe", "destroy", "env"]
SHARED = {"PULUMI_BACKEND_URL": "file:///nowhere/shared"}
WORD = "local-only-not-a-secret"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh clone of what would be committed, with one more stack called `elsewhere`."""
    listing = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    # A blank in the path is ordinary on a laptop.
    folder = tmp_path / "a clone"
    for name in filter(None, listing.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "stacks").mkdir(exist_ok=True)
    (folder / "stacks" / "elsewhere.py").write_text("", encoding="utf-8")
    (folder / "stacks" / "_common.py").write_text("", encoding="utf-8")
    return folder


def environment(**more: str) -> dict[str, str]:
    """The environment without what would be somebody's choice of state, key or make option."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "MAKE", "MFLAGS"))}
    for name in ("STACK", "YES", "ARGS", "PYTHON"):
        ours.pop(name, None)
    return {**ours, **more}


def make(clone: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run make in the clone with no terminal."""
    return subprocess.run(
        ["make", *words],
        cwd=clone,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )


def assert_refused(clone: Path, ran: subprocess.CompletedProcess[str], words: str) -> None:
    """One line that says why, make's own line, and nothing made."""
    assert ran.returncode != 0
    assert ran.stdout == ""
    lines = ran.stderr.splitlines()
    assert len(lines) == 2
    assert words in lines[0]
    assert not (clone / ".venv").exists()
    assert not (clone / ".pulumi").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_stack_is_refused(clone: Path, verb: str) -> None:
    """A stack that no file declares is refused with the list of those there are."""
    ran = make(clone, verb, "STACK=nonesuch", **SHARED)
    assert_refused(clone, ran, "no stack 'nonesuch'")
    assert "elsewhere" in ran.stderr
    assert "_common" not in ran.stderr


@pytest.mark.parametrize("name", ["_common", "../elsewhere/..", "else where", "*"])
def test_a_name_that_is_no_stacks_name_is_refused(clone: Path, name: str) -> None:
    """A shared module, a path and a pattern are no stacks."""
    assert_refused(clone, make(clone, "up", f"STACK={name}", **SHARED), "no stack")


@pytest.mark.parametrize("verb", VERBS)
def test_an_empty_stack_is_refused(clone: Path, verb: str) -> None:
    """STACK that is set but empty never means local."""
    assert_refused(clone, make(clone, verb, STACK=""), "STACK is set but empty")
    assert_refused(clone, make(clone, verb, "STACK="), "STACK is set but empty")


@pytest.mark.parametrize("name", ["STACK", "YES", "FORMAT", "VAPI_ALLOW_PROVIDERS"])
def test_make_does_not_expand_what_comes_by_the_environment(clone: Path, name: str) -> None:
    """A variable of the environment reaches the shell as it is: make runs nothing in it."""
    ran = make(clone, "up", **{"STACK": "nonesuch", name: "$(shell touch made)", **SHARED})
    assert ran.returncode != 0
    assert not (clone / "made").exists()


@pytest.mark.parametrize("verb", ["up", "refresh", "destroy", "recover", "unlock"])
def test_an_answer_that_is_neither_yes_nor_no_is_refused(clone: Path, verb: str) -> None:
    """YES=maybe is refused before anything is made, for local too."""
    assert_refused(clone, make(clone, verb, "YES=maybe"), "YES is 'maybe': set it to yes or no")


@pytest.mark.parametrize("verb", ["refresh", "drift", "destroy"])
def test_whether_the_program_runs_is_yes_or_no_as_well(clone: Path, verb: str) -> None:
    """RUN_PROGRAM takes the same words as YES, and refuses the same."""
    ran = make(clone, verb, "RUN_PROGRAM=please")
    assert_refused(clone, ran, "RUN_PROGRAM is 'please': set it to yes or no")


@pytest.mark.parametrize("verb", VERBS)
def test_another_stack_needs_a_state_backend(clone: Path, verb: str) -> None:
    """A stack other than local is refused without an explicit state backend."""
    ran = make(clone, verb, "STACK=elsewhere", PULUMI_CONFIG_PASSPHRASE="x")
    assert_refused(clone, ran, "set PULUMI_BACKEND_URL")


@pytest.mark.parametrize("name", ["types.py", "numbers.py", "enum/__init__.py"])
@pytest.mark.parametrize("verb", ["up", "check", "venv"])
def test_a_module_that_stops_python_is_refused(clone: Path, verb: str, name: str) -> None:
    """A name that stops Python before any code of ours is refused in the shell, for each target."""
    (clone / name).parent.mkdir(exist_ok=True)
    (clone / name).touch()
    assert_refused(clone, make(clone, verb), f"{name} would be loaded in place of a module")


def test_a_folder_and_another_name_are_not_refused(clone: Path) -> None:
    """A folder that is no package, and a name that works, pass."""
    (clone / "types").mkdir()
    (clone / "secrets.py").touch()
    assert guard(clone, "local") == "ok"


@pytest.mark.parametrize("verb", VERBS)
def test_another_stack_needs_a_key_for_its_secrets(clone: Path, verb: str) -> None:
    """A stack other than local is refused without a passphrase or a secrets provider."""
    ran = make(clone, verb, "STACK=elsewhere", **SHARED)
    assert_refused(clone, ran, "set PULUMI_CONFIG_PASSPHRASE")


def test_an_empty_passphrase_is_none(clone: Path) -> None:
    """A pipeline's missing secret arrives as an empty passphrase and does not count."""
    ran = make(clone, "up", "STACK=elsewhere", PULUMI_CONFIG_PASSPHRASE="", **SHARED)
    assert_refused(clone, ran, "set PULUMI_CONFIG_PASSPHRASE")


def test_the_defaults_of_local_are_nobodys_choice(clone: Path) -> None:
    """What `make env` exported for local does not count as chosen for another stack."""
    ours = {"PULUMI_BACKEND_URL": "file:///other/clone/.pulumi", "PULUMI_CONFIG_PASSPHRASE": WORD}
    assert_refused(clone, make(clone, "up", "STACK=elsewhere", **ours), "set PULUMI_BACKEND_URL")


def guard(clone: Path, stack: str, show: str = "ok", **more: str) -> str:
    """What the guard lets through: the text `show`, expanded after it has passed."""
    script = f'root=$PWD; . scripts/guard.sh; guard_stack {stack}; printf %s "{show}"'
    ran = subprocess.run(
        ["sh", "-euc", script],
        cwd=clone,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
    )
    return ran.stdout


@pytest.mark.parametrize(
    "chosen",
    [
        {**SHARED, "PULUMI_CONFIG_PASSPHRASE": "x"},
        {**SHARED, "PULUMI_CONFIG_PASSPHRASE_FILE": "/x"},
        {"PULUMI_ACCESS_TOKEN": "pul-x"},
        {"PULUMI_BACKEND_URL": "https://pulumi.example.org"},
    ],
)
def test_an_explicit_choice_passes(clone: Path, chosen: dict[str, str]) -> None:
    """A backend with a passphrase passes, and so does Pulumi Cloud, which has keys of its own."""
    assert guard(clone, "elsewhere", **chosen) == "ok"
    assert guard(clone, "acme/elsewhere", **chosen) == "ok"


def test_a_secrets_provider_in_the_settings_passes(clone: Path) -> None:
    """A secrets provider in the stack's settings is taken, and needs no passphrase."""
    settings = clone / "stacks" / "Pulumi.elsewhere.yaml"
    settings.write_text(
        'secretsprovider: "awskms://alias/x?region=eu-west-1" # ours\n', encoding="utf-8"
    )
    shown = guard(clone, "elsewhere", "$secrets_provider", **SHARED)
    assert shown == "awskms://alias/x?region=eu-west-1"


def test_the_passphrase_provider_still_needs_a_passphrase(clone: Path) -> None:
    """`secretsprovider: passphrase` names no key by itself."""
    (clone / "stacks" / "Pulumi.elsewhere.yaml").write_text(
        "secretsprovider: passphrase\n", encoding="utf-8"
    )
    assert guard(clone, "elsewhere", **SHARED) == ""


def test_local_has_defaults(clone: Path) -> None:
    """local keeps its state in the clone under a word that says it is no secret."""
    shown = guard(clone, "local", "$PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE")
    assert shown == f"file://{clone}/.pulumi {WORD}"


def test_local_keeps_its_state_in_the_clone(clone: Path) -> None:
    """A backend that is exported for other stacks never gets a local in it."""
    shown = guard(clone, "local", "$PULUMI_BACKEND_URL", **SHARED)
    assert shown == f"file://{clone}/.pulumi"


def test_local_opens_whatever_passphrase_is_exported(clone: Path) -> None:
    """local's committed settings open with their own word, whatever else is exported."""
    chosen = {"PULUMI_CONFIG_PASSPHRASE": "of another project"}
    assert guard(clone, "local", "$PULUMI_CONFIG_PASSPHRASE", **chosen) == WORD


@pytest.mark.engine
def test_env_prints_exports_only_and_a_plain_pulumi_works(clone: Path, tmp_path: Path) -> None:
    """After `eval "$(make -s env)"` a plain `pulumi` is on local; no committed file has changed."""
    (clone / ".venv").symlink_to(sys.prefix)
    settings = clone / "stacks" / "Pulumi.local.yaml"
    before = settings.read_bytes()
    ran = make(clone, "-s", "env", PULUMI_HOME=str(tmp_path / "home"))
    assert ran.returncode == 0, ran.stderr
    assert all(line.startswith("export ") for line in ran.stdout.splitlines())
    plain = subprocess.run(
        ["sh", "-euc", f"{ran.stdout}\npulumi stack --show-name; command -v python"],
        cwd=clone,
        env=environment(PULUMI_HOME=str(tmp_path / "home")),
        capture_output=True,
        encoding="utf-8",
    )
    assert plain.stdout.splitlines() == ["local", str(clone / ".venv" / "bin" / "python")]
    assert settings.read_bytes() == before


@pytest.mark.engine
@pytest.mark.parametrize(("knob", "ours"), [("PULUMI_PARALLEL", "48"), ("GOGC", "400")])
def test_env_sets_what_speeds_the_engine_up(
    clone: Path, tmp_path: Path, knob: str, ours: str
) -> None:
    """`make env` exports the engine's knobs, but not over what the user has set."""
    (clone / ".venv").symlink_to(sys.prefix)
    home = {"PULUMI_HOME": str(tmp_path / "home")}
    line = f"export {knob}='{ours}'"
    assert line in make(clone, "-s", "env", **home, **{knob: ""}).stdout.splitlines()
    assert f"export {knob}=" not in make(clone, "-s", "env", **home, **{knob: "7"}).stdout
