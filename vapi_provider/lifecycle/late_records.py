"""Records that a repeated purchase's first try created after the second was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vapi_provider.catalogue import purchase as messages
from vapi_provider.errors import VapiError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.journal.ledger import Repeated
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.fingerprint import contradicts, matches
from vapi_provider.reconcile.resource_key import resource_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

SHOWS_WITHIN_SECONDS = 3600.0
"""Maximum delay after a POST with which its record appears in a list; runs search until then."""


class LateRecords:
    """Detector of records that a repeated purchase's first POST created late.

    It searches once per process and stack, in runs after the purchase, and lists the account only
    if a POST was repeated.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._journal = session.journal
        self._lock = threading.Lock()
        self._looked: set[tuple[str, str]] = set()

    def report(self, project: str, stack: str) -> None:
        """Warn of each late record; forget the repeat once none exists and none can appear."""
        with self._lock:
            if (project, stack) in self._looked:
                return
            self._looked.add((project, stack))
        try:
            for repeated in self._journal.ledger.repeated(project, stack):
                if not self._journal.is_of_this_operation(repeated.owner):
                    self._report(repeated)
        except VapiError:
            return  # The next run tries again.

    def _report(self, repeated: Repeated) -> None:
        found = list(self._created_by(repeated))
        for record in found:
            warn(
                messages.LATE_RECORD(
                    id=record.id,
                    number=record.number or "no number yet",
                    resource=repr(resource_of(repeated.key)),
                )
            )
        if not found and not self._may_still_show(repeated):
            self._journal.ledger.forget_repeat(repeated)

    def _may_still_show(self, repeated: Repeated) -> bool:
        now, sent_at = self._session.client.api_time(), repeated.sent_at
        return now is not None and sent_at is not None and now - sent_at < SHOWS_WITHIN_SECONDS

    def _created_by(self, repeated: Repeated) -> Iterator[PhoneNumberRecord]:
        before = AccountWatermark(repeated.since, repeated.known | {repeated.record})
        for record in self._session.account.records():
            kind = record.kind
            if (
                kind is not None
                and kind is KINDS.get(repeated.body.get("kind", kind.provider))
                and before.is_newer(record.id, record.created_at)
                and not self._journal.ledger.holders(record.id)
                and (
                    matches(kind, repeated.body, record) or contradicts(kind, repeated.body, record)
                )
            ):
                yield record
