"""The embedded account served over HTTP, by a process of its own or by this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from vapi_provider.embedded.server import serve

T = TypeVar("T")
ROOT = Path(__file__).parents[2]


@contextmanager
def serving(*options: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command, yield it with its URL, and kill it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vapi_provider", "serve", *map(str, options)],
        cwd=ROOT,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def serve_here(app: Any, talk: Callable[[str], T], **options: Any) -> T:
    """Serve `app` in this process until `talk`, given the URL, returns; return its result.

    A signal stops the server, as it stops the command.
    """
    talks: list[Future[T]] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with ThreadPoolExecutor(1) as thread:

        def begin(url: str) -> None:
            talks.append(thread.submit(talk, url))
            talks[0].add_done_callback(lambda _: signal.raise_signal(signal.SIGTERM))

        try:
            serve(app, on_ready=begin, **options)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return talks[0].result()
