"""The process that the engine starts for us (``python -m pulumi.dynamic``), and how it speaks.

What concerns the process and the SDK's way of running us, none of it what we do: the text of
errors, the end of the process, and warnings to the person.
"""

from __future__ import annotations

import atexit
import functools
import gc
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from vapi_provider.errors import AbandonedError, VapiError
from vapi_provider.pulumi_sdk.collector import collect_rarely
from vapi_provider.shared.search_path import is_plugin_process
from vapi_provider.shared.terminal import escaped, escaped_page, say

WATCH_SECONDS = 2.0
"""Between two looks whether the engine is still there."""

P = ParamSpec("P")
R = TypeVar("R")


class Failure(Exception):
    """What crosses to the engine. It is shown with its class name in front: ``vapi: …``."""


Failure.__qualname__ = "vapi"
Failure.__module__ = "builtins"


def settle_in() -> None:
    """In a plugin process: errors in one line, an end when the engine is gone, few collections.

    Makes the SDK send an error's text to the engine instead of its whole traceback. The SDK waits
    for its engine for ever, also for one that was killed; what is in flight is finished first.
    """
    if is_plugin_process():
        sys.tracebacklimit = 0
        collect_rarely()
        # The interpreter goes through all there is once more before it ends; nothing here needs it.
        atexit.register(gc.freeze)
        threading.Thread(target=_end_with_the_engine, daemon=True).start()


def _end_with_the_engine() -> None:
    while engine_lives() or _calls.in_flight:
        time.sleep(WATCH_SECONDS)
    os._exit(1)


class _Calls:
    """How many calls of the engine are being worked on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.in_flight = 0

    def __enter__(self) -> None:
        with self._lock:
            self.in_flight += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.in_flight -= 1


_calls = _Calls()


def one_line(method: Callable[P, R]) -> Callable[P, R]:
    """Turns an expected error into its one line, and an unexpected one into line and traceback."""

    @functools.wraps(method)
    def boundary(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with _calls:
                return method(*args, **kwargs)
        except VapiError as error:
            raise Failure(escaped(str(error))) from None
        except Exception as error:  # noqa: BLE001 - the last place that can add the traceback
            # tracebacklimit is 0 here; an explicit limit overrides it.
            lines = traceback.format_exception(error, limit=50)
            text = escaped_page("".join(lines))
            raise Failure(f"unexpected, please report this:\n{text}") from None

    return boundary


def engine_operation() -> str:
    """Return what the plugin processes of one engine operation have in common, and no others.

    That is the engine's address and, where the system tells it, its process; outside of a plugin
    process it is empty.
    """
    if not is_plugin_process() or len(sys.argv) < 2:
        return ""
    engine = ""
    # The engine starts a script, which starts this process.
    with suppress(OSError, IndexError):
        stat = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="utf-8")
        engine = stat.rpartition(")")[2].split()[1]
    return f"{sys.argv[1]} {engine}"


def engine_lives() -> bool:
    """Whether the engine that started this plugin still listens: a plugin may outlive it.

    Outside of the plugin process it is True.
    """
    address = engine_address()
    return not address or is_listening(address)


def is_listening(address: str) -> bool:
    """Return whether an engine listens at `host:port`; only a refused connection says no."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5):
            return True
    except ConnectionRefusedError:
        return False
    except (OSError, ValueError):
        return True


def engine_address() -> str:
    """Return where the engine of this plugin listens; empty outside of the plugin process."""
    return sys.argv[1] if is_plugin_process() and len(sys.argv) > 1 else ""


def require_engine(lives: Callable[[], bool] = engine_lives) -> None:
    """Raise AbandonedError where the engine is gone: nothing would record what is sent."""
    if not lives():
        raise AbandonedError("the engine that asked for it is gone: nothing more is sent")


def warn(message: str) -> None:
    """Shows a warning to the person; outside of the plugin process it goes to stderr.

    The plugin knows no URN, so the warning stands on the stack.
    """
    if not _log(engine_pb2.WARNING, message):
        say(f"warning: {message}", err=True)


def debug(message: str) -> None:
    """Tells what only somebody who looks for it wants to know (``pulumi --debug``)."""
    _log(engine_pb2.DEBUG, message)


def _log(severity: Any, message: str) -> bool:
    """Tells the engine, whose address is the plugin's first argument; False where there is none."""
    if not is_plugin_process() or len(sys.argv) < 2:
        return False
    # A record may have been made just now: that a line is lost must not lose it too.
    with suppress(grpc.RpcError):
        request = engine_pb2.LogRequest(severity=severity, message=escaped_page(message))
        _engine(sys.argv[1]).Log(request, timeout=5)
    return True


@functools.cache
def _engine(address: str) -> Any:
    """The connection to the engine: a fleet has thousands of messages."""
    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
