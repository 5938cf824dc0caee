"""Settings of a run, as the program reads them for its resources."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import pulumi

from vapi_provider.errors import ConfigurationError
from vapi_provider.pulumi_sdk import mocks
from vapi_provider.settings.config import Settings, load_settings
from vapi_provider.shared.search_path import reserved_problem


def run_settings() -> Settings:
    """Return the settings, cached for the run; tests under mocks read them for each resource."""
    if mocks.is_mocked():
        return _read_settings(mocks.KEY)
    monitor: object = pulumi.runtime.settings.get_monitor()
    return _settings_of_run(monitor)


@lru_cache(maxsize=1)
def _settings_of_run(_monitor: object) -> Settings:
    return _read_settings()


def _read_settings(key: str | None = None) -> Settings:
    """Return the settings; `key` replaces the API key.

    Raises RunError where the plugin would fail for each number: a module of the project shadows a
    library, or a setting is invalid.
    """
    for folder in {
        os.getcwd(),
        os.path.abspath(pulumi.runtime.settings.get_root_directory() or "."),
    }:
        if (problem := reserved_problem(folder)) is not None:
            raise pulumi.RunError(problem)

    def config(name: str) -> str | None:
        if name == "apiKey" and key is not None:
            return key
        return pulumi.runtime.get_config(f"vapi:{name}")

    environment: dict[str, str] = dict(os.environ)
    if key is not None:
        environment.setdefault("VAPI_JOURNAL", "none-needed-under-mocks")
    try:
        return load_settings(config, environment, Path.cwd())
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None
