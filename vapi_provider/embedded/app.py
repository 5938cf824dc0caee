"""The embedded account as a WSGI app: routes, API keys, and errors as answers.

A route calls one method of `EmbeddedAccount`, which holds the rules about phone numbers.
"""

from __future__ import annotations

import hmac
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from vapi_provider.catalogue.embedded import EMBEDDED_REGION
from vapi_provider.embedded.account import EmbeddedAccount
from vapi_provider.embedded.body import parse_body
from vapi_provider.embedded.errors import (
    INVALID_KEY,
    MISSING_KEY,
    RATE_LIMITED,
    EmbeddedAccountError,
    Refusal,
    internal_error,
    no_such_route,
    refused,
)
from vapi_provider.embedded.store import Store
from vapi_provider.embedded.switches import Switches
from vapi_provider.embedded.timestamps import utc_now
from vapi_provider.models.constants import SIP_HOSTS

_LOG = logging.getLogger(__name__)
_DEFAULT_SWITCHES = Switches()


def create_app(
    db: str | Path,
    *,
    key: str | None = None,
    region: str = "us",
    switches: Switches = _DEFAULT_SWITCHES,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """Return the phone-number API over the account in a SQLite file, which is created if missing.

    Many apps, threads and processes may share a file.

    Args:
        db: The path of the file.
        key: The only valid API key; None accepts any key, but requires one.
        region: Chooses the host of SIP URIs.
        switches: The behaviors that are not known for certain.
        clock: Returns times with a time zone.

    Raises:
        EmbeddedAccountError: The file cannot be used; the message is one line.
    """
    if region not in SIP_HOSTS:
        raise EmbeddedAccountError(EMBEDDED_REGION(regions=", ".join(SIP_HOSTS), region=region))
    account = EmbeddedAccount(Store(db), switches, region, clock)
    rate_limit = _RateLimit(switches.requests_per_minute, clock)
    app = Flask(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    @app.before_request
    def admit() -> Response | None:  # pyright: ignore[reportUnusedFunction]
        is_within_rate = rate_limit.admit()
        time.sleep(switches.latency_seconds)
        if not is_within_rate:
            raise refused(RATE_LIMITED, 429)
        agent = request.headers.get("User-Agent", "")
        if not agent or agent.startswith("Python-urllib"):
            # Observed: a proxy in front of the API answers this, not in JSON.
            return Response("error code: 1010", 403, content_type="text/plain; charset=UTF-8")
        _check_key(request.headers.get("Authorization"), key)
        return None

    _add_routes(app, account)
    _add_error_answers(app)
    return app


def _add_routes(app: Flask, account: EmbeddedAccount) -> None:
    of_account: Mapping[str, Callable[[], Response]] = {
        "POST /phone-number": lambda: _json(account.create(_body()), 201),
        "GET /phone-number": lambda: _json(account.list_all(request.args)),
        "GET /v2/phone-number": lambda: _json(account.list_page(request.args)),
    }
    of_record: Mapping[str, Callable[[str], Response]] = {
        "GET": lambda record_id: _json(account.read(record_id)),
        "PATCH": lambda record_id: _json(account.update(record_id, _body())),
        "DELETE": lambda record_id: _json(account.delete(record_id)),
    }
    for route, view in of_account.items():
        method, _, path = route.partition(" ")
        app.add_url_rule(path, route, view, methods=[method])
    for method, view in of_record.items():
        app.add_url_rule("/phone-number/<record_id>", method, view, methods=[method])


def _add_error_answers(app: Flask) -> None:
    @app.errorhandler(Refusal)
    def refusal(error: Refusal) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _json(error.body, error.status)

    @app.errorhandler(HTTPException)
    def no_route(_error: HTTPException) -> Response:  # pyright: ignore[reportUnusedFunction]
        answer = no_such_route(request.method, request.path)
        return _json(answer.body, answer.status)

    @app.errorhandler(Exception)
    def failure(error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction]
        # Only SQLite's messages are safe to show: others may quote a secret of the body.
        about = str(error) if isinstance(error, sqlite3.Error) else type(error).__name__
        _LOG.error("embedded account: %s", about)
        _LOG.debug("embedded account failed", exc_info=error)
        answer = internal_error(about)
        return _json(answer.body, answer.status)


class _RateLimit:
    """Limit of the requests in each minute of the UTC clock, shared by the threads of one app.

    Requests count when they arrive, so that a client learns of a refusal one latency too late.
    """

    def __init__(self, most: int | None, clock: Callable[[], datetime]) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._count = 0

    def admit(self) -> bool:
        """Count a request; return whether it is within the limit."""
        if self._most is None:
            return True
        with self._lock:
            minute = self._clock().replace(second=0, microsecond=0)
            if minute != self._minute:
                self._minute, self._count = minute, 0
            self._count += 1
            return self._count <= self._most


def _check_key(header: str | None, key: str | None) -> None:
    """Raise Refusal (401) for a missing or wrong key.

    The messages were observed; that the key is checked first is our assumption.
    """
    if not header:
        raise refused(MISSING_KEY, 401)
    scheme, _, given = header.partition(" ")
    given = given.strip()
    is_valid = key is None or hmac.compare_digest(given.encode(), key.encode())
    if scheme.lower() != "bearer" or not given or not is_valid:
        raise refused(INVALID_KEY, 401)


def _body() -> Any:
    return parse_body(request.get_data(), request.mimetype)


def _json(body: Any, status: int = 200) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, content_type="application/json; charset=utf-8")
