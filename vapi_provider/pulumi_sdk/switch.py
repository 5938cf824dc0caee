"""The switch that leaves Pulumi's SDK as it is: ``VAPI_SDK_PATCHES=off``."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vapi_provider.catalogue.configuration import INVALID_SETTING
from vapi_provider.errors import ConfigurationError

VARIABLE = "VAPI_SDK_PATCHES"


def are_patches_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the SDK's private parts may be changed.

    Raises ConfigurationError for a value that is neither ``on`` nor ``off``.
    """
    value = environment.get(VARIABLE, "").strip().lower()
    if value not in ("", "on", "off"):
        raise ConfigurationError(
            INVALID_SETTING(setting=VARIABLE, value=value, expected="on or off")
        )
    return value != "off"
