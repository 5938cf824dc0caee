"""The process that the engine starts for us (``python -m pulumi.dynamic``), and how it speaks.

What concerns the process and the SDK's way of running us, none of it what we do: the text of
errors, and warnings to the person.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from vapi_provider.errors import VapiError

P = ParamSpec("P")
R = TypeVar("R")


class Failure(Exception):
    """What crosses to the engine. It is shown with its class name in front: ``vapi: …``."""


Failure.__qualname__ = "vapi"
Failure.__module__ = "builtins"


def is_plugin_process() -> bool:
    """Whether this is the SDK's plugin process rather than a program, a command or a test."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name in ("pulumi.dynamic", "pulumi.dynamic.__main__")


def quiet_tracebacks() -> None:
    """Makes the SDK send an error's text to the engine instead of its whole traceback."""
    if is_plugin_process():
        sys.tracebacklimit = 0


def one_line(method: Callable[P, R]) -> Callable[P, R]:
    """Turns an expected error into its one line, and an unexpected one into line and traceback."""

    @functools.wraps(method)
    def boundary(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except VapiError as error:
            raise Failure(str(error)) from None
        except Exception as error:  # noqa: BLE001 - the last place that can add the traceback
            # tracebacklimit is 0 here; an explicit limit overrides it.
            lines = traceback.format_exception(error, limit=50)
            raise Failure(f"unexpected, please report this:\n{''.join(lines)}") from None

    return boundary


def warn(message: str) -> None:
    """Shows a warning to the person; outside of the plugin process it goes to stderr.

    The engine's address is the plugin's first argument. The plugin knows no URN, so the warning
    stands on the stack.
    """
    if not is_plugin_process() or len(sys.argv) < 2:
        sys.stderr.write(f"warning: {message}\n")
        return
    # A record may have been made just now: that a warning is lost must not lose it too.
    with suppress(grpc.RpcError), grpc.insecure_channel(sys.argv[1]) as channel:
        engine: Any = engine_pb2_grpc.EngineStub(channel)
        engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message), timeout=5)
