"""Servers of shared state on this machine: PostgreSQL and an S3-compatible store.

They speak the real protocols, and their data is removed after the run.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

_USER = "postgres"  # Debian's package makes it; its server refuses to run as root
S3_KEYS = {
    "AWS_ACCESS_KEY_ID": "a-key-for-tests-only",
    "AWS_SECRET_ACCESS_KEY": "a-secret-for-tests-only",
    "AWS_REGION": "us-east-1",
}


def postgresql() -> Path | None:
    """The folder of the newest PostgreSQL server here."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_release)
    found = shutil.which("initdb")
    return debian[-1].parent if debian else Path(found).resolve().parent if found else None


def _release(initdb: Path) -> float:
    return float(initdb.parts[-3])


@contextmanager
def postgres_server(programs: Path) -> Generator[str, None, None]:
    """The address of a server with an empty database, until the block ends."""
    # Not below pytest's own folder, which nobody but its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="vapi-tests-postgres-"))
    as_other: dict[str, Any] = {}
    if os.getuid() == 0:
        shutil.chown(folder, _USER)
        as_other = {"user": _USER, "extra_groups": []}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [programs / "initdb", "-D", folder / "db", "-U", "tests", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, check=True, cwd=folder, **as_other, **quiet)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k", str(folder)]
    server = subprocess.Popen(
        [programs / "postgres", "-D", folder / "db", "-p", port, *options],
        cwd=folder,
        **as_other,
        **quiet,
    )
    try:
        ask = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", port]
        _until(lambda: subprocess.run(ask, check=False).returncode == 0)
        yield f"postgres://tests@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        server.send_signal(signal.SIGINT)  # SIGTERM would wait for the clients.
        server.wait(timeout=30)
        shutil.rmtree(folder)


@contextmanager
def s3_server(log: Path, faults: Path | None = None) -> Generator[str, None, None]:
    """Yield the URL of a bucket in an S3-compatible store.

    `faults` is the file that defines the store's faults (`s3_store.py`).
    """
    root = Path(__file__).parents[2]
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.pipelines.s3_store", str(faults or os.devnull)],
            stdout=output,
            stderr=output,
            cwd=root,
            env={**os.environ, **S3_KEYS},
        )
    try:
        _until(lambda: re.search(r"Running on http://\S+", log.read_text(encoding="utf-8")))
        (place,) = re.findall(r"Running on http://(127[\d.]+:\d+)", log.read_text(encoding="utf-8"))
        with httpx.Client(trust_env=False) as http:
            http.put(f"http://{place}/state").raise_for_status()
        yield f"s3://state?endpoint={place}&disableSSL=true&s3ForcePathStyle=true"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "the server did not start in time"
        time.sleep(0.05)
