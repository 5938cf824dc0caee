"""Servers on this machine that answer byte for byte as a test says, right or wrong."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """What a server was sent."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The server message inside."""
        return json.loads(self.body)["message"]


Behaviour = Callable[[socket.socket, Request], None]


@dataclass
class Server:
    """Server that passes each connection, with one request, to `behaviour`."""

    behaviour: Behaviour
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> Server:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.ending = threading.Event()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()
        return self

    @property
    def url(self) -> str:
        """Where it listens."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/voice"

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.ending.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            wrapped = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            with wrapped:
                request = _read(wrapped)
                self.requests.append(request)
                self.behaviour(wrapped, request)

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()
        self._accepting.join(timeout=10)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=15)


def _read(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
        if data.startswith(b"\x16"):  # TLS, to a server that has none.
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            raise OSError("no HTTP")
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (it.partition(":") for it in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _some(connection)
    return Request(line, headers, body)


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise OSError("the client has gone")
    return data


def head(status: str = "200 OK", **headers: str | int) -> bytes:
    """The start of an answer; octet-stream unless it says otherwise."""
    given = {"Content-Type": "application/octet-stream"}
    given |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in given.items() if value]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def at_once(body: bytes, status: str = "200 OK", **headers: str | int) -> bytes:
    """A whole answer with its length."""
    return head(status, Content_Length=len(body), **headers) + body


def chunk(data: bytes) -> bytes:
    """One piece of a chunked body; of nothing: its end."""
    return b"%x\r\n%s\r\n" % (len(data), data)
