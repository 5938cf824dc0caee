"""Search of the account for the record that an unanswered purchase may have created."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from vapi_provider.catalogue import purchase as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.journal.intents import AccountWatermark, Intent
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.fingerprint import BodyFingerprint, contradicts, is_named, matches
from vapi_provider.reconcile.resource_key import old_form, resource_of, stack_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

PROMPT_SECONDS = 2.5
"""A record with an ambiguous name is this run's if it was created this soon after its POST."""

CLOCK_SECONDS = 1.5
"""Maximum lead of the API's `Date` (in whole seconds) over `createdAt`."""


@dataclass(frozen=True)
class PendingPost:
    """A POST whose response is not known.

    `key` is the resource's, `names` are its automatic names. `before` is the account's watermark
    before the POST. `sent_at` is the time of the POST by the API's clock in Unix seconds, where
    known, and `completion_grace_seconds` is how long after it the API may have completed the
    request.
    """

    key: str
    kind: Kind
    body: BodyFingerprint
    names: Collection[str]
    before: AccountWatermark
    sent_at: float | None
    completion_grace_seconds: float

    @classmethod
    def of(cls, kind: Kind, intent: Intent, names: Collection[str]) -> PendingPost:
        """Return the POST that an intent describes."""
        before, sent_at = intent.before, intent.sent_at
        return cls(
            intent.key, kind, intent.body, names, before, sent_at, intent.completion_grace_seconds
        )


class RecordSearch:
    """Search for records that no resource of this run or of the journal has."""

    def __init__(self, session: Session) -> None:
        self._account = session.account
        self._ownership = session.ownership

    def created_by(self, post: PendingPost, after: int = 0) -> PhoneNumberRecord | None:
        """Return the one record that a purchase created; None where the account shows none.

        The account is listed again if no listing started after number `after`. Raises
        OwnershipError where several records match, or where the record may be another's: it has the
        same name, number or SIP URI but was edited since, or its name is not this resource's own
        and it was not created when the POST was sent.
        """
        free = self.candidates(post, after)
        found = [record for record in free if matches(post.kind, post.body, record)]
        if len(found) == 1 and len(free) == 1 and is_own(post, found[0]):
            return found[0]
        if free:
            raise self._unclear(post.key, found or free)
        return None

    def candidates(self, post: PendingPost, after: int = 0) -> list[PhoneNumberRecord]:
        """Return the records that a purchase may have created and that no resource has."""
        shown = [
            record
            for record in self._account.records(after)
            if record.provider == post.kind.provider
            and post.before.is_newer(record.id, record.created_at)
            and not self._account.is_of_this_run(record.id)
            and not self._ownership.has_owner(record.id)
        ]
        # A masked number cannot be compared.
        whole = [
            record for record in map(self._account.fetch_unmasked, shown) if record is not None
        ]
        return [record for record in whole if self.may_have_created(post, record)]

    def may_have_created(self, post: PendingPost, record: PhoneNumberRecord) -> bool:
        """Return whether a record is newer than a purchase's watermark and similar to its body.

        It is similar if it matches the body or has the same name, number or SIP URI; a user may
        have edited the other fields.
        """
        return post.before.is_newer(record.id, record.created_at) and (
            matches(post.kind, post.body, record) or contradicts(post.kind, post.body, record)
        )

    def by_id(self, id_: str) -> PhoneNumberRecord | None:
        """Return the record with an id, even if the list lags behind; None where it is gone."""
        return self._account.find(id_) or self._account.fetch(id_)

    def _unclear(self, key: str, found: Sequence[PhoneNumberRecord]) -> OwnershipError:
        """Return the error about records whose creator cannot be determined."""
        listed = ", ".join(f"{record.id} ({record.number or 'no number yet'})" for record in found)
        several = f"{len(found)} records may be" if len(found) > 1 else "one record may be"
        advice = "take it over with adopt_id"
        if self._ownership.is_recorded(key) or self._ownership.is_recorded(old_form(key)):
            # The plugin refuses another record in `adopt_id` while the resource has one.
            stack, id_ = stack_of(key)[1], found[0].id if len(found) == 1 else "<id>"
            advice = (
                f"`python -m vapi_provider recover --stack {stack} --take {resource_of(key)}={id_}`"
                " lets this replacement take it over"
            )
        return OwnershipError(
            messages.AMBIGUOUS_RECORDS(several=several, records=listed, advice=advice)
        )


def is_own(post: PendingPost, record: PhoneNumberRecord) -> bool:
    """Return whether a matching record is this resource's, by its name or creation time."""
    if is_named(post.kind, post.body, post.names):
        return is_timely(post, record)
    delay = _delay(post, record)
    return delay is not None and -CLOCK_SECONDS <= delay <= PROMPT_SECONDS


def is_timely(post: PendingPost, record: PhoneNumberRecord) -> bool:
    """Return whether a record was created while the purchase could still complete.

    True where the time is unknown. A later record with the same automatic name comes from a backend
    with equal project and stack names. A run that gives up while its request may still complete
    rewrites the intent, and the next run waits the grace time again: hence twice that time.
    """
    delay = _delay(post, record)
    return delay is None or delay <= 2 * post.completion_grace_seconds + PROMPT_SECONDS


def _delay(post: PendingPost, record: PhoneNumberRecord) -> float | None:
    """Return how many seconds after the POST a record was created; None where unknown."""
    created = _seconds(record.created_at)
    return None if created is None or post.sent_at is None else created - post.sent_at


def _seconds(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
