"""The process ring: tests that start processes or servers on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return the path of an embedded account that does not exist yet."""
    return tmp_path / "made" / "account.db"
