"""Stores of shared state on this machine, with a latency added to each request."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.stores import postgres_server, postgresql, s3_server


@contextmanager
def s3_store(folder: Path, latency: float) -> Generator[str]:
    """Yield the URL of a bucket whose responses are delayed by `latency` seconds."""
    faults = folder / "s3-faults.json"
    faults.write_text(json.dumps({"latency": latency}), encoding="utf-8")
    with s3_server(folder / "s3.log", faults) as url:
        yield url


@contextmanager
def postgres_store(latency: float) -> Generator[str]:
    """Yield the URL of a database that receives each request `latency` seconds later.

    Raises RuntimeError if no PostgreSQL server is installed.
    """
    programs = postgresql()
    if programs is None:
        raise RuntimeError("no PostgreSQL server here: apt-get install postgresql")
    with postgres_server(programs) as url:
        port = urlsplit(url).port or 0
        with slow_proxy(port, latency) as slow_port:
            yield url.replace(f":{port}/", f":{slow_port}/")


@contextmanager
def slow_proxy(port: int, latency: float) -> Generator[int]:
    """Yield the port of a proxy that forwards what clients send after `latency` seconds."""
    loop = asyncio.new_event_loop()
    accepted: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.append(writer)
        with suppress(OSError):
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(
                _forward(reader, back_writer, latency), _forward(back_reader, writer, 0)
            )

    async def end() -> None:
        server.close()
        for writer in accepted:
            writer.transport.abort()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)  # A transport closes its socket one iteration after its writer.

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        # An open connection that is garbage-collected after its loop raises an error.
        asyncio.run_coroutine_threadsafe(end(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, latency: float
) -> None:
    """Forward each piece after `latency` seconds, in order, and the end of the connection."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        piece = b"-"
        while piece:
            try:
                piece = await reader.read(65536)
            except OSError:
                piece = b""  # A reset connection raises at each read.
            pieces.put_nowait((loop.time() + latency, piece))

    reading = asyncio.ensure_future(read())
    with suppress(OSError):
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
    reading.cancel()
    writer.close()
