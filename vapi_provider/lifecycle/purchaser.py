"""Exactly-once creation of a record: resume an earlier run's purchase, or purchase anew.

The order of the steps guarantees that nothing is purchased twice. docs/decisions/0005-journal.md
describes the states of an intent and their transitions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vapi_provider.catalogue import purchase as messages
from vapi_provider.errors import JournalChangedError, OwnershipError
from vapi_provider.journal.intents import Intent
from vapi_provider.lifecycle.clashes import refuse_clash
from vapi_provider.lifecycle.idle_checks import IdleChecks
from vapi_provider.lifecycle.journaled_post import JournaledPost
from vapi_provider.lifecycle.other_runs import OtherRuns
from vapi_provider.lifecycle.purchase import Purchase, PurchaseResult
from vapi_provider.lifecycle.record_search import PendingPost, RecordSearch
from vapi_provider.lifecycle.repeat_guard import RepeatGuard
from vapi_provider.lifecycle.unfinished_purchases import UnfinishedPurchases
from vapi_provider.lifecycle.waits import MAX_GRACE_SECONDS, NOTIFY_AFTER_SECONDS, POLL_SECONDS
from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.fingerprint import unique_texts
from vapi_provider.reconcile.resource_key import resource_of, stack_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

MAX_RESTARTS = 4
"""Maximum restarts of a purchase after another machine wrote to the journal."""

SEARCH_SECONDS = 2.0
"""Pause between two searches for a record that a killed run's request may still create."""


class Purchaser:
    """Purchaser of records for a run, shared by all threads of a plugin."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = session.account
        self._identity = session.identity
        self._journal = session.journal
        self._ownership = session.ownership
        self._other_runs = OtherRuns(session)
        self._repeat_guard = RepeatGuard(session)
        self._unfinished = UnfinishedPurchases(session)
        self._search = RecordSearch(session)
        self._post = JournaledPost(session, self._search)

    def purchase(self, purchase: Purchase) -> PurchaseResult:
        """Return the one record of a resource, from an earlier run or newly created.

        Raises OwnershipError where the account has a record that may be another's, UnclearError
        where the outcome is unknown (the next run finds out), or any other VapiError.
        """
        for _ in range(MAX_RESTARTS):
            try:
                return self._purchase(purchase)
            except JournalChangedError:
                continue  # Another machine wrote first; the next try reads its entry.
        return self._purchase(purchase)

    def _purchase(self, purchase: Purchase) -> PurchaseResult:
        kind, fields, key = purchase.kind, purchase.fields, purchase.key
        with self._other_runs.turn(kind, fields), self._journal.owner_lock():
            for form in purchase.forms:
                resumed = self._resume(purchase, form)
                if resumed is not None:
                    return resumed
            self._identity.confirm_organization(self._journal.ledger.organizations(*stack_of(key)))
            held = self._repeat_guard.wait_for_holders(purchase)
            since = self._ownership.replaced_since(*purchase.forms)
            if not purchase.is_replacing:
                self._repeat_guard.refuse_unrecorded(key, held.union(purchase.replaced), since)
            self._unfinished.report_or_refuse(purchase)
            # Read records that other processes created after the account was listed.
            self._account.fetch_missing(self._journal.ledger.with_texts(unique_texts(kind, fields)))
            refuse_clash(
                self._account,
                kind,
                fields,
                key,
                purchase.replaced,
                held,
                since,
                replacing=purchase.is_replacing,
            )
            record = self._post.send(purchase)
            return PurchaseResult(record, fields.get(AREA_CODE), is_resumed=False)

    def refuse_other_unfinished_purchase(
        self, kind: Kind, key: str, record: PhoneNumberRecord
    ) -> None:
        """Raise OwnershipError where the adopting resource has another unfinished purchase.

        The journal would otherwise forget that purchase's record. A record that the purchase may
        have created is accepted, because the user thereby decides whose it is.
        """
        intent = self._unfinished_intent(key)
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

    def _resume(self, purchase: Purchase, form: str) -> PurchaseResult | None:
        """Return the record that an interrupted run created but never saved to a state."""
        if form != purchase.key and self._is_anothers(form):
            return None
        intent = self._unfinished_intent(form)
        if intent is None:
            return None
        # A GET of the record confirms the account, even if the list lags behind.
        record = None if intent.record is None else self._search.by_id(intent.record)
        if record is None:
            if not self._identity.is_account_of(intent):
                return None
            record = self._created_by(purchase, intent)
        if record is None or record.id in purchase.replaced:
            return None
        if self._ownership.has_owner(record.id):
            raise OwnershipError(
                messages.INTERRUPTED_RECORD_HELD(id=record.id, resource=repr(resource_of(form)))
            )
        record = self._post.take(record, purchase.kind, form)
        return PurchaseResult(record, intent.body.get("code"), is_resumed=True)

    def _unfinished_intent(self, key: str) -> Intent | None:
        """Return the key's intent of an earlier run whose record no other stack holds, or None."""
        if self._other_runs.wait_for_owner(key) is None:
            return None
        self._session.other_stacks.finish_held(key)
        return self._other_runs.wait_for_owner(key)

    def _is_anothers(self, form: str) -> bool:
        """Return whether another resource of this program has this form of the key."""
        if self._journal.find(form) is None:
            return False
        idle_checks = IdleChecks(self._ownership, self._session.clock)
        while not self._ownership.is_declared(form) and not idle_checks.is_idle():
            self._session.wait(POLL_SECONDS)
        return self._ownership.is_declared(form)

    def _created_by(self, purchase: Purchase, intent: Intent) -> PhoneNumberRecord | None:
        """Return an intent's record; wait while its request may still complete.

        Only a listing that began after that time proves that the intent created nothing.
        """
        if intent.record is not None:
            self._identity.confirm_record_gone(intent.record, intent)
            self._journal.forget_record(intent.record)
            return None
        post = PendingPost.of(purchase.kind, intent, purchase.names)
        clock, account = self._session.clock, self._account
        until = clock() + min(intent.remaining_seconds, MAX_GRACE_SECONDS)
        # Until its time is over, any listing may show the record: many intents share the first one.
        is_last = clock() >= until
        found = self._search.created_by(post, account.listings_until(until) if is_last else 0)
        if found is None and until - clock() >= NOTIFY_AFTER_SECONDS:
            warn(messages.WAITING_FOR_LATE_PURCHASE(seconds=until - clock()))
        while found is None and not is_last:
            # Threads that wait at the same time share a listing. Each waits whole pauses: last
            # waits of different lengths would begin one listing each.
            listings = account.listings
            self._session.wait(SEARCH_SECONDS)
            is_last = clock() >= until
            if is_last:
                listings = account.listings_until(until)
            found = self._search.created_by(post, listings)
        return found
