"""Imports of a program, the plugin and the commands: nothing expensive that a run does not need."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.serving import ROOT
from vapi_provider.models.base import VapiModel

FOREIGN = "vapi_provider.cli vapi_provider.embedded flask werkzeug click rich pygments phonenumbers"
OF_THE_PLUGIN = "sqlite3 vapi_provider.journal.journal vapi_provider.lifecycle.session"
OF_REQUESTS = "httpx tenacity vapi_provider.api.transport"
OF_JUDGING = "vapi_provider.settings.guards vapi_provider.models.number_spelling"
OF_CHANGES = "pydantic vapi_provider.models.base"

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

REQUESTING = """
import os
from contextlib import nullcontext
from pathlib import Path
from vapi_provider.api.lazy_transport import LazyTransport
from vapi_provider.settings.config import load_settings

settings = load_settings({"apiKey": "key-for-tests-only"}.get, os.environ, Path.cwd())
LazyTransport(settings, print, print, nullcontext)._open()
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
        (REQUESTING, FOREIGN),
    ],
    ids=[
        "preflight",
        "program",
        "plugin, nothing changes",
        "plugin, something is checked",
        "plugin, something is requested",
    ],
)
def test_an_ordinary_run_loads_no_more_than_it_needs(
    works: str, unwanted: str, tmp_path: Path
) -> None:
    """HTTP and models only where something is to be done; none of what other commands need.

    What else the machine has installed makes no difference: httpx would load its own command
    line where it finds click and rich.
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


WATCHED = """
import sys, threading
touched = []
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"):
        touched.append((event, args))
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        touched.append((event, args))
sys.dont_write_bytecode = True
import pulumi, pydantic, phonenumbers
sys.addaudithook(watch)
before = threading.active_count()
import vapi_provider, vapi_provider.provider
print(touched, threading.active_count() - before, "vapi_provider.embedded" in sys.modules)
"""


def test_importing_has_no_side_effect(tmp_path: Path) -> None:
    """Importing opens nothing, starts nothing, and loads no embedded account."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[] 0 False\n", "")
    assert list(tmp_path.iterdir()) == []


def test_importing_it_imports_no_pulumi_and_no_http() -> None:
    """Importing the messages loads neither Pulumi nor an HTTP client."""
    look = (
        "import sys, vapi_provider.messages as m;"
        "print([n for n in ('pulumi', 'grpc', 'httpx', 'flask', 'click') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"]])
def test_help_is_light(arguments):
    """`--help` does not load the server."""
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['vapi_provider', *{arguments!r}]\n"
        "try: runpy.run_module('vapi_provider', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert 'flask' not in sys.modules and 'werkzeug' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout
