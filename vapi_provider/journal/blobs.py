"""The storage interface of a shared journal: small named texts with conditional puts.

PostgreSQL stores them in one table (`postgres.py`), an object store under one prefix
(`object_store.py`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

MAX_CHARACTERS = 300


class StoreError(Exception):
    """A store that cannot be reached or refuses a request; its message has no credentials."""


class Blobs(Protocol):
    """Texts by name, shared by all machines. Thread-safe. Every method raises StoreError."""

    shown: str
    """The store's location for messages, without credentials."""

    def create(self, name: str, text: str) -> bool:
        """Put a text under a free name, durably; return False if the name is taken.

        If the response to an earlier attempt of this call was lost, False may mean that the attempt
        itself took the name.
        """
        ...

    def put(self, name: str, text: str) -> None:
        """Put a text, replacing any text of that name."""
        ...

    def names(self, prefix: str, after: str = "") -> Sequence[str]:
        """Return the sorted names that start with `prefix` and sort after `after`."""
        ...

    def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the texts by name, without the names that do not exist."""
        ...

    def ages(self, prefix: str) -> Mapping[str, float]:
        """Return the age of each text in seconds, by the store's clock."""
        ...

    def remove(self, names: Collection[str]) -> None:
        """Remove the texts that exist under the names."""
        ...

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        ...


def one_line(text: str) -> str:
    """Return a library's message on one line, without URL parameters, which may be credentials."""
    return re.sub(r"\?\S+=\S+", "", " ".join(text.split()))[:MAX_CHARACTERS]
