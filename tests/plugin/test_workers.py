"""How many calls the real plugin process works on at a time, as the account sees it."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from tests.support.builders import KEY, wire_record
from tests.support.environment import needs_patches
from vapi_provider.api.concurrency_limit import AdaptiveLimit
from vapi_provider.api.in_process import InProcess
from vapi_provider.api.transport import Transport

pytestmark = needs_patches

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


WATCHED = """
import threading, time

def watch():
    most = 0
    while True:
        now = sum("ThreadPoolExecutor" in one.name for one in threading.enumerate())
        if now > most:
            most = now
            with open("workers", "a") as told:
                told.write(f"{most}\\n")
        time.sleep(0.01)

threading.Thread(target=watch, daemon=True).start()
"""


@contextmanager
def served(answered: Callable[[str, str, Any], Any]) -> Iterator[str]:
    """The URL of an account that answers what `answered` makes of method, path and body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told = answered(self.command, self.path, json.loads(sent or "null"))
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

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


class Crowd:
    """An account that answers only once `together` requests are in flight, and counts them."""

    def __init__(self, together: int) -> None:
        self.everybody = threading.Barrier(together)
        self.lock = threading.Lock()
        self.in_flight = self.peak = 0

    def answered(self, _method: str, path: str, _body: Any) -> dict[str, Any]:
        """The record that is read."""
        with self.lock:
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
        self.everybody.wait(timeout=10)
        with self.lock:
            self.in_flight -= 1
        return wire_record(id_=path.rpartition("/")[2])


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


@pytest.mark.parametrize(
    ("setting", "limit", "calls"),
    [({}, 32, 64), ({"maxConcurrentRequests": "9"}, 9, 36), ({"maxConcurrentRequests": "1"}, 1, 6)],
)
def test_as_many_calls_at_a_time_as_requests_may_be(
    start: Any, setting: dict[str, str], limit: int, calls: int
) -> None:
    """`maxConcurrentRequests` calls are worked on at a time, and no more requests are in flight."""
    crowd = Crowd(limit)
    with served(crowd.answered) as url:
        plugin = start(baseUrl=url, apiKey=KEY, **setting)
        adopt_at_once(plugin, calls)
    assert crowd.peak == limit


def create(plugin: Any, name: str, declaration: str = "") -> dict[str, Any]:
    """Makes a number with that label; its outputs."""
    declared = f"acme/shop/dev/VapiPhoneNumber/{declaration or name}"
    number = {"provider": "vapi", "name": name, "number_desired_area_code": "415"}
    return plugin.create({**number, "declaration": declared})[1]


def test_who_waits_for_a_turn_holds_up_nobody(start: Any) -> None:
    """Equal twins are made one after the other, and the others are worked on meanwhile."""
    twins_are_there, another = threading.Event(), threading.Event()

    def answered(method: str, _path: str, body: Any) -> Any:
        if method == "GET":
            return []
        twins_are_there.set()
        if body["name"] == "other":
            another.set()
        return (
            wire_record(id_=str(uuid4()), name=body["name"]) if another.wait(timeout=10) else None
        )

    with served(answered) as url, ThreadPoolExecutor(9) as engine:
        plugin = start(baseUrl=url, apiKey=KEY)
        twins = [engine.submit(create, plugin, "twin", f"twin{at}") for at in range(8)]
        assert twins_are_there.wait(timeout=10)
        assert create(plugin, "other")["number"]
        assert all(twin.result()["number"] for twin in twins)


def test_who_waits_for_a_number_to_be_known_holds_up_nobody(start: Any) -> None:
    """While bought numbers are not known yet, more are bought."""
    bought: queue.SimpleQueue[str] = queue.SimpleQueue()
    names: list[str] = []
    all_bought = threading.Event()

    def shown(name: str) -> dict[str, Any]:
        number = "+14155550123" if all_bought.is_set() else None
        return wire_record(id_=name, name=name, number=number)

    def answered(method: str, path: str, body: Any) -> Any:
        if method == "POST":
            names.append(body["name"])
            bought.put(body["name"])
            return shown(body["name"])
        # One look at the list serves all: no two requests are under way at a time.
        return [shown(name) for name in names] if "?" in path else shown(path.rpartition("/")[2])

    with served(answered) as url, ThreadPoolExecutor(7) as engine:
        plugin = start(baseUrl=url, apiKey=KEY, readyTimeoutSeconds="15")
        slow = []
        for at in range(7):
            slow.append(engine.submit(create, plugin, f"slow{at}"))
            assert bought.get(timeout=5) == f"slow{at}"
        all_bought.set()
        assert all(one.result()["number"] for one in slow)


