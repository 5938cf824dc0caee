"""The embedded account over HTTP, on this machine only.

One thread a connection, kept alive between requests, stopped cleanly by a signal. Knows sockets
and WSGI; nothing of the app that it serves.
"""

from __future__ import annotations

import io
import ipaddress
import json
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from http import HTTPStatus
from types import FrameType
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from vapi_provider.embedded.admission import (
    CONNECTIONS,
    REQUEST_SECONDS,
    Refused,
    TimedReader,
    check,
    read_body,
)
from vapi_provider.embedded.errors import EmbeddedAccountError
from vapi_provider.shared.terminal import say

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_BACKLOG = 128


class _InFlight:
    """How many requests are being answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> int:
        with self._lock:
            self._count += 1
            return self._count

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1


_in_flight = _InFlight()


class _Handler(WSGIRequestHandler):
    """Answers in one piece and keeps the connection, which werkzeug's own handler closes."""

    protocol_version = "HTTP/1.1"
    # Otherwise a kept connection waits for the other side's delayed acknowledgement.
    disable_nagle_algorithm = True
    verbose = False
    at_once = 0

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._reader = TimedReader(self.connection)
        self.rfile = io.BufferedReader(self._reader)

    def handle_one_request(self) -> None:
        self._reader.next_request()
        super().handle_one_request()

    def run_wsgi(self) -> None:
        try:
            environ = self._admitted()
        except Refused as refusal:
            self._refuse(refusal)
            return
        self.connection.settimeout(REQUEST_SECONDS)
        try:
            # Counted until the answer is there, not sent: who has it may already ask again.
            with _in_flight as self.at_once:
                parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except ConnectionError:
            # The app closes the connection without an answer: a fault on purpose.
            self.close_connection = True
            self.log_request("dropped")
            return
        content = b"".join(parts)
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _admitted(self) -> dict[str, Any]:
        """The request for the app, with its whole body; raises Refused."""
        try:
            self.environ = environ = self.make_environ()
        except ValueError:
            raise Refused(400, "the request's target cannot be read") from None
        length = check(self.headers, environ)
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # Read whole, used or not: what is left would be taken for the next request.
        environ["wsgi.input"] = io.BytesIO(read_body(environ["wsgi.input"], length))
        return environ

    def _refuse(self, refusal: Refused) -> None:
        """Answers, and closes: nobody knows where a next request would begin."""
        self.close_connection = True
        phrase = HTTPStatus(refusal.status).phrase
        body = {"message": str(refusal), "error": phrase, "statusCode": refusal.status}
        content = json.dumps(body).encode()
        self.connection.settimeout(REQUEST_SECONDS)
        self.send_response(refusal.status, phrase)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """One plain line: werkzeug's own is coloured, which a log file should not be.

        It tells how many requests were in flight when this one came, itself included.
        """
        self.log("info", '"%s" %s, %d at once', self.requestline, code, self.at_once)

    def log(self, type: str, message: str, *args: Any) -> None:
        """The request line and status only: headers and bodies hold secrets."""
        if self.verbose:
            # The request line is whatever somebody has sent.
            say(message % args if args else message, err=True)


class _Server(ThreadedWSGIServer):
    """One thread a connection, of which there are so many at most."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _VerboseHandler(_Handler):
    verbose = True


def serve(
    app: WSGIApplication,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    verbose: bool = False,
    on_ready: Callable[[str], None],
) -> None:
    """Serves `app` until SIGINT or SIGTERM; calls `on_ready` with the URL once it listens.

    Port 0 takes a free one. Call it in the main thread. Raises EmbeddedAccountError for a host
    that is not this machine's loopback and for a port that cannot be had.
    """
    address = _loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as listener:
        # A restart must not wait for the connections of its predecessor to expire.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
            listener.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise EmbeddedAccountError(
                f"cannot listen on {address} port {port}: {reason}"
            ) from error
        handler = _VerboseHandler if verbose else _Handler
        server = _Server(address, port, app, handler, fd=listener.fileno())
    _stop_on_signals(server)
    shown = f"[{address}]" if ":" in address else address
    on_ready(f"http://{shown}:{server.port}")
    server.serve_forever(poll_interval=0.1)


def _stop_on_signals(server: ThreadedWSGIServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # Not here: shutdown waits for the loop that this thread is running.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stop)


def _loopback(host: str) -> str:
    """The address to bind. The account has no TLS and holds secrets: it stays on this machine."""
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    with suppress(ValueError):
        if ipaddress.ip_address(name).is_loopback:
            return name
    raise EmbeddedAccountError(f"host must be a loopback address such as 127.0.0.1, not {host!r}")
