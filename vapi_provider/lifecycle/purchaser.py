"""Exactly-once creation of a record: resume an earlier run's purchase, or make a new one.

The order of the steps guarantees that nothing is purchased twice. docs/decisions/0005-journal.md
describes the states of an intent and their transitions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import purchase as messages
from vapi_provider.errors import JournalChangedError, OwnershipError
from vapi_provider.journal.intents import Intent
from vapi_provider.lifecycle.checks_pause import ChecksPause
from vapi_provider.lifecycle.clashes import refuse_clash
from vapi_provider.lifecycle.held_records import LOOK_SECONDS as OWNER_LOOK_SECONDS
from vapi_provider.lifecycle.held_records import HeldRecords
from vapi_provider.lifecycle.journaled_post import JournaledPost
from vapi_provider.lifecycle.other_runs import NOTIFY_AFTER_SECONDS, OtherRuns
from vapi_provider.lifecycle.record_search import PendingPost, RecordSearch
from vapi_provider.lifecycle.unfinished_purchases import UnfinishedPurchases
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.fingerprint import fingerprint_of, unique_texts
from vapi_provider.reconcile.names import automatic_name
from vapi_provider.reconcile.plan import AREA_CODE
from vapi_provider.reconcile.resource_key import resource_of, stack_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

TRIES = 4
"""Maximum restarts of a purchase after another machine wrote to the journal."""

LOOK_SECONDS = 2.0
"""Pause between two searches for a record that a killed run's request may still create."""

MAX_GRACE_SECONDS = 600.0
"""Maximum wait, whatever the clocks say."""


@dataclass(frozen=True)
class PurchaseResult:
    """A declaration's record, and the area code that its purchase requested, if any.

    `is_resumed` is set where an earlier run created the record, whose fields may differ from the
    declared ones.
    """

    record: PhoneNumberRecord
    area_code: str | None
    is_resumed: bool