def test_who_shares_a_page_takes_no_worker_more(start: Any, tmp_path: Path) -> None:
    """A refresh gets no more workers than requests make wait: the others would only be busy."""
    (tmp_path / "sitecustomize.py").write_text(WATCHED, encoding="utf-8")
    records = [
        wire_record(id_=f"n{at}", createdAt=f"2026-01-01T00:00:00.{at:03}Z") for at in range(80)
    ]

    def answered(_method: str, path: str, _body: Any) -> Any:
        time.sleep(0.2)
        return records if "?" in path else records[int(path.rpartition("/n")[2])]

    with served(answered) as url, ThreadPoolExecutor(32) as engine:
        plugin = start(baseUrl=url, apiKey=KEY, path=tmp_path)
        declared = {"provider": "vapi", "declaration": "acme/shop/dev/VapiPhoneNumber/a"}
        found = list(engine.map(lambda at: plugin.read(f"n{at}", declared)[0], range(80)))
        assert found == [f"n{at}" for at in range(80)]
        assert 4 < int((tmp_path / "workers").read_text(encoding="utf-8").split()[-1]) <= 8


def test_a_changed_sdk_serves_as_it_chooses(start: Any, tmp_path: Path) -> None:
    """Where the SDK's workers are not as we know them, four calls run, and debug says why."""
    (tmp_path / "sitecustomize.py").write_text(OTHER_WORKERS, encoding="utf-8")
    crowd, engine = Crowd(4), Engine()
    with served(crowd.answered) as url, engine.listening() as address:
        plugin = start(baseUrl=url, apiKey=KEY, engine=address, path=tmp_path)
        adopt_at_once(plugin, 16)
    assert crowd.peak == 4
    ((severity, text),) = engine.log
    assert severity == engine_pb2.DEBUG
    assert "worker threads were not found" in text


def test_calls_that_were_queued_keep_nobody_from_being_added(start: Any) -> None:
    """After a burst of calls that wait for nothing the limit is reached all the same.

    Before Python 3.12 a pool counts a thread as idle for each call that was queued.
    """
    crowd = Crowd(9)
    with served(crowd.answered) as url:
        plugin = start(baseUrl=url, apiKey=KEY, maxConcurrentRequests="9")
        news = {"provider": "vapi", "name": "a", "number_desired_area_code": "415"}
        with ThreadPoolExecutor(32) as engine:
            list(engine.map(lambda _: plugin.diff("n", news, news), range(64)))
        adopt_at_once(plugin, 18)
    assert crowd.peak == 9


def test_a_usual_run_says_nothing(start: Any) -> None:
    """Where all is as it should be the engine is told nothing."""
    crowd, engine = Crowd(5), Engine()
    with served(crowd.answered) as url, engine.listening() as address:
        adopt_at_once(start(baseUrl=url, apiKey=KEY, engine=address), 5)
    assert engine.log == []


def test_an_embedded_account_sees_no_more_than_that_either() -> None:
    """In-process requests wait until another one has been answered, too."""
    crowd = Crowd(3)

    def answered(environ: Any, start_response: Any) -> list[bytes]:
        crowd.answered("GET", environ["PATH_INFO"], None)
        start_response("200 OK", [])
        return []

    with (
        httpx.Client(base_url="http://embedded", transport=InProcess(answered)) as http,
        ThreadPoolExecutor(12) as engine,
    ):
        transport = Transport(http, KEY, limit=AdaptiveLimit(3))
        list(engine.map(lambda _: transport.request("GET", "/phone-number/a"), range(12)))
    assert crowd.peak == 3
