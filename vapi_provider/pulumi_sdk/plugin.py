"""The plugin process that the engine starts (``python -m pulumi.dynamic``).

This module covers the text of errors, the end of the process, and messages to the user.
"""

from __future__ import annotations

import atexit
import functools
import gc
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from vapi_provider.catalogue import sdk as messages
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import AbandonedError, VapiError
from vapi_provider.journal.operation import operation_at
from vapi_provider.pulumi_sdk import kept_connection
from vapi_provider.pulumi_sdk.collector import raise_gc_threshold
from vapi_provider.pulumi_sdk.kept_connection import KeptConnection
from vapi_provider.shared.in_flight import InFlight
from vapi_provider.shared.search_path import is_plugin_process
from vapi_provider.shared.terminal import say
from vapi_provider.shared.text import escape_control, escape_control_lines

WATCH_SECONDS = 2.0
"""The interval between two checks that the engine is still running."""

_calls = InFlight()

P = ParamSpec("P")
R = TypeVar("R")


class Failure(Exception):
    """An error that is sent to the engine, which shows it after its class name: ``vapi: …``."""


Failure.__qualname__ = "vapi"
Failure.__module__ = "builtins"


def configure_plugin_process() -> None:
    """Configure the plugin process; do nothing in any other process.

    The SDK then sends an error's text to the engine instead of its traceback, the garbage collector
    runs rarely, and the process exits once its engine has exited and no call is in flight. The SDK
    itself would wait forever for a killed engine.
    """
    if is_plugin_process():
        sys.tracebacklimit = 0
        raise_gc_threshold()
        # Exempt all objects from the interpreter's final collection, which nothing here needs.
        atexit.register(gc.freeze)
        threading.Thread(target=_end_with_the_engine, daemon=True).start()


def _end_with_the_engine() -> None:
    while kept_connection.is_listening(engine_address()) or _calls.count:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


def error_boundary(method: Callable[P, R]) -> Callable[P, R]:
    """Convert an expected error to one line, and an unexpected one to a line and a traceback."""

    @functools.wraps(method)
    def boundary(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with _calls:
                return method(*args, **kwargs)
        except VapiError as error:
            raise Failure(escape_control(str(error))) from None
        except Exception as error:  # noqa: BLE001 - the last place that can add the traceback
            # An explicit limit overrides `sys.tracebacklimit`, which is 0 in the plugin process.
            lines = traceback.format_exception(error, limit=50)
            text = escape_control_lines("".join(lines))
            raise Failure(f"unexpected, please report this:\n{text}") from None
        finally:
            # The engine's server waits for open connections before it stops.
            if not _calls.count:
                _connection(engine_address()).close()

    return boundary


def engine_operation() -> str:
    """Return the identity of the engine operation, which all its plugin processes share.

    It is empty outside of a plugin process.
    """
    address = engine_address()
    return operation_at(address) if address else ""


def is_engine_alive() -> bool:
    """Return whether the engine that started this plugin still listens.

    A plugin may outlive its engine. The result is True outside of the plugin process.
    """
    address = engine_address()
    return not address or is_listening(address)


def is_listening(address: str) -> bool:
    """Return whether an engine runs at `host:port`: False only for a refused connection."""
    if address == engine_address():
        return _connection(address).is_running()
    return kept_connection.is_listening(address)


@functools.cache
def _connection(address: str) -> KeptConnection:
    """Return the connection to this plugin's engine, kept while calls are in flight.

    It is cached because each write checks the engine twice.
    """
    return KeptConnection(address)


def engine_address() -> str:
    """Return the address of this plugin's engine; empty outside of the plugin process."""
    return sys.argv[1] if is_plugin_process() and len(sys.argv) > 1 else ""


def require_engine(is_alive: Callable[[], bool] = is_engine_alive) -> None:
    """Raise AbandonedError if the engine has exited: the result of a request would be lost."""
    if not is_alive():
        raise AbandonedError(messages.ENGINE_GONE())


def warn(message: Message) -> None:
    """Show a warning to the user; outside of the plugin process, write it to stderr.

    The plugin does not know the resource's URN, so Pulumi shows the warning under the stack.
    """
    if not _log(engine_pb2.WARNING, message):
        say(f"warning: {message}", err=True)


def debug(message: str) -> None:
    """Log a message that only ``pulumi --debug`` shows."""
    _log(engine_pb2.DEBUG, message)


def _log(severity: Any, message: str) -> bool:
    """Send a message to the engine's log; return False outside of a plugin process."""
    if not is_plugin_process() or len(sys.argv) < 2:
        return False
    # A failed log call must not fail the operation, which may have just created a record.
    with suppress(grpc.RpcError):
        request = engine_pb2.LogRequest(severity=severity, message=escape_control_lines(message))
        _engine(sys.argv[1]).Log(request, timeout=5)
    return True


@functools.cache
def _engine(address: str) -> Any:
    """Return the connection to the engine, cached because a fleet logs thousands of messages."""
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
