"""Helpers of purchase tests: an account that loses responses, and the journal of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.support.builders import (
    AUTOMATIC_NAME,
    MINIMAL,
    FlakyApi,
)
from tests.support.builders import settings as new_settings
from vapi_provider.journal.boot_clock import BootClock
from vapi_provider.journal.journal import Journal
from vapi_provider.models.kinds import KINDS
from vapi_provider.reconcile.fingerprint import fingerprint_of

POST = "POST /phone-number"
OWN_NAME = {"name": AUTOMATIC_NAME, **MINIMAL["vapi"]}
"""Declaration with the automatic name, which identifies its record at any creation time."""
OWN = fingerprint_of(KINDS["vapi"], OWN_NAME)


def journal_of(file: Path, clock: BootClock | None = None, **more: Any) -> Journal:
    """Open the journal as another process would."""
    settings = new_settings(journal=file, **more)
    return Journal(file, settings.account, settings.backend, clock)


class LossyApi(FlakyApi):
    """Account that executes or drops its first POSTs and sends no response to them."""

    def __init__(self, *fates: str, error: Exception | httpx.Response | None = None) -> None:
        super().__init__()
        self.fates = list(fates)
        self.error = error or httpx.ReadError("reset")

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or not self.fates:
            return super().__call__(request)
        if self.fates.pop(0) == "made":
            super().__call__(request)
        else:
            self.requests.append(request)
        if isinstance(self.error, Exception):
            raise self.error
        return self.error
