"""The variables that tests and chaos rounds inherit from the shell that runs them."""

from __future__ import annotations

from tests.support.environment import foreign


def test_the_switch_of_the_patches_reaches_the_tests() -> None:
    """Settings, keys and proxies are removed; VAPI_SDK_PATCHES and other variables are kept."""
    kept, removed = ["VAPI_SDK_PATCHES", "PATH"], ["VAPI_TOKEN", "PULUMI_STACK", "HTTPS_PROXY"]
    assert foreign([*kept, *removed]) == removed
