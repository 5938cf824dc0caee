"""Looking in the account for what a purchase without an answer may have created."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from vapi_provider.api.client import VapiClient
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.journal.intents import Before, Intent
from vapi_provider.lifecycle.account_view import Account
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.fingerprint import Sent, contradicts, is_named, matches
from vapi_provider.reconcile.resource_key import old_form, resource_of, stack_of

PROMPT_SECONDS = 2.5
"""Within this time of its POST a record is this run's although its name could be another's, too."""

CLOCK_SECONDS = 1.5
"""How far `createdAt` may be before the time in the API's answers, which has whole seconds."""


@dataclass(frozen=True)
class Purchase:
    """A POST of which the answer is not known.

    `key` is the resource's, `names` are its automatic names. `before` is what the account showed
    earlier; `sent_at` is when it was sent, by the API's clock, in Unix seconds, where that is
    known, and `late_seconds` is how long after that it may have been completed.
    """

    key: str
    kind: Kind
    body: Sent
    names: Collection[str]
    before: Before
    sent_at: float | None
    late_seconds: float

    @classmethod
    def of(cls, kind: Kind, intent: Intent, names: Collection[str]) -> Purchase:
        """Return what an intent says of its POST."""
        before, sent_at = intent.before, intent.sent_at
        return cls(intent.key, kind, intent.body, names, before, sent_at, intent.request_seconds)


class Search:
    """Finds records in the account that nobody of this run or of the journal has.

    `is_recorded` tells by its key whether the state holds a record for a resource.
    """

    def __init__(
        self,
        client: VapiClient,
        account: Account,
        is_owned: Callable[[str], bool],
        is_recorded: Callable[[str], bool],
    ) -> None:
        self._client = client
        self._account = account
        self._is_owned = is_owned
        self._is_recorded = is_recorded

    def created_by(self, purchase: Purchase, after: int = 0) -> PhoneNumberRecord | None:
        """Return the one record that a purchase created; None where the account shows none.

        The account is listed again if no listing has begun since the `after`-th one. Raises
        OwnershipError where several may be it, or where one may be another's as well: a record of
        the same name, number or SIP URI that was edited since, or whose name is not this
        resource's own and which was not created when the POST was sent.
        """
        free = self.free(purchase, after)
        found = [one for one in free if matches(purchase.kind, purchase.body, one)]
        if len(found) == 1 and len(free) == 1 and is_own(purchase, found[0]):
            return found[0]
        if free:
            raise self._unclear(purchase.key, found or free)
        return None

    def free(self, purchase: Purchase, after: int = 0) -> list[PhoneNumberRecord]:
        """Return the records that a purchase may have created and that nobody has."""
        shown = [
            record
            for record in self._account.records(after)
            if record.provider == purchase.kind.provider
            and purchase.before.is_newer(record.id, record.created_at)
            and not self._account.is_of_this_run(record.id)
            and not self._is_owned(record.id)
        ]
        # Of a number that a list shows in part nobody can say whether it is the one.
        whole = [one for one in map(self._account.whole, shown) if one is not None]
        return [record for record in whole if self.may_have_created(purchase, record)]

    def may_have_created(self, purchase: Purchase, record: PhoneNumberRecord) -> bool:
        """Return whether a record is newer than a purchase's watermark and like its body.

        It is where it matches, or has the same name, number or SIP URI: somebody may have edited
        the rest.
        """
        return purchase.before.is_newer(record.id, record.created_at) and (
            matches(purchase.kind, purchase.body, record)
            or contradicts(purchase.kind, purchase.body, record)
        )

    def by_id(self, id_: str) -> PhoneNumberRecord | None:
        """Return the record of an id, also where the list lags behind; None where it is gone."""
        listed = [record for record in self._account.records() if record.id == id_]
        if listed:
            return listed[0]
        try:
            return self._client.get_phone_number(id_)
        except NotFoundError:
            return None

    def _unclear(self, key: str, found: Sequence[PhoneNumberRecord]) -> OwnershipError:
        """Return the error for records of which nobody can tell whose they are."""
        listed = ", ".join(f"{one.id} ({one.number or 'no number yet'})" for one in found)
        several = f"{len(found)} records may be" if len(found) > 1 else "one record may be"
        take = "take it over with adopt_id"
        if self._is_recorded(key) or self._is_recorded(old_form(key)):
            # While a resource has a number, the plugin refuses another one in its adopt_id.
            stack, id_ = stack_of(key)[1], found[0].id if len(found) == 1 else "<id>"
            take = (
                f"`python -m vapi_provider recover --stack {stack} --take {resource_of(key)}={id_}`"
                " lets this replacement take it over"
            )
        return OwnershipError(
            f"an answer was lost, and {several} what it made: {listed}. Nothing more was made: if "
            f"it is this resource's, {take}; if it is nobody's, release it"
        )


def is_own(purchase: Purchase, record: PhoneNumberRecord) -> bool:
    """Return whether a record that matches is this resource's: by its name, or by its time."""
    if is_named(purchase.kind, purchase.body, purchase.names):
        return is_timely(purchase, record)
    delay = _delay(purchase, record)
    return delay is not None and -CLOCK_SECONDS <= delay <= PROMPT_SECONDS


def is_timely(purchase: Purchase, record: PhoneNumberRecord) -> bool:
    """Return whether a record came while the purchase could still complete, as far as is known.

    A later one of the same automatic name is of a backend with equal project and stack names. A run
    that waited in vain gives its request the whole time again.
    """
    delay = _delay(purchase, record)
    return delay is None or delay <= 2 * purchase.late_seconds + PROMPT_SECONDS


def _delay(purchase: Purchase, record: PhoneNumberRecord) -> float | None:
    """Return how long after the POST a record was created; None where that is not known."""
    created = _seconds(record.created_at)
    return None if created is None or purchase.sent_at is None else created - purchase.sent_at


def _seconds(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
