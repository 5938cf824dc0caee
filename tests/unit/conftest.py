"""The unit ring: in this process, without network or waiting.

Tests that need other processes or servers are in `tests/process`; tests that let hypothesis
generate their inputs are in `tests/properties`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _no_network(_loopback_only: None) -> None:
    # pytest-socket takes it back after each test.
    disable_socket(allow_unix_socket=True)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Return the file of one journal for all runs of a test."""
    return tmp_path / "journal.sqlite"
