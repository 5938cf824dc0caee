"""What set-up sees of the environment, who may set up at once, and which CLI a pipeline takes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from scripts import environment

ROOT = Path(__file__).parents[3]
SECRET = [
    "VAPI_API_KEY",
    "VAPI_TOKEN",
    "VAPI_JOURNAL",
    "VAPI_PROBE_BEARER_FRONT_DESK",
    "PULUMI_BACKEND_URL",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_PROFILE",
    "AZURE_STORAGE_KEY",
    "ARM_CLIENT_SECRET",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "PGPASSWORD",
    "PGPASSFILE",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "GITHUB_TOKEN",
    "CI_JOB_TOKEN",
    "SOME_PASSWORD",
    "SOME_API_KEY",
    "API_KEY_PROD",
    "SIGNING_KEYS",
    "VOICE_APIKEY_EU",
    "DB_PASS",
    "MYSQL_PWD",
    "GH_PAT",
    "MAKEFLAGS",
]
SEEN = [
    "HOME",
    "LANG",
    "XDG_CACHE_HOME",
    "TMPDIR",
    "HTTPS_PROXY",
    "SSL_CERT_FILE",
    "PIP_INDEX_URL",
    "PIP_CERT",
    "GOPROXY",
    "GOFLAGS",
    "PULUMI_HOME",
    "VAPI_PINNED_CLI",
    "PAGER",
    "KEYMAP",
]
LOCKED = """
refuse() { echo "$1" >&2; exit 1; }
root=$PWD
. scripts/setup.sh
lock_venv
mkdir inside || { echo two at once; exit 1; }
sleep 0.02
rmdir inside
"""


def shell(folder: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a folder that has the project's engine folder."""
    (folder / "scripts").symlink_to(ROOT / "scripts")
    return subprocess.run(
        ["sh", "-euc", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_set_up_sees_no_secret(tmp_path: Path) -> None:
    """Set-up sees no key, passphrase, state or cloud variable, and everything else."""
    variables = {name: f"one\n{name}=two" for name in [*SECRET, *SEEN]}
    ran = shell(tmp_path, ". scripts/setup.sh; (drop_secrets; env); env", **variables)
    inner, outer = ran.stdout.count("=one"), ran.stdout.count("=two")
    assert (inner, outer) == (2 * len(SEEN) + len(SECRET),) * 2
    assert ran.stdout.count("\nVAPI_API_KEY=one") == 1


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_dropped(name: str) -> None:
    """The Python part of set-up drops what the shell part drops."""
    environ = {name: "x", "PATH": "/bin"}
    environment.drop_secrets(environ)
    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize("name", SEEN)
def test_what_set_up_needs_stays(name: str) -> None:
    """Proxies, certificates, mirrors and folders stay."""
    environ = {name: "x"}
    environment.drop_secrets(environ)
    assert environ == {name: "x"}


@pytest.mark.parametrize("stale", [True, False])
def test_one_make_at_a_time_sets_up(tmp_path: Path, stale: bool) -> None:
    """Six makes at once set up one after the other, also beside a dead run's lock."""
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    if stale:
        (tmp_path / ".venv.lock").symlink_to("999999999")
        (tmp_path / ".venv.flock").touch()
    for _ in range(5):
        runs = [
            subprocess.Popen(
                ["sh", "-euc", LOCKED],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            for _ in range(6)
        ]
        ended = [(run.communicate(timeout=60), run.returncode) for run in runs]
        assert [code for _, code in ended] == [0] * 6, ended


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    """The lock of a make that was killed is nobody's, without anybody's help."""
    killed = shell(tmp_path, LOCKED.replace("rmdir inside", "rmdir inside; kill -9 $$"))
    assert killed.returncode == -9
    again = subprocess.run(["sh", "-euc", LOCKED], cwd=tmp_path, capture_output=True, timeout=60)
    assert again.returncode == 0
    assert again.stderr == b""


@pytest.mark.parametrize(("answer", "used"), [("", False), ("no", False), ("1", True)])
def test_a_pipeline_ignores_the_cli_on_path(tmp_path: Path, answer: str, used: bool) -> None:
    """VAPI_PINNED_CLI asks for the pinned CLI; people's own on PATH is used otherwise."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$*" >&2\nenv | grep SECRET >&2 || :\n', encoding="utf-8")
    python.chmod(0o755)
    script = "root=$PWD; on_path=; . scripts/yes_or_no.sh; . scripts/setup.sh; ensure_engine"
    ran = shell(tmp_path, script, VAPI_PINNED_CLI=answer, AWS_SECRET_ACCESS_KEY="SECRET")
    assert ran.returncode == 0, ran.stderr
    option = " --pinned" if used else ""
    assert ran.stderr == f"-m scripts.install --print-bin{option}\n"


@pytest.mark.parametrize("cache", [None, "/somewhere"])
def test_the_cli_is_looked_for_once(tmp_path: Path, cache: str | None) -> None:
    """A second make uses the CLI that the first one found, whatever variables are unset."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\necho looked >&2\n", encoding="utf-8")
    python.chmod(0o755)
    variables = {} if cache is None else {"XDG_CACHE_HOME": cache}
    script = "root=$PWD; on_path=; . scripts/yes_or_no.sh; . scripts/setup.sh"
    ran = shell(tmp_path, f"{script}; (ensure_engine); (ensure_engine)", **variables)
    assert (ran.returncode, ran.stderr) == (0, "looked\n")
