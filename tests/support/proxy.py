"""A proxy in front of an account, which answers chosen requests itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


@dataclass
class Answer:
    """What the proxy says instead of the account."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Proxy:
    """Passes requests on, but for those that it was told to answer."""

    def __init__(self, target: str) -> None:
        self.url = ""
        self.requests: list[str] = []
        """Method and path of each request, from the moment at which it came."""
        self._target = httpx.Client(base_url=target, trust_env=False)
        self._lock = threading.Lock()
        self._instead: dict[str, list[Answer]] = {}

    def answer(self, method: str, *answers: Answer) -> None:
        """Answers the next requests of this method so, those for one record where it is a GET."""
        with self._lock:
            self._instead[method] = list(answers)

    def count(self, method: str) -> int:
        """How many requests of a method have come."""
        return sum(request.startswith(f"{method} ") for request in self.requests)

    def respond(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The proxy's own answer, or the account's."""
        self.requests.append(f"{method} {path}")
        with self._lock:
            is_of_a_record = path.count("/") > 1
            waiting = self._instead.get(method, [])
            if waiting and (is_of_a_record or method == "POST"):
                return waiting.pop(0)
        kept = {"Authorization", "User-Agent", "Content-Type", "Accept"}
        passed = {name: value for name, value in headers.items() if name.title() in kept}
        answer = self._target.request(method, path, headers=passed, content=body, timeout=30)
        return Answer(answer.status_code, answer.text, {"Content-Type": "application/json"})

    def close(self) -> None:
        """Closes the connections to the account."""
        self._target.close()


@contextmanager
def proxy_of(target: str) -> Iterator[Proxy]:
    """Run a proxy of `target` until the block ends."""
    proxy = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = proxy.respond(self.command, self.path, dict(self.headers.items()), body)
            content = answer.body.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _any

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
        proxy.close()
