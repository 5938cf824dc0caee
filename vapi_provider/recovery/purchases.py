"""Outcomes of purchases that the journal does not know to be finished."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vapi_provider.lifecycle.record_search import PendingPost, is_own, is_timely
from vapi_provider.models.kinds import kind_of_class
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.automatic_names import automatic_name
from vapi_provider.reconcile.fingerprint import contradicts, is_named, matches
from vapi_provider.reconcile.resource_key import class_of, resource_of

if TYPE_CHECKING:
    from vapi_provider.journal.journal import Intent

Outcome = Literal["unheld", "gone", "nothing", "unclear", "other account", "under way"]


@dataclass(frozen=True)
class Interrupted:
    """An unfinished intent of a stack, and its outcome.

    *unheld*: `record` is in the account and in no state. *gone*: the account no longer has the
    record. *nothing*: no record was created. *unclear*: one of `candidates` may be the record.
    *other account*: the intent belongs to another account. *under way*: a run is working on it.
    `is_decided` is set where the user chose the outcome.
    """

    key: str
    outcome: Outcome
    record: str | None = None
    candidates: tuple[str, ...] = ()
    is_decided: bool = False

    @property
    def resource(self) -> str:
        """Name that the resource has, or had, in the program."""
        return resource_of(self.key)

    @property
    def is_over(self) -> bool:
        """Whether the journal can drop the intent."""
        return self.outcome in ("gone", "nothing")


def created_by(
    intent: Intent, records: Iterable[PhoneNumberRecord]
) -> tuple[str | None, tuple[str, ...]]:
    """Return the id of the record that an intent created, or else the candidates for the user."""
    if intent.record is not None:
        found = [record.id for record in records if record.id.lower() == intent.record.lower()]
        return next(iter(found), None), ()
    kind = kind_of_class(class_of(intent.key))
    newer = [record for record in records if intent.before.is_newer(record.id, record.created_at)]
    if kind is None:
        return None, tuple(record.id for record in newer)
    name = automatic_name(intent.key)
    is_named_by_us = is_named(kind, intent.body, {name}) or "name" not in intent.body["digests"]
    fitting = [
        record
        for record in newer
        if matches(kind, intent.body, record)
        # An automatic name identifies the record even if other fields were edited since.
        or (is_named_by_us and record.provider == kind.provider and record.name == name)
    ]
    purchase = PendingPost.of(kind, intent, {name})
    if len(fitting) == 1 and (
        is_own(purchase, fitting[0])
        or (fitting[0].name == name and is_timely(purchase, fitting[0]))
    ):
        return fitting[0].id, ()
    # These records were edited since, or may belong to another resource.
    edited = [record for record in newer if contradicts(kind, intent.body, record)]
    return None, tuple(record.id for record in fitting or edited)
