"""Intents, and the account's watermark at the time when an intent was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # The preflight imports this module and must not import the models.
    from vapi_provider.reconcile.fingerprint import BodyFingerprint


@dataclass(frozen=True)
class AccountWatermark:
    """The watermark of an account: the newest record that it had at a moment.

    `since` is that record's `createdAt`, by the server's clock, and empty for an account without
    records. `known` are the ids created at `since` or later that are not new.
    """

    since: str
    known: frozenset[str]

    def is_newer(self, id_: str, created_at: str) -> bool:
        """Return whether a record was created after this watermark."""
        return created_at >= self.since and id_ not in self.known


@dataclass(frozen=True)
class Intent:
    """A purchase whose record no state is proven to hold.

    `before` is the account's watermark before the purchase, and `organizations` are those whose
    records were seen in it. `record` is the id of the created record, once known.
    `remaining_seconds` is the time from now on in which the request may still complete, of
    `completion_grace_seconds` in total.
    `sent_at` is the time of the last attempt, by the API's clock, in Unix seconds.
    """

    key: str
    account: str
    organizations: frozenset[str]
    body: BodyFingerprint
    before: AccountWatermark
    owner: str
    record: str | None
    remaining_seconds: float
    completion_grace_seconds: float
    sent_at: float | None
