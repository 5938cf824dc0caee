"""Settings of the engine's checkpoints: whether it saves the state after each step."""

from __future__ import annotations

from collections.abc import Mapping

VARIABLE = "VAPI_CHECKPOINTS"
"""Environment variable that overrides the choice of the make targets: ``on`` or ``off``.

The make targets also set it for the engine, so that the program knows what was chosen.
"""

SKIP = "PULUMI_SKIP_CHECKPOINTS"
"""Pulumi's variable, which works without ``PULUMI_EXPERIMENTAL`` (tested with 3.250)."""


def has_checkpoints(environment: Mapping[str, str]) -> bool:
    """Return whether the engine saves the state after each step.

    More values than Pulumi's count as true, because intents must not be finished too early.
    """
    value = environment.get(SKIP, "").strip().lower()
    return value not in ("1", "t", "true", "y", "yes", "on")
