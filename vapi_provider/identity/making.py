"""Making a record exactly once: the journal, the look at the account, the POST, a lost answer.

The order here is the promise that nothing is bought twice. Knows no Pulumi and no HTTP.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vapi_provider.client import VapiClient
from vapi_provider.errors import (
    AbandonedError,
    NotFoundError,
    OwnershipError,
    UnclearError,
    VapiError,
)
from vapi_provider.identity.account import Account
from vapi_provider.identity.journal import Before, Intent, Journal
from vapi_provider.identity.matching import Sent, matches, sent
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.plan import AREA_CODE

if TYPE_CHECKING:
    from vapi_provider.models.base import VapiModel

TRIES = 3
"""POSTs of one record at the most; each but the first after the account was looked through."""

LOOKS_AFTER_SECONDS = (0.0, 2.0, 4.0)
"""When the account is looked through after a lost answer: a list may lag behind a POST."""

OWNER_WAIT_SECONDS = 300.0

OWNER_LOOK_SECONDS = 0.2
"""Between two looks whether another run has done."""

LOOK_SECONDS = 2.0
"""Between two looks for what a killed run's request may still make."""

SAID_SECONDS = 10.0
"""A wait from here on is told to the person."""

LATE_SECONDS_AT_MOST = 600.0
"""No clock that was set makes a run wait longer than this."""

_ABANDONED = "the engine that asked for it is gone: nothing more is made"


