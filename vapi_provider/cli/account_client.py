"""The settings of a stack and a client of its account, for the commands."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vapi_provider.api.client import VapiClient
from vapi_provider.api.concurrency_limit import AdaptiveLimit
from vapi_provider.api.transport import Transport, open_http
from vapi_provider.pulumi_cli.stack import Stack
from vapi_provider.settings.config import Settings, load_settings
from vapi_provider.shared.terminal import say


def settings_of(stack: Stack | None) -> Settings:
    """Return the settings that the plugin would use, from the stack's config and the environment.

    Write their warnings to stderr.
    """
    config = {} if stack is None else stack.config()
    settings = load_settings(lambda key: config.get(f"vapi:{key}"), os.environ, Path.cwd())
    for warning in settings.warnings:
        say(f"Warning: {warning}", err=True)
    return settings


@contextmanager
def open_client(settings: Settings) -> Generator[VapiClient]:
    """Open a client of the account; opening it sends no request."""
    with open_http(settings) as http:
        limit = AdaptiveLimit(settings.max_concurrent_requests)
        yield VapiClient(Transport(http, settings.api_key, limit=limit))
