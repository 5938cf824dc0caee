"""The switch that leaves Pulumi's SDK as it is: ``VAPI_SDK_PATCHES=off``."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vapi_provider.settings.values import on_or_off

VARIABLE = "VAPI_SDK_PATCHES"


def are_patches_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the SDK's private parts may be changed.

    Raises ConfigurationError for a value that is neither ``on`` nor ``off``.
    """
    return on_or_off(environment, VARIABLE) is not False
