"""The package works with the lowest and the newest of each range, and beside Vapi's client."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.contract.test_sdk import SDK
from tests.support.venvs import outside, shared_python

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[2]

# One number made in the embedded account by the plugin's own code: validated, sent, recorded.
WORKS = """\
import sys
from pathlib import Path

from pulumi.dynamic import ConfigureRequest
from pulumi.dynamic import Config

from vapi_provider.cli import main
from vapi_provider.provider import PhoneNumberProvider

provider = PhoneNumberProvider()
config = {"vapi:baseUrl": f"embedded:{Path(sys.argv[1])}"}
provider.configure(ConfigureRequest(Config(config, "shop")))
inputs = {
    "provider": "vapi",
    "declaration": "acme/shop/dev/VapiPhoneNumber/line",
    "number_desired_area_code": "415",
    "fallback_destination": {"type": "number", "number": "+14155550100", "name": "Desk"},
    "server": {"url": "http://not-https.example"},
}
(refused,) = provider.check({}, inputs).failures
assert refused.reason == "server.url: must be an https:// URL [VAPI-NOT-HTTPS]", refused.reason
inputs["server"] = {"url": "https://voice.example.com", "timeout_seconds": 20.0}
made = provider.create(provider.check({}, inputs).inputs)
assert made.outs["number"].startswith("+1415"), made.outs
provider.delete(made.id, made.outs)
main(["--help"], standalone_mode=False)
print("works")
"""


def requirements(end: str) -> list[str]:
    """The run-time dependencies at one end of their ranges."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r"^dependencies = \[(.*?)^\]", text, re.M | re.S)
    assert declared
    found = [Requirement(line) for line in re.findall(r'"(.+?)"', declared[1])]
    if end == "newest":
        return [str(one) for one in found]
    lowest = {
        one.name: min(s.version for s in one.specifier if s.operator == ">=") for one in found
    }
    return [f"{name}=={version}" for name, version in lowest.items()]


@pytest.mark.parametrize("end", ["lowest", "newest", "beside-the-client"])
def test_the_package_works_at_both_ends(
    end: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A number is checked, made and released with these versions, in one environment."""
    beside = [SDK] if end == "beside-the-client" else []
    wanted = [*requirements("lowest" if end == "lowest" else "newest"), *beside]
    python = shared_python(tmp_path_factory, f"ranges-{end}", str(ROOT), *wanted)
    environment = {**outside(), "VAPI_JOURNAL": str(tmp_path / "journal.sqlite")}
    done = subprocess.run(
        [python, "-c", WORKS, tmp_path / "account.sqlite"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        encoding="utf-8",
    )
    assert done.stdout.endswith("works\n"), done.stderr
    if beside:
        imported = subprocess.run([python, "-c", "import vapi, vapi_provider"], check=False)
        assert imported.returncode == 0
