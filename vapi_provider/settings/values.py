"""Parsing of the value of one setting, with an error that names the setting."""

from __future__ import annotations

import math
from collections.abc import Mapping

from vapi_provider.catalogue import configuration
from vapi_provider.errors import ConfigurationError


def invalid_setting(key: str, value: str, expected: str) -> ConfigurationError:
    """Return the error for a setting that must be `expected`."""
    return ConfigurationError(
        configuration.INVALID_SETTING(setting=f"vapi:{key}", value=value, expected=expected)
    )


def number_setting(
    key: str,
    text: str | None,
    *,
    default: float,
    least: float,
    most: float = math.inf,
    whole: bool = False,
) -> float:
    """Return a setting as a number, or `default` for None.

    Raises ConfigurationError where the text is no number or outside of `least` and `most`.
    """
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < least or (whole and not number.is_integer()):
        kind = "a whole number" if whole else "a number"
        raise invalid_setting(key, text, f"{kind}, {least:g} or more")
    if number > most:
        raise invalid_setting(key, text, f"{most:g} or less")
    return number


def on_or_off(environment: Mapping[str, str], variable: str) -> bool | None:
    """Return whether an environment variable says ``on``; None where it is not set.

    Raises ConfigurationError for a value that is neither ``on`` nor ``off``.
    """
    value = environment.get(variable, "").strip().lower()
    if value not in ("", "on", "off"):
        raise ConfigurationError(
            configuration.INVALID_SETTING(setting=variable, value=value, expected="on or off")
        )
    return None if not value else value == "on"
