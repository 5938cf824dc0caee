"""Plugins that outlive their engine, and 404s that are not the API's, on the real engine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import Account, Project, new_project, serve
from tests.engine.test_interrupted import _command, children, until
from tests.support.proxy import Answer, Proxy, proxy_of

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("_pulumi")]

KEPT = 'VapiPhoneNumber("b", sip_uri="sip:outlived-b@sip.vapi.ai")\n'
BOTH = 'VapiPhoneNumber("a", sip_uri="sip:outlived-a@sip.vapi.ai")\n' + KEPT
CHANGED = 'VapiPhoneNumber("a", sip_uri="sip:outlived-a@sip.vapi.ai", name="changed")\n' + KEPT
LATER = Answer(503, "try later", {"Retry-After": "5"})


@pytest.fixture
def proxy(account: Account) -> Iterator[Proxy]:
    """A proxy in front of `account`."""
    with proxy_of(account.url) as started:
        yield started


def kill_the_engine(project: Project, is_time: Callable[[], bool]) -> list[int]:
    """Starts an `up` and kills its engine when `is_time`; the plugins that outlive it."""
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"],
        cwd=project.folder,
        env=project.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(is_time)
    plugins = [pid for pid in children(running.pid) if "pulumi.dynamic" in _command(pid)]
    assert plugins
    os.kill(running.pid, signal.SIGKILL)
    running.wait(timeout=60)
    project.pulumi("cancel", "--yes")
    return plugins


def have_ended(plugins: list[int]) -> None:
    """Waits until no plugin of the killed engine is left."""
    until(lambda: not any("pulumi.dynamic" in _command(pid) for pid in plugins))


def held(account: Account) -> dict[str, str]:
    """Every record's name by its id."""
    return {record["id"]: record["name"] for record in account.records()}


@pytest.mark.parametrize(
    ("method", "program"), [("DELETE", KEPT), ("PATCH", CHANGED)], ids=["DELETE", "PATCH"]
)
def test_a_plugin_without_its_engine_repeats_nothing(
    tmp_path: Path, account: Account, proxy: Proxy, method: str, program: str
) -> None:
    """A DELETE or PATCH put off by a 503 is not sent again once the engine was killed.

    The change is undone in the program: after the rerun, and after the plugin's end, the account
    is as it was.
    """
    project = new_project(tmp_path, proxy.url)
    project.program(BOTH)
    project.up()
    before = held(account)
    proxy.answer(method, LATER)
    project.program(program)
    plugins = kill_the_engine(project, lambda: proxy.count(method) > 0)
    project.program(BOTH)
    assert project.up() == {}
    have_ended(plugins)
    assert proxy.count(method) == 1
    assert held(account) == before
    assert {item["id"] for item in project.state()} == set(before)
    assert list(tmp_path.rglob("*.writing")) == []


@pytest.mark.parametrize("plugin_too", [False, True], ids=["engine", "engine and plugin"])
@pytest.mark.parametrize(
    ("method", "program"), [("DELETE", KEPT), ("PATCH", CHANGED)], ids=["DELETE", "PATCH"]
)
def test_the_rerun_waits_for_a_request_in_flight(
    tmp_path: Path, method: str, program: str, plugin_too: bool
) -> None:
    """A slow DELETE or PATCH that outlives its engine, and was undone, ends in a truthful state."""
    with (
        serve(tmp_path, "account", "--fault", f"{method}:1:slow=6") as account,
        proxy_of(account.url) as proxy,
    ):
        project = new_project(tmp_path, proxy.url)
        project.environment["VAPI_REQUEST_TIMEOUT_SECONDS"] = "10"
        project.program(BOTH)
        project.up()
        project.program(program)
        plugins = kill_the_engine(project, lambda: proxy.count(method) > 0)
        if plugin_too:
            for pid in plugins:
                os.kill(pid, signal.SIGKILL)
        project.program(BOTH)
        preview = project.pulumi("preview")
        assert preview.code == 0, preview.text
        done = project.up()
        assert done == ({"replace": 1} if method == "DELETE" else {"update": 1}), preview.text
        have_ended(plugins)
        assert {item["id"] for item in project.state()} == set(held(account))
        assert sorted(held(account).values()) == ["numbers/test/a", "numbers/test/b"]
        assert project.up() == {}
        assert project.refresh() == {}
        assert list(tmp_path.rglob("*.writing")) == []


def test_a_proxys_404_forgets_nothing(tmp_path: Path, account: Account, proxy: Proxy) -> None:
    """An HTML 404 of a proxy is repeated, then an error; a number is never bought again for it."""
    project = new_project(tmp_path, proxy.url)
    project.program(BOTH)
    project.up()
    before = held(account)
    html = Answer(404, "<html>404 Not Found</html>", {"Content-Type": "text/html"})
    proxy.answer("GET", html)
    assert project.refresh() == {}

    proxy.answer("GET", *[html] * 20)
    failed = project.pulumi("refresh", "--yes", "--skip-preview")
    assert failed.code != 0
    assert all("not the API's own response" in line for line in failed.errors())
    assert failed.errors()
    proxy.answer("GET")

    missing = Answer(404, '{"message":"Not Found","error":"Not Found","statusCode":404}')
    proxy.answer("GET", missing)
    failed = project.pulumi("refresh", "--yes", "--skip-preview")
    (line,) = failed.errors()
    assert "still shows it" in line

    project.program(KEPT)
    proxy.answer("DELETE", missing)
    failed = project.pulumi("up", "--yes", "--skip-preview")
    (line,) = failed.errors()
    assert "still shows it" in line
    assert held(account) == before
    assert len(project.state()) == 2
    assert project.up() == {"delete": 1}
    assert len(held(account)) == 1
