"""A store that speaks S3, for the tests: moto's, one request at a time, with faults on demand.

moto checks the condition of a put and writes without a lock: two conditional puts at once could
both succeed, and a test of them would prove nothing. ``python -m tests.pipelines.s3_store FAULTS``
serves on a free port; the JSON file FAULTS is read before each request.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple


class Store:
    """moto's application behind a lock.

    Faults: ``latency`` in seconds, before the lock; ``ignore_conditions`` has every conditional put
    succeed; ``refuse`` answers with that status; ``lose`` does what is asked and then closes the
    connection without an answer. ``of`` limits the last two to one method. ``after`` lets so many
    requests pass first.
    """

    def __init__(self, faults: Path) -> None:
        self._application: Any = DomainDispatcherApplication(create_backend_app)
        self._faults = faults
        self._lock = threading.Lock()
        self.counted = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        faults = self._read_faults()
        time.sleep(faults.get("latency", 0))
        is_hit = faults.get("of", environ["REQUEST_METHOD"]) == environ["REQUEST_METHOD"]
        with self._lock:
            self.counted += 1
            if is_hit and "refuse" in faults:
                start_response(f"{faults['refuse']} Refused", [("Content-Length", "0")])
                return [b""]
            if faults.get("ignore_conditions"):
                environ.pop("HTTP_IF_NONE_MATCH", None)
                environ.pop("HTTP_IF_MATCH", None)
            # Read here: else the rest of the work would be done outside of the lock.
            body = b"".join(self._application(environ, start_response))
        if is_hit and faults.get("lose"):
            environ["werkzeug.socket"].close()
        return [body]

    def _read_faults(self) -> dict[str, Any]:
        try:
            found = json.loads(self._faults.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if self.counted >= found.get("after", 0) else {}


class Handler(WSGIRequestHandler):
    """Keeps connections open, as real stores do, and logs what is asked for."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Write the method, the path with its query, and the status."""
        sys.stderr.write(f"{self.command} {self.path} {code}\n")


if __name__ == "__main__":
    run_simple("127.0.0.1", 0, Store(Path(sys.argv[1])), threaded=True, request_handler=Handler)
