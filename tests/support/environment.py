"""The environment of the shell that runs the tests."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from vapi_provider.pulumi_sdk.switch import VARIABLE, are_patches_on

needs_patches = pytest.mark.skipif(not are_patches_on(), reason="the SDK's patches are off")

_SETTINGS = ("VAPI_", "PULUMI_CONFIG", "PULUMI_STACK")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def foreign(names: Iterable[str]) -> list[str]:
    """Return the variables that would change what a test does.

    The switch of the SDK's patches stays, so that every ring also runs without them.
    """
    return [
        name
        for name in names
        if name != VARIABLE and (name.startswith(_SETTINGS) or name.lower() in _PROXIES)
    ]
