"""The connection to an embedded account: calls of its app in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate

import httpx

from vapi_provider.embedded import EmbeddedAccountError, open_app
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.config import EMBEDDED, Settings


class InProcess(httpx.WSGITransport):
    """Calls an app of this process; one that drops a request or is too slow fails as a network."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the app; raise what httpx raises for a network that fails in the same way."""
        begun = time.monotonic()
        try:
            response = super().handle_request(request)
            # Each answer of a server shows its clock; this one's is ours.
            response.headers.setdefault("Date", formatdate(usegmt=True))
        except ConnectionError as error:
            raise httpx.ReadError(str(error), request=request) from error
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and time.monotonic() - begun > limit:
            raise httpx.ReadTimeout("the answer came too late", request=request)
        return response


def in_process(settings: Settings, headers: Mapping[str, str]) -> httpx.Client:
    """Return the client of an embedded account. Raises ConfigurationError."""
    file = settings.embedded_file
    try:
        app = open_app(str(file), region=settings.region)
    except EmbeddedAccountError as error:
        raise ConfigurationError(f"vapi:baseUrl {EMBEDDED}{file}: {error}") from None
    return httpx.Client(
        base_url="http://embedded",
        headers=headers,
        timeout=settings.request_timeout_seconds,
        transport=InProcess(app),
    )
