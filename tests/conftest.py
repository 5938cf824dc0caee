"""What holds for every test: nothing of this machine's environment, no network but loopback."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from tests.support.environment import foreign
from tests.support.interrupts import accept_interrupts

_WITH_ENGINE = ("engine", "pipelines", "chaos")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much the property tests that cost time try."""
    parser.addoption("--pairs", type=int, default=500, help="pairs of declarations to reconcile")


def pytest_configure() -> None:
    """Let the programs that tests start end on SIGINT, also where this run ignores it."""
    accept_interrupts()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip on Windows what only POSIX has, and leave the engine's rings out of the coverage."""
    for item in items:
        if sys.platform == "win32" and item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip(reason="signals, permissions, links and sh of POSIX"))
        if item.path.parent.name in _WITH_ENGINE:
            item.add_marker(pytest.mark.no_cover)


def pytest_report_header() -> str | None:
    """Say where encodings are not checked: that is chosen when Python starts."""
    if sys.flags.warn_default_encoding:
        return None
    return "encodings are not checked: `make test` sets PYTHONWARNDEFAULTENCODING=1"


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in foreign(os.environ):
        monkeypatch.delenv(name)
    # No test writes into the journal of the person who runs it, nor does one that names none.
    monkeypatch.setenv("VAPI_JOURNAL", str(tmp_path / "journal.sqlite"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    # pytest-socket takes it back after each test.
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
