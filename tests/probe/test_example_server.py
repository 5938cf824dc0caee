"""The voice server of the docs, run as a process of its own and probed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probe.conftest import Probe

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "servers" / "voice_server.py"


@pytest.fixture
def url() -> Iterator[str]:
    """Return the example's URL with its token."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "VOICE_SERVER_TOKEN": "a-voice-token"}
    with subprocess.Popen([sys.executable, str(EXAMPLE), str(port)], env=environment) as process:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
        process.terminate()


def test_the_example_is_a_right_voice_server(url: str, probe: Probe) -> None:
    """The example passes with its token; without it, the probe explains the 401."""
    done = probe("voice", url, "--json", "--bearer", "env:TOKEN", TOKEN="a-voice-token")
    assert (done.code, done.findings) == (0, []), done.out
    assert all(one["streamed"] for one in done.report["answers"])
    refused = probe("voice", url, "--json", "--rate", "8000")
    assert (refused.code, refused.codes) == (2, {"authentication"})
