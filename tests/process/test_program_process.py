"""`program` and `collector`: what they touch of a run's connections and process, and what not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2, resource_pb2, resource_pb2_grpc, source_pb2

from vapi_provider.errors import ConfigurationError
from vapi_provider.pulumi_sdk.program import PROGRESS, patch_sdk, start_plugin
from vapi_provider.pulumi_sdk.switch import are_patches_on

ROOT = Path(__file__).parents[2]
OURS = "pulumi-python:dynamic/vapi:VapiPhoneNumber"
OTHERS = (
    "registering resource: ty=aws:s3/bucket:Bucket, name=b",
    "registering resource now",
    "RPC failed with exception:",
)


class Engine:
    """Takes messages."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.Log = lambda request: self.said.append(request.message)


class Monitor(resource_pb2_grpc.ResourceMonitorStub):
    """Takes registrations and invokes; the SDK's type, and no connection."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.invoked: list[Any] = []
        self.Invoke = SimpleNamespace(future=self.invoked.append)  # pyright: ignore[reportAttributeAccessIssue]
        self.RegisterResource = self.taken.append  # pyright: ignore[reportAttributeAccessIssue]


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, Monitor]]:
    """A run that is connected to both; its project lies in `tmp_path`."""
    monkeypatch.setenv("VAPI_SDK_PATCHES", "on")
    ambient: Any = settings.SETTINGS
    before = (ambient.engine, ambient.monitor, ambient.root_directory)
    engine, monitor = Engine(), Monitor()
    ambient.engine, ambient.monitor, ambient.root_directory = engine, monitor, str(tmp_path)
    yield engine, monitor
    ambient.engine, ambient.monitor, ambient.root_directory = before


def registration(*places: str, kind: str = OURS) -> resource_pb2.RegisterResourceRequest:
    """What the SDK sends for a resource that is declared through `places`."""
    frames = [
        source_pb2.StackFrame(pc=source_pb2.SourcePosition(uri=place, line=1)) for place in places
    ]
    return resource_pb2.RegisterResourceRequest(
        type=kind, stackTrace=source_pb2.StackTrace(frames=frames)
    )


def places(request: Any) -> list[str]:
    """The files of a registration's stack trace."""
    return [frame.pc.uri for frame in request.stackTrace.frames]


def test_each_run_starts_its_plugin_once(connected: tuple[Engine, Monitor]) -> None:
    """The first number of each program sends the call, also of two programs in one process."""
    _, first = connected
    second = Monitor()
    ambient: Any = settings.SETTINGS
    for monitor in (first, second, first):
        ambient.monitor = monitor
        start_plugin(None)
        start_plugin(pulumi.ResourceOptions(protect=True))
    for monitor in (first, second):
        (call,) = monitor.invoked
        package, _module, _name = call.tok.split(":")
        assert OURS.startswith(f"{package}:")


@pytest.mark.parametrize("options", [{"version": "1.0.0"}, {"plugin_download_url": "https://a.b"}])
def test_options_that_name_another_plugin_start_none(
    connected: tuple[Engine, Monitor], options: dict[str, str]
) -> None:
    """A later number without them still starts the default provider's plugin."""
    _, monitor = connected
    start_plugin(pulumi.ResourceOptions(**options))  # pyright: ignore[reportArgumentType]
    assert monitor.invoked == []
    start_plugin(pulumi.ResourceOptions())
    assert len(monitor.invoked) == 1


def test_only_the_progress_of_numbers_is_not_sent(connected: tuple[Engine, Monitor]) -> None:
    """Messages of the program and of other providers' resources arrive, also when set up twice."""
    engine, _ = connected
    patch_sdk()
    patch_sdk()
    log: Any = engine.Log
    for words in (*PROGRESS, *OTHERS):
        log(engine_pb2.LogRequest(severity=engine_pb2.DEBUG, message=words))
    log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=PROGRESS[0]))
    assert engine.said == [*OTHERS, PROGRESS[0]]


