"""Patches that reduce the cost of Pulumi's SDK per resource in the program's process.

Nothing here changes what is declared or how it fails; only the plugin starts earlier
(docs/decisions/0009-the-programs-process.md). This module patches the connections of one run to its
engine. It changes the process only where that runs nothing but the program, and does nothing under
mocks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2, resource_pb2, resource_pb2_grpc

from vapi_provider.deployment.exported import OURS
from vapi_provider.pulumi_sdk.collector import raise_gc_threshold
from vapi_provider.pulumi_sdk.inherited_options import has_parent, is_transformed
from vapi_provider.pulumi_sdk.switch import are_patches_on

_NO_FUNCTION = "pulumi-python:dynamic:start"
"""A function that the plugin does not have. The engine crashes for a token without three parts."""

PROGRESS = tuple(
    f"{text}: ty={OURS}"
    for text in (
        "registering resource",
        "resource registration prepared",
        "resource registration successful",
    )
)
"""The first words of the SDK's debug messages about the progress of one of our resources."""


def is_on_engine() -> bool:
    """Return whether an engine runs the program, so that a plugin checks the inputs."""
    monitor: object = settings.get_monitor()
    return isinstance(monitor, resource_pb2_grpc.ResourceMonitorStub)


def type_token(resource: Any, class_name: str) -> str:
    """Return the type token of one of our resources, as `pulumi.dynamic.Resource` forms it."""
    return f"pulumi-python:{getattr(resource, '_resource_type_name', f'dynamic/vapi:{class_name}')}"


def patch_sdk() -> None:
    """Patch the SDK's connections of this run; a second call in one run is a no-op."""
    engine: Any = settings.get_engine()
    monitor: Any = settings.get_monitor()
    if not is_on_engine() or isinstance(getattr(monitor, "RegisterResource", None), _Interceptor):
        return
    # A program of the Automation API runs in a thread of the user's own process.
    if threading.current_thread() is threading.main_thread():
        raise_gc_threshold()
    if not are_patches_on():
        return
    root = Path(settings.get_root_directory() or "").absolute().as_uri() + "/"
    _intercept(monitor, "RegisterResource", partial(_drop_foreign_frames, root))
    _intercept(monitor, "ReadResource", partial(_drop_foreign_frames, root))
    _intercept(engine, "Log", _is_worth_logging)


def start_plugin(opts: pulumi.ResourceOptions | None) -> None:
    """Let the engine start the plugin while the program declares the other resources.

    The SDK sends the first registration, which starts the plugin, once the program has declared all
    resources. Does nothing if this run has called it before, and for a number that may use another
    plugin process than the default provider's: by its options, its parent or a transform.
    """
    monitor: Any = settings.get_monitor()
    if not is_on_engine() or monitor in _starts or not are_patches_on():
        return
    if _names_a_provider(opts) or has_parent(opts) or is_transformed(opts):
        return
    call = getattr(getattr(monitor, "Invoke", None), "future", None)
    if call is not None:
        # The engine starts the plugin to find out that it does not have this function.
        _starts[monitor] = call(resource_pb2.ResourceInvokeRequest(tok=_NO_FUNCTION))


_starts: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""The call of each run, by its monitor: gRPC cancels a pending call that is garbage-collected."""


def _names_a_provider(opts: pulumi.ResourceOptions | None) -> bool:
    return opts is not None and any(
        (opts.provider, opts.providers, opts.version, opts.plugin_download_url)
    )


def _intercept(connection: Any, name: str, should_send: Callable[[Any], bool]) -> None:
    """Pass each request of one call to `should_send`, which may drop it."""
    call = getattr(connection, name, None)
    if call is not None:
        setattr(connection, name, _Interceptor(call, should_send))


def wait_for_id_alone(resource: Any, names: Iterable[str]) -> None:
    """Stop the SDK from waiting for each output of a number at the program's end.

    The SDK scans all pending outputs whenever one of them arrives, which is quadratic in their
    number. A number's outputs arrive, or fail, together with its id, which the SDK still awaits.
    """
    if not are_patches_on():
        return
    for name in names:
        untrack: Any = getattr(resource.__dict__.get(name), "_untrack", None)
        if untrack is not None:
            untrack()


class _Interceptor:
    """An interceptor of one call of a connection, which may drop requests."""

    def __init__(self, call: Any, should_send: Callable[[Any], bool]) -> None:
        self._call = call
        self._should_send = should_send

    def __call__(self, request: Any, *args: Any, **more: Any) -> Any:
        if self._should_send(request):
            return self._call(request, *args, **more)
        return empty_pb2.Empty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


def _is_worth_logging(request: Any) -> bool:
    """Return False for our resources' progress messages: the program waits for each send."""
    return request.severity != engine_pb2.DEBUG or not request.message.startswith(PROGRESS)


def _drop_foreign_frames(root: str, request: Any) -> bool:
    """Remove frames outside of the project from a number's stack trace; return True.

    The stack trace is stored in the state. The frames of Pulumi and Python are a thousand bytes of
    paths that are the same for each number and differ between machines. The first frame is always
    kept: it is the one that declares the number.
    """
    frames: Any = getattr(getattr(request, "stackTrace", None), "frames", None)
    if frames and request.type.startswith(OURS):
        kept = [frame for frame in frames[1:] if _is_own(frame.pc.uri, root)]
        del frames[1:]
        frames.extend(kept)
    return True


def _is_own(place: str, root: str) -> bool:
    """Return whether a file is in the project's folder and not in an installed package."""
    return place.startswith(root) and "/site-packages/" not in place
