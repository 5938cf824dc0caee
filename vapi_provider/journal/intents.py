"""An intent, and the watermark of the account that it was written against."""

from __future__ import annotations

from dataclasses import dataclass

from vapi_provider.reconcile.fingerprint import Sent


@dataclass(frozen=True)
class Before:
    """The newest that an account showed at a moment, by the server's clock.

    `since` is a `createdAt`, empty where there was nothing; `known` are the ids from then on that
    are not what comes later.
    """

    since: str
    known: frozenset[str]

    def is_newer(self, id_: str, created_at: str) -> bool:
        """Return whether a record was created after this moment."""
        return created_at >= self.since and id_ not in self.known


@dataclass(frozen=True)
class Intent:
    """A purchase that no state is proven to hold.

    `before` is what the account showed then, in `organizations` as far as they were seen. `record`
    is the id of what was created, once known. `late_seconds` is how long from now on the request
    may still complete. `sent_at` is when it was last sent, by the API's clock, in Unix seconds.
    """

    key: str
    account: str
    organizations: frozenset[str]
    body: Sent
    before: Before
    owner: str
    record: str | None
    late_seconds: float
    sent_at: float | None
