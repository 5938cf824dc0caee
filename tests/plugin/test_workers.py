"""How many calls the real plugin process works on at a time, as the account sees it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from tests.builders import KEY, answer
from vapi_provider.transport import InProcess

OTHER_WORKERS = '''
import concurrent.futures, concurrent.futures.thread, queue, threading

class Workers(concurrent.futures.Executor):
    """What a later SDK might serve with: nothing that we know."""

    def __init__(self, max_workers):
        self.todo = queue.SimpleQueue()
        for _ in range(max_workers):
            threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while True:
            future, call, args, more = self.todo.get()
            try:
                future.set_result(call(*args, **more))
            except BaseException as error:
                future.set_exception(error)

    def submit(self, call, /, *args, **more):
        future = concurrent.futures.Future()
        self.todo.put((future, call, args, more))
        return future

concurrent.futures.ThreadPoolExecutor = Workers
'''


class Crowd:
    """An account that answers only once `together` requests are in flight, and counts them."""

    def __init__(self, together: int) -> None:
        self.everybody = threading.Barrier(together)
        self.lock = threading.Lock()
        self.in_flight = self.peak = 0

    def answered(self, path: str) -> dict[str, Any]:
        """The record that is read."""
        with self.lock:
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        self.everybody.wait(timeout=10)
        with self.lock:
            self.in_flight -= 1
        return answer(id_=path.rpartition("/")[2])

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its URL."""
        crowd = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = json.dumps(crowd.answered(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Engine(engine_pb2_grpc.EngineServicer):
    """As much of an engine as a plugin talks to."""

    def __init__(self) -> None:
        self.log: list[tuple[int, str]] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Keeps what is said."""
        self.log.append((request.severity, request.message))
        return empty_pb2.Empty()

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Its address."""
        server = grpc.server(ThreadPoolExecutor(2))
        engine_pb2_grpc.add_EngineServicer_to_server(self, server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(0).wait()


def adopt_at_once(plugin: Any, calls: int) -> None:
    """As many creates as there are `calls`, all sent at once; each of them is one GET."""
    with ThreadPoolExecutor(calls) as engine:
        sent = [
            engine.submit(plugin.create, {"provider": "vapi", "adopt_id": f"n{at}"})
            for at in range(calls)
        ]
        for done in as_completed(sent):
            done.result()


@pytest.mark.parametrize(("limit", "calls"), [(9, 36), (1, 6)])
def test_as_many_calls_at_a_time_as_requests_may_be(start: Any, limit: int, calls: int) -> None:
    """`maxConcurrentRequests` calls are worked on at a time, and no more requests are in flight."""
    crowd = Crowd(limit)
    with crowd.served() as url:
        plugin = start(baseUrl=url, apiKey=KEY, maxConcurrentRequests=str(limit))
        adopt_at_once(plugin, calls)
    assert crowd.peak == limit


def test_a_changed_sdk_serves_as_it_chooses(start: Any, tmp_path: Path) -> None:
    """Where the SDK's workers are not as we know them, four calls run, and debug says why."""
    (tmp_path / "sitecustomize.py").write_text(OTHER_WORKERS)
    crowd, engine = Crowd(4), Engine()
    with crowd.served() as url, engine.listening() as address:
        plugin = start(baseUrl=url, apiKey=KEY, engine=address, path=tmp_path)
        adopt_at_once(plugin, 16)
    assert crowd.peak == 4
    ((severity, text),) = engine.log
    assert severity == engine_pb2.DEBUG
    assert "worker threads were not found" in text


def test_a_usual_run_says_nothing(start: Any) -> None:
    """Where all is as it should be the engine is told nothing."""
    crowd, engine = Crowd(5), Engine()
    with crowd.served() as url, engine.listening() as address:
        adopt_at_once(start(baseUrl=url, apiKey=KEY, engine=address), 5)
    assert engine.log == []


def test_an_embedded_account_sees_no_more_than_that_either() -> None:
    """In-process requests wait for their turn too, whoever sends them."""
    crowd = Crowd(3)

    def answered(environ: Any, start_response: Any) -> list[bytes]:
        crowd.answered(environ["PATH_INFO"])
        start_response("200 OK", [])
        return []

    with (
        httpx.Client(base_url="http://embedded", transport=InProcess(answered, 3)) as http,
        ThreadPoolExecutor(12) as engine,
    ):
        list(engine.map(http.get, ["/phone-number/a"] * 12))
    assert crowd.peak == 3
