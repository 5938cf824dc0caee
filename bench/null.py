"""The null provider: a dynamic provider that only sleeps for the duration of one request.

Its time is what Pulumi itself costs. This module imports nothing of our package.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import uuid
from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

LATENCY = "BENCH_NULL_LATENCY"
"""The duration of a request in seconds."""
WORKERS = "BENCH_NULL_WORKERS"
"""The number of calls processed at a time; the SDK's own number if it is not set."""


class NullProvider(ResourceProvider):
    """Provider that returns the properties it was given."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Allow as many calls at a time as our provider has requests in flight."""
        if WORKERS in os.environ:
            _raise_workers(int(os.environ[WORKERS]))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Report a change if an input differs."""
        return DiffResult(changes=any(_olds.get(key) != value for key, value in _news.items()))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Sleep for one request, and return the properties under a new id."""
        _request()
        return CreateResult(str(uuid.uuid4()), props)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Sleep for one request, and return the recorded properties."""
        _request()
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Sleep for one request, and return the new properties."""
        _request()
        return UpdateResult(_news)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Sleep for one request."""
        _request()


class NullNumber(Resource, module="bench", name="NullNumber"):
    """Resource with the same arguments as our `VapiPhoneNumber`."""

    def __init__(self, name: str, **fields: pulumi.Input[Any]) -> None:
        super().__init__(NullProvider(), name, dict(fields))


def _request() -> None:
    latency = float(os.environ.get(LATENCY, "0"))
    if latency:
        time.sleep(latency)


def _raise_workers(count: int) -> None:
    """Set the number of workers of the SDK's gRPC server, a local variable of the main thread.

    Raises RuntimeError if it is not found, because the measurement would be wrong.
    """
    main = threading.main_thread().ident
    frame = sys._current_frames().get(main or 0)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        pool: Any = getattr(
            getattr(frame.f_locals.get("server"), "_state", None), "thread_pool", None
        )
        if pool is not None and hasattr(pool, "_max_workers"):
            pool._max_workers = max(count, pool._max_workers)
            return
        frame = frame.f_back
    raise RuntimeError("the SDK's gRPC server was not found: the floor has too few workers")
