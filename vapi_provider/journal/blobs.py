"""What a shared journal asks of the place where it lies: small named texts, put conditionally.

PostgreSQL keeps them in one table (`postgres.py`), an object store under one prefix
(`object_store.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

MOST_CHARACTERS = 300


class StoreError(Exception):
    """The store cannot be reached, or refuses; one line without any credential."""


class Blobs(Protocol):
    """Texts by name, seen by every machine. Thread-safe. Every method raises StoreError."""

    shown: str
    """The place as people may see it: without credentials."""

    def create(self, name: str, text: str) -> bool:
        """Put a text under a free name, durably; return False where the name is taken.

        True or StoreError where the answer to an earlier try of this call was lost: False may then
        mean that the text is there all the same.
        """
        ...

    def put(self, name: str, text: str) -> None:
        """Put a text, whatever was there."""
        ...

    def names(self, prefix: str, after: str = "") -> Sequence[str]:
        """Return the names that start with `prefix` and sort behind `after`, sorted."""
        ...

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the texts of those of the names that there are."""
        ...

    def ages(self, prefix: str) -> Mapping[str, float]:
        """Return how many seconds ago each text was put, by the clock of the store."""
        ...

    def remove(self, names: Collection[str]) -> None:
        """Remove texts, as far as they are there."""
        ...

    def close(self) -> None:
        """Free what is open; a later call opens it again."""
        ...


def one_line(text: str) -> str:
    """Return a library's message on one line, without the parameters of URLs: they may be keys."""
    return re.sub(r"\?\S+=\S+", "", " ".join(text.split()))[:MOST_CHARACTERS]
