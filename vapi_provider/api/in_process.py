"""HTTP connection to an embedded account: calls of its WSGI app in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate

import httpx

from vapi_provider.catalogue import api as messages
from vapi_provider.embedded import EmbeddedAccountError, open_app
from vapi_provider.errors import ConfigurationError
from vapi_provider.settings.account_url import EMBEDDED
from vapi_provider.settings.config import Settings


class InProcess(httpx.WSGITransport):
    """WSGI transport that reports a dropped or slow request as a network failure."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Call the app and return its response.

        Raises httpx.ReadError where the app drops the request, and httpx.ReadTimeout where the app
        exceeds the read timeout.
        """
        begun = time.monotonic()
        try:
            response = super().handle_request(request)
            # A server sends `Date`; the embedded account shares this machine's clock.
            response.headers.setdefault("Date", formatdate(usegmt=True))
        except ConnectionError as error:
            raise httpx.ReadError(str(error), request=request) from error
        limit = request.extensions.get("timeout", {}).get("read")
        if limit is not None and time.monotonic() - begun > limit:
            raise httpx.ReadTimeout("the response came too late", request=request)
        return response


def in_process(settings: Settings, headers: Mapping[str, str]) -> httpx.Client:
    """Return the HTTP client of an embedded account.

    Raises ConfigurationError where the account's file cannot be opened.
    """
    file = settings.embedded_file
    try:
        app = open_app(str(file), region=settings.region)
    except EmbeddedAccountError as error:
        raise ConfigurationError(
            messages.EMBEDDED_ACCOUNT_UNUSABLE(address=f"{EMBEDDED}{file}", cause=error)
        ) from None
    return httpx.Client(
        base_url="http://embedded",
        headers=headers,
        timeout=settings.request_timeout_seconds,
        transport=InProcess(app),
    )
