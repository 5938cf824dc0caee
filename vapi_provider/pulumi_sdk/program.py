"""The process that runs the program: what Pulumi's SDK does there for each resource, done cheaply.

Nothing here changes what is declared, in which order or how it fails
(docs/decisions/0009-the-programs-process.md). It touches the connections of one run to its engine,
and the process only where it is the program's alone; under mocks neither.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2, resource_pb2_grpc

from vapi_provider.deployment.exported import OURS
from vapi_provider.pulumi_sdk.collector import collect_rarely
from vapi_provider.pulumi_sdk.switch import are_patches_on

PROGRESS = tuple(
    f"{text}: ty={OURS}"
    for text in (
        "registering resource",
        "resource registration prepared",
        "resource registration successful",
    )
)
"""Start of the SDK's debug messages about the progress of one of our resources."""


def settle_in() -> None:
    """Once for each run of a program, when its first number is declared."""
    engine: Any = settings.get_engine()
    monitor: Any = settings.get_monitor()
    real = isinstance(monitor, resource_pb2_grpc.ResourceMonitorStub)
    if not real or isinstance(getattr(monitor, "RegisterResource", None), _Seen):
        return
    # A program of the Automation API runs in a thread of somebody else's process.
    if threading.current_thread() is threading.main_thread():
        collect_rarely()
    if not are_patches_on():
        return
    root = Path(settings.get_root_directory() or "").absolute().as_uri() + "/"
    _look(monitor, "RegisterResource", partial(_keep_own_places, root))
    _look(monitor, "ReadResource", partial(_keep_own_places, root))
    _look(engine, "Log", _is_worth_saying)


def _look(connection: Any, name: str, look: Callable[[Any], bool]) -> None:
    """Lets `look` see the requests of one call, and say of each whether it is sent."""
    call = getattr(connection, name, None)
    if call is not None:
        setattr(connection, name, _Seen(call, look))


class _Seen:
    """One call of a connection whose requests are looked at first."""

    def __init__(self, call: Any, look: Callable[[Any], bool]) -> None:
        self._call = call
        self._look = look

    def __call__(self, request: Any, *args: Any, **more: Any) -> Any:
        if self._look(request):
            return self._call(request, *args, **more)
        return empty_pb2.Empty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def _is_worth_saying(request: Any) -> bool:
    """Not the SDK's progress: the program waits until the engine has taken each message."""
    return request.severity != engine_pb2.DEBUG or not request.message.startswith(PROGRESS)


def _keep_own_places(root: str, request: Any) -> bool:
    """Keeps of a number's stack trace, which goes into the state, what is the project's own.

    The rest is of Pulumi and of Python: a thousand bytes of paths that are the same for each number
    and differ from machine to machine. The first place stays, wherever it is: it declares.
    """
    frames: Any = getattr(getattr(request, "stackTrace", None), "frames", None)
    if frames and request.type.startswith(OURS):
        kept = [at for at in frames[1:] if _is_own(at.pc.uri, root)]
        del frames[1:]
        frames.extend(kept)
    return True


def _is_own(place: str, root: str) -> bool:
    """Whether a place is in the project's folder, and not in what is installed there."""
    return place.startswith(root) and "/site-packages/" not in place
