"""The README's way to a real account, as it is written, from a fresh clone."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import KEY, PASSPHRASE, ROOT, Account

pytestmark = pytest.mark.engine

# Who sits there types the two secrets and says yes to `make up`.
TYPED = 'pulumi() { printf typed-secret-of-20-letters | command pulumi "$@"; }\n'


def test_a_real_account_takes_four_commands(
    tmp_path: Path, repository: Path, account: Account
) -> None:
    """At most four commands bring `dev` about, and the key goes into no file."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"## A real account\n\n```sh\n(.+?)```", readme, re.S)
    assert len(block.splitlines()) <= 4
    block = block.replace("VAPI_API_KEY=…", f"VAPI_API_KEY={KEY}")
    block = block.replace("PASSPHRASE=…", f"PASSPHRASE={PASSPHRASE}")
    assert "…" not in block
    ours = {key: item for key, item in os.environ.items() if not key.startswith("PULUMI_")}
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": cache, "YES": "1"}
    (tmp_path / "home").mkdir()
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", TYPED + block],
        cwd=repository,
        env={**ours, **home, "VAPI_BASE_URL": account.url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=200,
    )
    assert ran.returncode == 0, ran.stdout
    assert "4 created" in ran.stdout
    assert len(account.records()) == 3
    settings = (repository / "stacks" / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    assert KEY not in settings
    assert "typed-secret" not in settings
