"""The properties ring: each test claims a property of all inputs that hypothesis generates."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# On a busy machine an example may take long without anything being wrong.
settings.register_profile(
    "fast",
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fast")
