"""The kept connection to another process, on loopback sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from vapi_provider.pulumi_sdk.kept_connection import KeptConnection, is_listening


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening socket, whose accept and receive end within ten seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


def address_of(listener: socket.socket) -> str:
    """Return `host:port` of a listening socket."""
    host, port = listener.getsockname()
    return f"{host}:{port}"


def test_many_checks_use_one_connection(listener: socket.socket) -> None:
    """The process at the other end accepts one connection, whatever it sends over it."""
    kept = KeptConnection(address_of(listener))
    assert kept.is_running()
    accepted, _ = listener.accept()
    accepted.settimeout(10)
    with accepted:
        accepted.sendall(b"settings of the other side")
        assert all(kept.is_running() for _ in range(100))
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
        kept.close()
        assert accepted.recv(1) == b""


def test_a_process_that_exits_is_noticed_at_once(listener: socket.socket) -> None:
    """What it sent before does not hide that its end is closed."""
    kept = KeptConnection(address_of(listener))
    assert kept.is_running()
    accepted, _ = listener.accept()
    accepted.sendall(b"the last words")
    listener.close()
    accepted.close()
    assert not kept.is_running()
    assert not is_listening(kept.address)


def test_a_connection_that_only_the_other_side_closed_is_opened_again(
    listener: socket.socket,
) -> None:
    """An engine closes a silent connection after a while, and still runs."""
    kept = KeptConnection(address_of(listener))
    for _ in range(3):
        assert kept.is_running()
        accepted, _ = listener.accept()
        accepted.close()
    kept.close()


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:port"])
def test_an_address_that_cannot_be_asked_counts_as_listening(address: str) -> None:
    """Only a refused connection shows that the process has exited."""
    assert KeptConnection(address).is_running()
    assert is_listening(address)