@dataclass(frozen=True)
class Made:
    """A record that is this declaration's, and the area code that was asked for, if any.

    `left_over` where an earlier run made it: its fields may not be those declared now.
    """

    record: PhoneNumberRecord
    area_code: str | None
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
        waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._account = account
        self._journal = journal
        self._is_owned = is_owned
        self._engine_lives = engine_lives
        # How long a request may still make something after nobody waits for it any more.
        self._late_seconds = late_seconds
        self._say = say
        self._waiting = waiting
        self._sleep = sleep
        self._clock = clock

    def make(
        self,
        kind: Kind,
        body: VapiModel,
        fields: Mapping[str, Any],
        declaration: str,
        replaced: Collection[str],
    ) -> Made:
        """The one record of a declaration: what an earlier run left, or a new one.

        `replaced` are ids that are about to go. Raises OwnershipError where the account holds what
        could be another's, UnclearError where the outcome is unknown (the next run finds out), or
        any other VapiError.
        """
        with self._turn(_alike(kind, fields)), self._journal.owned():
            left = self._left_over(kind, declaration, replaced)
            if left is not None:
                return left
            self._account.refuse_what_is_there(kind, fields, declaration, replaced)
            record = self._buy(kind, body, sent(kind, fields), declaration)
            return Made(record, fields.get(AREA_CODE), left_over=False)

    @contextmanager
    def _turn(self, alike: str) -> Generator[None]:
        """The turn of what looks alike."""
        with ExitStack() as turn:
            with self._waiting():
                turn.enter_context(self._journal.turn(alike, self._patience()))
            yield

    def _left_over(self, kind: Kind, declaration: str, replaced: Collection[str]) -> Made | None:
        """What an earlier run made for this declaration and could not tell a state of."""
        intent = self._settled_intent(declaration)
        if intent is None:
            return None
        found = [one for one in self._made_by(kind, intent) if one.id not in replaced]
        if len(found) > 1:
            raise _several(found)
        if not found:
            return None
        return Made(self._take(found[0], declaration), intent.body.get("code"), left_over=True)

    def _settled_intent(self, declaration: str) -> Intent | None:
        """The open intent, once nobody is at it any more: a plugin may outlive its engine."""
        wait = self._patience()
        while True:
            intent = self._journal.find(declaration)
            if intent is None or not self._journal.is_being_made(intent):
                return intent
            wait()

    def _patience(self) -> Callable[[], None]:
        """Waits a moment each time it is called; raises once that has been long enough."""
        begun: float | None = None
        said = False

        def wait() -> None:
            nonlocal begun, said
            now = self._clock()
            begun = now if begun is None else begun
            if not said and now - begun >= SAID_SECONDS:
                self._say("another run is making this number, or one that looks the same: waiting")
                said = True
            if now - begun >= OWNER_WAIT_SECONDS:
                raise OwnershipError(
                    "another run is still making this number, or one that looks the same: end it, "
                    "or wait, and run again"
                )
            self._wait(OWNER_LOOK_SECONDS)

        return wait

    def _made_by(self, kind: Kind, intent: Intent) -> list[PhoneNumberRecord]:
        """What an intent made, waited for while its request may still be under way or unseen."""
        late = min(intent.late_seconds, LATE_SECONDS_AT_MOST)
        until = self._clock() + late
        found = self._seen(kind, intent)
        if not found and late >= SAID_SECONDS:
            self._say(
                "an earlier run was ended while it was making a number: looking for up to "
                f"{late:.0f} s whether it still comes"
            )
        while not found and (left := until - self._clock()) > 0:
            # Several that wait look at one listing.
            listings = self._account.listings
            self._wait(min(left, LOOK_SECONDS))
            found = self._seen(kind, intent, listings)
        return found

    def _seen(self, kind: Kind, intent: Intent, after: int = 0) -> list[PhoneNumberRecord]:
        if intent.record is None:
            return self._candidates(kind, intent.body, intent.before, after)
        listed = [one for one in self._account.records() if one.id == intent.record]
        if listed:
            return listed
        try:
            # A list may lag behind.
            return [self._client.get_phone_number(intent.record)]
        except NotFoundError:
            return []

    def _wait(self, seconds: float) -> None:
        """Raises AbandonedError where nobody waits for the outcome any more."""
        if not self._engine_lives():
            raise AbandonedError(_ABANDONED)
        self._sleep(seconds)

    def _buy(self, kind: Kind, body: VapiModel, kept: Sent, declaration: str) -> PhoneNumberRecord:
        before = self._account.newest()
        begun = False
        lost: UnclearError | None = None

        def about_to_send() -> None:
            nonlocal begun
            if not self._engine_lives():
                raise AbandonedError(_ABANDONED)
            self._journal.begin(declaration, kept, before, self._late_seconds)
            begun = True

        for _ in range(TRIES):
            try:
                record = self._client.create_phone_number(body, about_to_send)
            except UnclearError as error:
                lost = error
                found = self._look(kind, kept, before, declaration, error)
                if found is not None:
                    return self._take(found, declaration)
                if error.may_come_later:
                    # The next run gives it time again, counted from here. Its intent is there.
                    with suppress(VapiError):
                        self._journal.begin(declaration, kept, before, self._late_seconds)
                    break
            except VapiError as error:
                if lost is None and begun:
                    self._journal.drop(declaration)
                elif isinstance(error, AbandonedError) and lost is not None:
                    break
                raise
            else:
                return self._take(record, declaration)
        raise _unclear(lost)

    def _look(
        self, kind: Kind, kept: Sent, before: Before, declaration: str, lost: UnclearError
    ) -> PhoneNumberRecord | None:
        """The record that a POST with a lost answer made, if it can be seen."""
        for seconds in LOOKS_AFTER_SECONDS:
            self._sleep(seconds)
            try:
                # The journal knows what others have made since the account was listed.
                intent = self._journal.find(declaration)
                since = intent.before if intent else before
                found = self._candidates(kind, kept, since, self._account.listings)
            except VapiError:
                raise _unclear(lost) from None
            if len(found) > 1:
                raise _several(found)
            if found:
                return found[0]
        return None

    def _candidates(
        self, kind: Kind, kept: Sent, before: Before, after: int
    ) -> list[PhoneNumberRecord]:
        return [
            record
            for record in self._account.records(after)
            if before.is_newer(record.id, record.created_at)
            and not self._account.is_of_this_run(record.id)
            and not self._is_owned(record.id)
            and matches(kind, kept, record)
        ]

    def _take(self, record: PhoneNumberRecord, declaration: str) -> PhoneNumberRecord:
        if record.is_masked:
            record = self._client.get_phone_number(record.id)  # It was found in a list.
        self._account.made(record)
        try:
            self._journal.made(declaration, record.id)
        except VapiError as error:
            # The record is there and its id is about to reach the state: that must not be lost.
            self._say(f"{record.id} was made, but {error}")
        return record


def _alike(kind: Kind, fields: Mapping[str, Any]) -> str:
    """What records have in common that could be taken for one another while answers are lost."""
    uri = fields.get("sip_uri")
    parts = [kind.provider, fields.get("name"), fields.get("number"), uri and str(uri).lower()]
    return json.dumps(parts)


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