def test_a_switch_leaves_the_sdk_as_it_is(
    connected: tuple[Engine, Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With VAPI_SDK_PATCHES=off neither connection is changed, and no call is sent."""
    monkeypatch.setenv("VAPI_SDK_PATCHES", "off")
    engine, monitor = connected
    before = (engine.Log, monitor.RegisterResource)
    patch_sdk()
    start_plugin(None)
    assert (engine.Log, monitor.RegisterResource) == before
    assert monitor.invoked == []


@pytest.mark.parametrize(
    ("value", "expected"), [("", True), ("on", True), ("OFF ", False), ("off", False)]
)
def test_patches_are_on_unless_switched_off(value: str, expected: bool) -> None:
    """Letter case and surrounding blanks do not matter."""
    assert are_patches_on({"VAPI_SDK_PATCHES": value}) is expected


def test_another_value_of_the_switch_is_refused() -> None:
    """An answer that is neither on nor off is one line that names the variable."""
    with pytest.raises(ConfigurationError, match="VAPI_SDK_PATCHES is 'no': set it to on or off"):
        are_patches_on({"VAPI_SDK_PATCHES": "no"})


def test_of_a_numbers_stack_the_projects_own_places_are_kept(
    connected: tuple[Engine, Monitor], tmp_path: Path
) -> None:
    """The first stays wherever it is; what is installed in the project's folder is not its own."""
    _, monitor = connected
    own = (tmp_path / "stacks/dev.py").as_uri()
    main = (tmp_path / "__main__.py").as_uri()
    installed = (tmp_path / ".venv/lib/python3.11/site-packages/pulumi/runtime/stack.py").as_uri()
    launcher, elsewhere = "file:///usr/bin/pulumi-language-python-exec", "file:///lib/lines.py"
    patch_sdk()
    register: Any = monitor.RegisterResource
    register(registration(own, main, "", installed, launcher))
    register(registration(elsewhere, main, launcher))
    register(registration())
    register(registration(own, launcher, kind="aws:s3/bucket:Bucket"))
    assert [places(taken) for taken in monitor.taken] == [
        [own, main],
        [elsewhere, main],
        [],
        [own, launcher],
    ]


def test_an_sdk_that_is_not_as_known_goes_on_as_it_is(connected: tuple[Engine, Monitor]) -> None:
    """Without stack traces, and without a call to look at, nothing is touched and nothing fails."""
    engine, monitor = connected
    del engine.Log, monitor.Invoke
    patch_sdk()
    start_plugin(None)
    bare = SimpleNamespace(type=OURS)
    register: Any = monitor.RegisterResource
    register(bare)
    assert monitor.taken == [bare]
    assert not hasattr(engine, "Log")
    assert not hasattr(monitor, "ReadResource")


COLLECTOR = """
import gc, threading
from pulumi.runtime import settings
from tests.process.test_program_process import Engine, Monitor
from vapi_provider.pulumi_sdk.program import patch_sdk

{before}
was = gc.get_threshold()
def run():
    settings.SETTINGS.engine, settings.SETTINGS.monitor = Engine(), {monitor}
    patch_sdk()
{run}
now = gc.get_threshold()
assert now[1:] == was[1:]
print("unchanged" if now == was else now[0], gc.isenabled())
"""
IN_A_THREAD = "thread = threading.Thread(target=run); thread.start(); thread.join()"


@pytest.mark.parametrize(
    ("before", "monitor", "run", "after"),
    [
        ("", "Monitor()", "run()", "50000 True"),
        ("gc.disable()", "Monitor()", "run()", "unchanged False"),
        ("gc.set_threshold(0)", "Monitor()", "run()", "unchanged True"),
        ("gc.set_threshold(90_000)", "Monitor()", "run()", "unchanged True"),
        ("", "None", "run()", "unchanged True"),
        ("", "Monitor()", IN_A_THREAD, "unchanged True"),
    ],
    ids=["a program", "off", "never by itself", "rarer still", "no engine", "somebody else's"],
)
def test_the_collector_is_made_rarer_where_the_process_is_the_programs(
    before: str, monitor: str, run: str, after: str
) -> None:
    """What the program has set stays, and so does what an Automation API's host has."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECTOR.format(before=before, monitor=monitor, run=run)],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (after, "")
