"""What a plugin process knows of its engine, and tells it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from vapi_provider.catalogue.message import Message
from vapi_provider.errors import AbandonedError
from vapi_provider.pulumi_sdk.plugin import (
    debug,
    engine_operation,
    is_engine_alive,
    require_engine,
    warn,
)


class Engine(engine_pb2_grpc.EngineServicer):
    """An engine that takes messages until it exits."""

    def __init__(self) -> None:
        self.log: list[tuple[int, str]] = []
        self._server = grpc.server(ThreadPoolExecutor(1))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Keep the message."""
        self.log.append((request.severity, request.message))
        return empty_pb2.Empty()

    def exit(self) -> None:
        """Stop listening."""
        self._server.stop(0).wait()


@pytest.fixture
def as_plugin_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that lets this process pass for the plugin of the engine at an address."""

    def pass_for(address: str) -> None:
        spec = ModuleSpec("pulumi.dynamic.__main__", None)
        monkeypatch.setattr(sys.modules["__main__"], "__spec__", spec)
        monkeypatch.setattr(sys, "argv", ["plugin", address])

    return pass_for


@pytest.fixture
def engine(as_plugin_of: Callable[[str], None]) -> Iterator[Engine]:
    """Start an engine whose plugin this process is."""
    started = Engine()
    as_plugin_of(started.address)
    yield started
    started.exit()


def test_the_engine_shows_warnings_and_debug_messages(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has its severity; nothing is written to the plugin's own stderr, which nobody sees."""
    warn(Message("the stack's key expires"))
    debug("retried\x1b")
    assert engine.log == [
        (engine_pb2.WARNING, "the stack's key expires"),
        (engine_pb2.DEBUG, "retried\\u001b"),
    ]
    assert capsys.readouterr().err == ""


def test_a_message_to_an_engine_that_exited_is_dropped(engine: Engine) -> None:
    """The operation goes on: it may just have created a record."""
    engine.exit()
    warn(Message("too late"))
    assert engine.log == []


def test_no_request_is_sent_once_the_engine_has_exited(engine: Engine) -> None:
    """While it listens, requests are sent; then their results would be lost."""
    require_engine()
    assert engine_operation().startswith(engine.address)
    engine.exit()
    with pytest.raises(AbandonedError):
        require_engine()


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:port", "no host.invalid:1"])
def test_only_a_refused_connection_shows_that_the_engine_exited(
    as_plugin_of: Callable[[str], None], address: str
) -> None:
    """Where it cannot be asked, the operation goes on."""
    as_plugin_of(address)
    assert is_engine_alive()


def test_a_process_without_an_engine_has_no_operation() -> None:
    """A program, a command or a test is no plugin, and is not stopped."""
    assert engine_operation() == ""
    require_engine()