class Purchaser:
    """Purchaser of records for a run, shared by all threads of a plugin."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = session.account
        self._identity = session.identity
        self._journal = session.journal
        self._ownership = session.ownership
        self._other_runs = OtherRuns(session)
        self._held_records = HeldRecords(session)
        self._unfinished = UnfinishedPurchases(session)
        self._search = RecordSearch(session)
        self._post = JournaledPost(session, self._search)

    def purchase(
        self,
        kind: Kind,
        body: Mapping[str, Any],
        fields: Mapping[str, Any],
        declaration: str,
        replaced: Collection[str],
        *,
        replacing: bool = False,
        other_forms: Collection[str] = (),
    ) -> PurchaseResult:
        """Return the one record of a declaration, from an earlier run or newly created.

        `replaced` are ids that are about to be released. `replacing` is set where the recorded
        resource of this declaration is being replaced. `other_forms` are declarations under which
        an earlier version of this package knew the resource. Raises OwnershipError where the
        account has a record that may be another's, UnclearError where the outcome is unknown (the
        next run finds out), or any other VapiError.
        """
        for _ in range(TRIES):
            try:
                return self._purchase(
                    kind, body, fields, declaration, replaced, replacing, other_forms
                )
            except JournalChangedError:
                continue  # Another machine wrote first; the next try reads its entry.
        return self._purchase(kind, body, fields, declaration, replaced, replacing, other_forms)

    def _purchase(
        self,
        kind: Kind,
        body: Mapping[str, Any],
        fields: Mapping[str, Any],
        declaration: str,
        replaced: Collection[str],
        replacing: bool,
        other_forms: Collection[str],
    ) -> PurchaseResult:
        names = {automatic_name(form) for form in (declaration, *other_forms)}
        with self._other_runs.turn(kind, fields), self._journal.owner_lock():
            for key in (declaration, *other_forms):
                left = self._resume(kind, key, declaration, names, replaced)
                if left is not None:
                    return left
            self._identity.confirm_organization(
                self._journal.ledger.organizations(*stack_of(declaration))
            )
            held = self._held_records.wait_for_holders(kind, fields, declaration, replaced)
            since = self._ownership.replaced_since(declaration, *other_forms)
            if not replacing:
                self._held_records.refuse_unrecorded(declaration, held.union(replaced), since)
            kept = fingerprint_of(kind, fields)
            self._unfinished.report(kept, declaration, other_forms)
            # Read records that other processes created after the account was listed.
            self._account.fetch_missing(self._journal.ledger.with_texts(unique_texts(kind, fields)))
            refuse_clash(
                self._account, kind, fields, declaration, replaced, held, since, replacing=replacing
            )
            record = self._post.send(kind, body, kept, fields, declaration, names)
            return PurchaseResult(record, fields.get(AREA_CODE), is_resumed=False)

    def refuse_another(self, kind: Kind, declaration: str, record: PhoneNumberRecord) -> None:
        """Raise OwnershipError for an adoption on a key with another unfinished purchase.

        The journal would otherwise forget that purchase's record. A record that the purchase may
        have created is accepted, because the user thereby decides whose it is.
        """
        intent = self._other_runs.wait_for_owner(declaration)
        if intent is None or intent.record == record.id:
            return
        created = [intent.record]
        if intent.record is None:
            if self._search.may_have_created(PendingPost.of(kind, intent, ()), record):
                return
            candidates = self._search.candidates(PendingPost.of(kind, intent, ()))
            created = [candidate.id for candidate in candidates]
        shown = ", ".join(str(id_) for id_ in created) or "a number"
        raise OwnershipError(messages.ADOPTED_BESIDE_UNFINISHED(created=shown, id=record.id))

    def _resume(
        self,
        kind: Kind,
        key: str,
        declaration: str,
        names: Collection[str],
        replaced: Collection[str],
    ) -> PurchaseResult | None:
        """Return the record that an interrupted run created but never saved to a state."""
        if key != declaration and self._is_anothers(key):
            return None
        intent = self._other_runs.wait_for_owner(key)
        if intent is None:
            return None
        # A GET of the record confirms the account, even if the list lags behind.
        record = None if intent.record is None else self._search.by_id(intent.record)
        if record is None:
            if not self._identity.is_account_of(intent):
                return None
            record = self._created_by(kind, intent, names)
        if record is None or record.id in replaced:
            return None
        if self._ownership.has_owner(record.id):
            raise OwnershipError(
                messages.INTERRUPTED_RECORD_HELD(id=record.id, resource=repr(resource_of(key)))
            )
        record = self._post.take(record, kind, key)
        return PurchaseResult(record, intent.body.get("code"), is_resumed=True)

    def _is_anothers(self, key: str) -> bool:
        """Return whether another resource of this program has the other form of a key."""
        if self._journal.find(key) is None:
            return False
        pause = ChecksPause(self._ownership, self._session.clock)
        while not self._ownership.is_declared(key) and not pause.is_paused():
            self._session.wait(OWNER_LOOK_SECONDS)
        return self._ownership.is_declared(key)

    def _created_by(
        self, kind: Kind, intent: Intent, names: Collection[str]
    ) -> PhoneNumberRecord | None:
        """Return an intent's record; wait while its request may still complete.

        Only a listing that began after that time proves that the intent created nothing.
        """
        if intent.record is not None:
            self._identity.confirm_record_gone(intent.record, intent)
            self._journal.forget_record(intent.record)
            return None
        post = PendingPost.of(kind, intent, names)
        until = self._session.clock() + min(intent.remaining_seconds, MAX_GRACE_SECONDS)
        # A listing from before the intent was read may be older than the request.
        found = self._search.created_by(post, self._account.listings)
        if found is None and until - self._session.clock() >= NOTIFY_AFTER_SECONDS:
            warn(messages.WAITING_FOR_LATE_PURCHASE(seconds=until - self._session.clock()))
        while found is None and (left := until - self._session.clock()) > 0:
            # Threads that wait at the same time share one listing.
            listings = self._account.listings
            self._session.wait(min(left, LOOK_SECONDS))
            found = self._search.created_by(post, listings)
        return found
