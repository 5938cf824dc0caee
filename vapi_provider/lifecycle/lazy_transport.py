"""Transport that opens on the first request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from vapi_provider.pulumi_sdk.plugin import require_engine, warn
from vapi_provider.pulumi_sdk.workers import blocking
from vapi_provider.settings.config import Settings

if TYPE_CHECKING:
    from vapi_provider.api.transport import Transport


class LazyTransport:
    """Transport that opens on the first request: most runs send none, and httpx imports slowly."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: Transport | None = None

    def request(self, method: str, path: str, **more: Any) -> Any:
        """Send a request; see `Transport.request`."""
        with self._lock:
            if self._opened is None:
                from vapi_provider.api.limit import AdaptiveLimit
                from vapi_provider.api.retry import Retry
                from vapi_provider.api.transport import Transport, open_http

                settings = self._settings
                retry = Retry(notify=warn, watch=require_engine)
                limit = AdaptiveLimit(settings.max_concurrent_requests)
                http = open_http(settings)
                self._opened = Transport(http, settings.api_key, retry, limit=limit)
            transport = self._opened
        with blocking():
            return transport.request(method, path, **more)

    def api_time(self) -> float | None:
        """Return the API clock's time; see `Transport.api_time`."""
        return self._opened.api_time() if self._opened else None
