"""A purchase: the intent, the POST, and the search for its record after a lost response."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vapi_provider.catalogue import purchase as messages
from vapi_provider.errors import AbandonedError, OwnershipError, UnclearError, VapiError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.lifecycle.purchase import Purchase
from vapi_provider.lifecycle.record_search import PendingPost, RecordSearch
from vapi_provider.lifecycle.waits import NOTIFY_AFTER_SECONDS
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.pulumi_sdk.workers import blocking
from vapi_provider.reconcile.fingerprint import unique_texts
from vapi_provider.reconcile.secrecy import secrets_in

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session

MAX_POSTS = 3
"""Maximum POSTs for one record; the account is searched before each repetition."""

SEARCH_PAUSES_SECONDS = (2.0, 4.0, 8.0)
"""Pauses between searches after a lost response; the last one repeats, as a list may lag."""


class JournaledPost:
    """POST of a record with its intent in the journal; shared by all threads of a plugin."""

    def __init__(self, session: Session, search: RecordSearch) -> None:
        self._session = session
        self._client = session.client
        self._account = session.account
        self._journal = session.journal
        self._search = search
        self._grace_seconds = session.settings.completion_grace_seconds

    def send(self, purchase: Purchase) -> PhoneNumberRecord:
        """Purchase a record and return it.

        A POST without a response is repeated only after the API can no longer complete it, and
        after the account was searched. Raises UnclearError where the record may have been created
        although the request failed.
        """
        kind, fields, key = purchase.kind, purchase.fields, purchase.key
        secrets = {*secrets_in(kind.fields, fields)}
        tries = 0
        post = PendingPost(
            key,
            kind,
            purchase.fingerprint,
            purchase.names,
            self._watermark(key),
            None,
            self._grace_seconds,
        )
        begun = False
        lost: UnclearError | None = None

        def write_intent() -> None:
            self._journal.write_intent(
                key,
                post.body,
                post.before,
                self._grace_seconds,
                organizations=self._client.organizations,
                sent_at=post.sent_at,
                repeats=tries,
            )

        def before_send() -> None:
            nonlocal begun, post
            post = replace(post, sent_at=self._client.api_time())
            write_intent()
            begun = True

        while tries < MAX_POSTS:
            try:
                record = self._client.create_phone_number(purchase.body, secrets, before_send)
            except UnclearError as error:
                lost, tries = error, tries + 1
                search_seconds = 0 if error.may_still_complete else self._grace_seconds
                found = self._search_for(post, key, error, search_seconds)
                if found is not None:
                    return self.take(found, kind, key, fields)
                if error.may_still_complete:
                    # Rewrite the intent, so that the next run waits for the request from now on.
                    with suppress(VapiError):
                        tries -= 1
                        write_intent()
                    break
            except VapiError as error:
                if lost is None and begun:
                    self._journal.withdraw_intent(key)
                elif isinstance(error, AbandonedError) and lost is not None:
                    break
                raise
            else:
                return self.take(record, kind, key, fields)
        raise _unclear(lost)

    def take(
        self,
        record: PhoneNumberRecord,
        kind: Kind,
        key: str,
        fields: Mapping[str, Any] | None = None,
    ) -> PhoneNumberRecord:
        """Record in the journal and in this run that `record` belongs to the resource `key`."""
        if record.is_masked:
            record = self._client.get_phone_number(record.id)  # A list may mask the number.
        self._account.remember(record)
        shown = {**(fields or record.fields), "number": record.number}
        try:
            texts = unique_texts(kind, shown)
            with blocking():
                self._journal.record_id(key, record.id, texts, self._client.organizations)
        except VapiError as error:
            # The record exists and its id must reach the state: only warn of the journal.
            warn(messages.JOURNAL_NOT_UPDATED(id=record.id, done="created", cause=error))
        return record

    def _watermark(self, key: str) -> AccountWatermark:
        """Return the account's watermark, which includes the records that this resource held."""
        newest = self._account.watermark()
        held = (held.record for held in self._journal.ledger.held(key))
        return AccountWatermark(newest.since, newest.known.union(held))

    def _search_for(
        self, post: PendingPost, key: str, lost: UnclearError, seconds: float
    ) -> PhoneNumberRecord | None:
        """Search `seconds` for the record of an unanswered POST; return None if none appears."""
        until = self._session.clock() + seconds
        if seconds >= NOTIFY_AFTER_SECONDS:
            warn(messages.RESPONSE_LOST(cause=lost, seconds=seconds))
        pauses = iter(SEARCH_PAUSES_SECONDS)
        while True:
            try:
                # Other processes add the records that they create to the intent's watermark.
                intent = self._journal.find(key)
                if intent is not None:
                    post = replace(post, before=intent.before)
                found = self._search.created_by(post, self._account.listings)
            except OwnershipError:
                raise
            except VapiError:
                raise _unclear(lost) from None
            left = until - self._session.clock()
            if found is not None or left <= 0:
                return found
            try:
                self._session.require_engine()
            except AbandonedError:
                raise _unclear(lost) from None
            self._session.sleep(min(left, next(pauses, SEARCH_PAUSES_SECONDS[-1])))


def _unclear(lost: UnclearError | None) -> UnclearError:
    return UnclearError(messages.OUTCOME_UNKNOWN(cause=lost))
