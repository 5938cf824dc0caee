"""Making a record exactly once: the journal, the look at the account, the POST, a lost answer.

The order here is the promise that nothing is bought twice. Knows no Pulumi and no HTTP.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from vapi_provider.client import VapiClient
from vapi_provider.equality import public_fields
from vapi_provider.errors import AbandonedError, OwnershipError, UnclearError, VapiError
from vapi_provider.identity.account import Account
from vapi_provider.identity.journal import Before, Intent, Journal
from vapi_provider.identity.matching import matches
from vapi_provider.models.base import VapiModel
from vapi_provider.models.phone_number import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.retry import SAID_SECONDS

TRIES = 3
"""POSTs of one record at the most; each but the first after the account was looked through."""

LOOKS_AFTER_SECONDS = (0.0, 2.0, 4.0)
"""When the account is looked through after a lost answer: a list may lag behind a POST."""

OWNER_WAIT_SECONDS = 300.0

LOOK_SECONDS = 2.0
"""Between two looks for what a killed run's request may still make."""


@dataclass(frozen=True)
class Made:
    """A record that is this declaration's, and the fields it was made with.

    `left_over` where an earlier run made it: its fields may not be those declared now.
    """

    record: PhoneNumberRecord
    fields: Mapping[str, Any]
    left_over: bool


class Maker:
    """Makes records for a run; one for all threads of a plugin."""

    def __init__(
        self,
        client: VapiClient,
        account: Account,
        journal: Journal,
        is_owned: Callable[[str], bool],
        engine_lives: Callable[[], bool],
        late_seconds: float,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._account = account
        self._journal = journal
        self._is_owned = is_owned
        self._engine_lives = engine_lives
        # How long after it was sent a request may still make something, though nobody waits.
        self._late_seconds = late_seconds
        self._say = say
        self._sleep = sleep
        self._clock = clock
        # Twenty equal bodies one after the other: else a lost answer's record could be another's.
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def make(
        self,
        kind: Kind,
        body: VapiModel,
        fields: Mapping[str, Any],
        declaration: str,
        replaced: Collection[str],
    ) -> Made:
        """The one record of a declaration: what an earlier run left, or a new one.

        Raises OwnershipError where the account holds what could be another's, UnclearError where
        the outcome is unknown (the next run finds out), or any other VapiError.
        """
        public = public_fields(kind.fields, fields)
        with self._turn(kind, public), self._journal.owned():
            left = self._left_over(kind, declaration)
            if left is not None:
                return left
            self._account.refuse_what_is_there(kind, fields, declaration, replaced)
            return Made(self._buy(kind, body, public, declaration), fields, left_over=False)

    def _turn(self, kind: Kind, public: Mapping[str, Any]) -> threading.Lock:
        return self._turns[json.dumps([kind.provider, public], sort_keys=True)]

    def _left_over(self, kind: Kind, declaration: str) -> Made | None:
        """What an earlier run made for this declaration and could not tell a state of."""
        intent = self._settled_intent(declaration)
        if intent is None:
            return None
        if intent.record is not None:
            found = [one for one in self._account.records() if one.id == intent.record]
        else:
            found = self._late_candidates(kind, intent)
        if len(found) > 1:
            raise _several(found)
        if not found:
            return None
        return Made(self._take(found[0], declaration), intent.fields, left_over=True)

    def _late_candidates(self, kind: Kind, intent: Intent) -> list[PhoneNumberRecord]:
        """What the intent may have made, waited for while its request may still be under way."""
        found = self._candidates(kind, intent.fields, intent.before)
        left = min(self._late_seconds - intent.age_seconds, self._late_seconds)
        if not found and left >= SAID_SECONDS:
            self._say(
                f"an earlier run was ended while it was buying {intent.fields.get('name')!r}: "
                f"looking for up to {left:.0f} s whether that still comes"
            )
        until = self._clock() + left
        while not found and (left := until - self._clock()) > 0:
            self._sleep(min(left, LOOK_SECONDS))
            self._account.look_again()
            found = self._candidates(kind, intent.fields, intent.before)
        return found

    def _settled_intent(self, declaration: str) -> Intent | None:
        """The open intent, once nobody is at it any more: a plugin may outlive its engine."""
        until = self._clock() + OWNER_WAIT_SECONDS
        while True:
            intent = self._journal.find(declaration)
            if intent is None or not self._journal.is_being_made(intent):
                return intent
            if self._clock() >= until:
                raise OwnershipError(
                    "an earlier run is still making this number: end it, or wait, and run again"
                )
            self._sleep(1.0)
            self._account.look_again()

    def _buy(
        self, kind: Kind, body: VapiModel, public: Mapping[str, Any], declaration: str
    ) -> PhoneNumberRecord:
        before = self._account.newest()
        lost: UnclearError | None = None

        def about_to_send() -> None:
            if not self._engine_lives():
                raise AbandonedError("the engine that asked for it is gone: nothing was made")
            self._journal.begin(declaration, public, before)

        for _ in range(TRIES):
            try:
                record = self._client.create_phone_number(body, about_to_send)
            except UnclearError as error:
                lost = error
                found = self._look(kind, public, before, error)
                if found is not None:
                    return self._take(found, declaration)
                if error.may_come_later:
                    break
            except VapiError as error:
                if lost is None:
                    self._journal.drop(declaration)
                elif isinstance(error, AbandonedError):
                    break
                raise
            else:
                return self._take(record, declaration)
        raise _unclear(lost)

    def _look(
        self, kind: Kind, public: Mapping[str, Any], before: Before, lost: UnclearError
    ) -> PhoneNumberRecord | None:
        """The record that a POST with a lost answer made, if it can be seen."""
        for seconds in LOOKS_AFTER_SECONDS:
            self._sleep(seconds)
            try:
                self._account.look_again()
                found = self._candidates(kind, public, before)
            except VapiError:
                raise _unclear(lost) from None
            if len(found) > 1:
                raise _several(found)
            if found:
                return found[0]
        return None

    def _candidates(
        self, kind: Kind, fields: Mapping[str, Any], before: Before
    ) -> list[PhoneNumberRecord]:
        return [
            record
            for record in self._account.records()
            if before.is_newer(record.id, record.created_at)
            and not self._account.is_of_this_run(record.id)
            and not self._is_owned(record.id)
            and matches(kind, fields, record)
        ]

    def _take(self, record: PhoneNumberRecord, declaration: str) -> PhoneNumberRecord:
        self._account.made(record)
        self._journal.made(declaration, record.id)
        return record


def _unclear(lost: UnclearError | None) -> UnclearError:
    return UnclearError(
        f"{lost}: a number may have been made all the same. Run again: the journal knows of "
        "it, and the account is looked through before anything is bought"
    )


def _several(found: list[PhoneNumberRecord]) -> OwnershipError:
    listed = ", ".join(f"{one.id} ({one.number or 'no number yet'})" for one in found)
    return OwnershipError(
        f"an answer was lost, and {len(found)} records may be what it made: {listed}. Nothing more "
        "was made: choose one with adopt_id, and release the others if nobody has them"
    )
