"""Durations that all waits for other runs, for late requests and for the engine share."""

POLL_SECONDS = 0.2
"""Pause between two polls for the end of another run or the engine's next check."""

NOTIFY_AFTER_SECONDS = 10.0
"""Shortest wait that is reported to the user."""

MAX_GRACE_SECONDS = 600.0
"""Maximum wait for a request that may still complete, whatever the clocks say."""
