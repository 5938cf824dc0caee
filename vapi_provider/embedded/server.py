"""HTTP server of the embedded account, on this machine only.

One thread serves a connection, which stays open between requests; a signal stops the server.
"""

from __future__ import annotations

import io
import json
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from types import FrameType
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Headers
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from vapi_provider.catalogue import embedded as catalogue
from vapi_provider.embedded.admission import (
    CONNECTIONS,
    REQUEST_SECONDS,
    RequestRejected,
    TimedReader,
    check_request,
    read_body,
)
from vapi_provider.embedded.errors import EmbeddedAccountError, refused
from vapi_provider.shared.in_flight import InFlight
from vapi_provider.shared.loopback import is_loopback
from vapi_provider.shared.terminal import say

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_BACKLOG = 128

_in_flight = InFlight()


class _Handler(WSGIRequestHandler):
    """Handler that keeps the connection open, which werkzeug's own handler closes."""

    protocol_version = "HTTP/1.1"
    # Otherwise a kept connection waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True
    verbose = False
    in_flight = 0

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
            environ = self._read_request()
        except RequestRejected as refusal:
            self._refuse(refusal)
            return
        try:
            # Counted until the answer exists, not until it is sent: once the client has it, it
            # may send the next request.
            with _in_flight as self.in_flight:
                parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except ConnectionError:
            # An injected fault: the app closes the connection without an answer.
            self.close_connection = True
            self.log_request("dropped")
            return
        code, _, phrase = status.partition(" ")
        self._send(int(code), phrase, headers, b"".join(parts))

    def _send(self, code: int, phrase: str | None, headers: Headers, content: bytes) -> None:
        self.connection.settimeout(REQUEST_SECONDS)
        headers.setdefault("Content-Length", str(len(content)))
        self.send_response(code, phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close" if self.close_connection else "keep-alive")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _read_request(self) -> dict[str, Any]:
        """Return the request with its whole body; raise RequestRejected."""
        try:
            self.environ = environ = self.make_environ()
        except ValueError:
            raise RequestRejected(400, "the request's target cannot be read") from None
        length = check_request(self.headers, environ)
        # Read the whole body even if unused: the rest would be parsed as the next request.
        environ["wsgi.input"] = io.BytesIO(read_body(environ["wsgi.input"], length))
        return environ

    def _refuse(self, refusal: RequestRejected) -> None:
        """Answer and close the connection, because the end of the request is unknown."""
        self.close_connection = True
        content = json.dumps(refused(str(refusal), refusal.status).body).encode()
        headers = Headers({"Content-Type": "application/json; charset=utf-8"})
        self._send(refusal.status, None, headers, content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log one line without werkzeug's colors, which do not belong in a log file.

        It includes how many requests were in flight when this one came, itself included.
        """
        self.log("info", '"%s" %s, %d at once', self.requestline, code, self.in_flight)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Print only the request line and the status: headers and bodies contain secrets."""
        if self.verbose:
            # `say` escapes the request line, which can be any text.
            say(message % args if args else message, err=True)


class _Server(ThreadedWSGIServer):
    """Server with one thread a connection and a limit of connections."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self._free = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


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
    """Serve `app` until SIGINT or SIGTERM; call `on_ready` with the URL once it listens.

    Port 0 selects a free port. Call this in the main thread.

    Raises:
        EmbeddedAccountError: The host is not a loopback address, or the port is not available.
    """
    address = _loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as listener:
        # A restart must not wait until the connections of its predecessor expire.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
            listener.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise EmbeddedAccountError(
                catalogue.EMBEDDED_PORT(address=address, port=port, reason=reason)
            ) from error
        handler = _VerboseHandler if verbose else _Handler
        server = _Server(address, port, app, handler, fd=listener.fileno())
    _stop_on_signals(server)
    shown = f"[{address}]" if ":" in address else address
    on_ready(f"http://{shown}:{server.port}")
    server.serve_forever(poll_interval=0.1)


def _stop_on_signals(server: ThreadedWSGIServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # In another thread: shutdown waits for the loop that this thread is running.
        threading.Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _loopback(host: str) -> str:
    """Return the address to bind, which must be loopback: the account has secrets and no TLS."""
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    if name != "localhost" and is_loopback(name):
        return name
    raise EmbeddedAccountError(catalogue.EMBEDDED_HOST(host=host))
