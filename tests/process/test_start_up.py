"""What a program and the plugin load: each run of the engine starts both."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vapi_provider.models.base import VapiModel

ROOT = Path(__file__).parents[2]
FOREIGN = "vapi_provider.cli vapi_provider.embedded flask werkzeug click rich pygments phonenumbers"
OF_THE_PLUGIN = "sqlite3 vapi_provider.journal.journal vapi_provider.lifecycle.session"
OF_REQUESTS = "httpx tenacity vapi_provider.api.transport"
OF_JUDGING = "vapi_provider.settings.guards vapi_provider.models.spelling"
OF_CHANGES = "pydantic vapi_provider.reconcile.validation"

PROGRAM = """
import vapi_provider
vapi_provider.VapiPhoneNumber, vapi_provider.ServerArgs
"""

PLUGIN = """
import pulumi.dynamic, os
from pathlib import Path
from pulumi.dynamic import Config, ConfigureRequest
from vapi_provider.provider import PhoneNumberProvider

working = PhoneNumberProvider()
config = {"vapi:apiKey": "key-for-tests-only"}
working.configure(ConfigureRequest(Config(config, "shop")))
news = {"provider": "vapi", "declaration": "acme/shop/dev/VapiPhoneNumber/a"}
inputs = {**news, "name": "shop/dev/a", "sip_uri": "sip:a@sip.vapi.ai"}
"""

UNCHANGED = f"""{PLUGIN}
assert working.check(inputs, inputs).failures == []
assert not working.diff("id", inputs, inputs).changes
"""

CHANGED = f"""{PLUGIN}
assert working.check({{}}, {{**news, "sip_uri": "sip:a@sip.vapi.ai"}}).inputs == inputs
assert working.check(inputs, {{**inputs, "name": "x" * 41}}).failures
"""


PREFLIGHT = """
from pathlib import Path
import vapi_provider.cli.preflight
from vapi_provider.settings.backend import Backend
from vapi_provider.cli.preflight_workflow import preflight
from vapi_provider.journal.journal import Journal

Journal(Path("j.sqlite"), "account", Backend("b", True)).unfinished("shop", "dev")
"""


@pytest.mark.parametrize(
    ("works", "unwanted"),
    [
        (PREFLIGHT, f"ssl {OF_JUDGING} {OF_CHANGES}"),
        (PROGRAM, f"{FOREIGN} {OF_THE_PLUGIN} {OF_REQUESTS} {OF_CHANGES}"),
        (UNCHANGED, f"{FOREIGN} {OF_REQUESTS} {OF_CHANGES}"),
        (CHANGED, f"{FOREIGN} {OF_REQUESTS}"),
    ],
    ids=["preflight", "program", "plugin, nothing changes", "plugin, something is checked"],
)
def test_an_ordinary_run_loads_no_more_than_it_needs(
    works: str, unwanted: str, tmp_path: Path
) -> None:
    """HTTP and models only where something is to be done; none of what other commands need.

    What else the machine has installed makes no difference: httpx loads its own command line
    where it finds click and rich.
    """
    told = f"import sys\nprint([name for name in {unwanted.split()} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", works + told],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_model_is_built_when_it_is_needed_also_by_many_at_once() -> None:
    """Threads that all validate first get one and the same validator."""

    class Late(VapiModel):
        name: str

    assert not Late.__pydantic_complete__
    together = threading.Barrier(16)

    def validate(_: int) -> int:
        together.wait(timeout=20)
        assert Late.built().model_validate({"name": "a"}).name == "a"
        return id(Late.__pydantic_validator__)

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(validate, range(16)))) == 1
