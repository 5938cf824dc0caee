"""What an account may answer to one request, and what our transport makes of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.builders import Clock, FlakyApi
from vapi_provider.errors import VapiError


def api(*instead: httpx.Response | Exception) -> FlakyApi:
    """An account that answers these, one after the other."""
    made = FlakyApi()
    made.instead = list(instead)
    return made


def refused(status: int, text: Any = None, **more: Any) -> httpx.Response:
    """An answer that says no."""
    body = {"message": text or "no", "error": "Bad", "statusCode": status}
    return httpx.Response(status, json=body, **more)


def error_of(
    account: FlakyApi, method: str = "GET", clock: Clock | None = None, **more: Any
) -> VapiError:
    """Return the error that a request to `account` raises."""
    with pytest.raises(VapiError) as raised:
        account.transport(clock).request(method, "/phone-number", **more)
    assert "\n" not in str(raised.value)
    return raised.value
