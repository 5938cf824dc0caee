"""The journal with many writers: every intent is there before its POST."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vapi_provider.errors import ConfigurationError
from vapi_provider.identity import Journal
from vapi_provider.identity.journal import Before

WORKERS = 16


def test_intents_begun_together_are_all_written(tmp_path: Path) -> None:
    """Whoever returns from `begin` finds its intent in the file, as another process would."""
    file = tmp_path / "journal.sqlite"
    journal, other = Journal(file, "account", "backend"), Journal(file, "account", "backend")
    together = threading.Barrier(WORKERS)

    def begin(worker: int) -> None:
        together.wait(timeout=20)
        for at in range(10):
            name = f"acme/shop/dev/VapiPhoneNumber/n{worker}-{at}"
            journal.begin(name, {"digests": {"name": name}}, Before("2026", frozenset({"a"})), 60)
            found = other.find(name)
            assert found is not None
            assert found.body == {"digests": {"name": name}}
            assert found.before == Before("2026", frozenset({"a"}))

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(begin, range(WORKERS)))


def test_a_journal_that_fails_fails_for_each_of_them(tmp_path: Path) -> None:
    """Nobody takes another's failed write for a success."""
    journal = Journal(tmp_path, "account", "backend")  # A folder is no journal.
    together = threading.Barrier(WORKERS)

    def begin(worker: int) -> None:
        together.wait(timeout=20)
        with pytest.raises(ConfigurationError, match="set VAPI_JOURNAL"):
            journal.begin(
                f"acme/shop/dev/VapiPhoneNumber/{worker}", {}, Before("", frozenset()), 60
            )

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(begin, range(WORKERS)))
