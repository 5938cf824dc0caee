"""Transport that opens on the first request."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, cast

from vapi_provider.catalogue.message import Message
from vapi_provider.settings.config import Settings

if TYPE_CHECKING:
    from vapi_provider.api.transport import Transport


class LazyTransport:
    """Transport that opens on the first request: most runs send none, and httpx imports slowly."""

    def __init__(
        self,
        settings: Settings,
        notify: Callable[[Message], None],
        watch: Callable[[], None],
        blocking: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Set up the transport; see `Retry` for `notify` and `watch`.

        `blocking` returns the context of a request, in which the plugin handles other calls.
        """
        self._settings = settings
        self._notify = notify
        self._watch = watch
        self._blocking = blocking
        self._lock = threading.Lock()
        self._opened: Transport | None = None

    def request(self, method: str, path: str, **more: Any) -> Any:
        """Send a request; see `Transport.request`."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            transport = self._opened
        with self._blocking():
            return transport.request(method, path, **more)

    def api_time(self) -> float | None:
        """Return the API clock's time; see `Transport.api_time`."""
        return self._opened.api_time() if self._opened else None

    def _open(self) -> Transport:
        # Where click, pygments and rich are installed, httpx also imports its command line, which
        # takes 45 ms. With None here that import fails, which httpx ignores.
        sys.modules.setdefault("httpx._main", cast(Any, None))

        from vapi_provider.api.concurrency_limit import AdaptiveLimit
        from vapi_provider.api.retry import Retry
        from vapi_provider.api.transport import Transport, open_http

        settings = self._settings
        retry = Retry(notify=self._notify, watch=self._watch)
        limit = AdaptiveLimit(settings.max_concurrent_requests)
        return Transport(open_http(settings), settings.api_key, retry, limit=limit)
