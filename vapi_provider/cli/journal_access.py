"""Access to the journal for the commands: unfinished intents, and the user's decisions on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vapi_provider.catalogue.commands import PURCHASE_ELSEWHERE, RECORD_NOT_FREE, TAKE_NAME
from vapi_provider.deployment.exported import recorded_key
from vapi_provider.errors import ConfigurationError, NotFoundError, OwnershipError, VapiError
from vapi_provider.journal.intents import Intent
from vapi_provider.journal.journal import AccountWatermark, Journal
from vapi_provider.lifecycle.account_identity import AccountIdentity
from vapi_provider.lifecycle.account_view import AccountView
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.models.constants import AREA_CODE
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.fingerprint import fingerprint_of
from vapi_provider.reconcile.resource_key import class_of, resource_of
from vapi_provider.recovery.creations import NONE, Decision
from vapi_provider.recovery.pending import Resolution
from vapi_provider.recovery.purchases import Interrupted, created_by
from vapi_provider.settings.config import Settings


def choices_by_name(choices: Collection[str], named: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of ``NAME=ID`` choices by pending operation (URN) or purchase (key).

    `named` maps each URN and key to its name. Raises ConfigurationError for a choice whose name
    fits none or several of them.
    """
    chosen: dict[str, str] = {}
    for choice in choices:
        name, equals, id_ = choice.rpartition("=")
        matching = [key for key in named if name in (key, named[key])]
        if not equals or not id_ or len(matching) != 1:
            raise ConfigurationError(
                TAKE_NAME(choice=choice, names=", ".join(sorted(named.values())))
            )
        chosen[matching[0]] = id_
    return chosen


@dataclass(frozen=True)
class Intents:
    """The unfinished intents of a stack, compared with the account.

    `chosen` maps an intent's key to the id of the record that it created according to the user, or
    to `NONE`.
    """

    journal: Journal
    client: ObservedClient
    settings: Settings
    intents: Sequence[Intent]
    chosen: Mapping[str, str]

    @cached_property
    def _identity(self) -> AccountIdentity:
        return AccountIdentity(
            self.client,
            AccountView(self.client),
            self.settings.account,
            self.settings.confirmed_empty_account,
            # The workflow has just listed the account.
            is_listed=lambda _: False,
        )

    def outcomes(self, free: Sequence[PhoneNumberRecord]) -> list[Interrupted]:
        """Return the outcome of each intent; `free` are the account's records that no state holds.

        Raises ConfigurationError if the user chose a record that does not fit its intent.
        """
        return [self._outcome(intent, free) for intent in self.intents]

    def confirm(
        self,
        decisions: Sequence[Decision],
        operations: Sequence[Mapping[str, Any]],
        intents: Mapping[str, Intent],
    ) -> None:
        """Raise OwnershipError if a decision relies on an account other than the intent's.

        A record that was found proves the account, unless the journal recorded its organizations:
        then those are compared.
        """
        outcomes = {decision.urn: decision.outcome for decision in decisions}
        for operation in operations:
            resource = operation["resource"]
            intent = intents.get(recorded_key(resource) or "")
            is_at_stake = intent is not None and (
                bool(intent.organizations) or outcomes.get(resource["urn"]) == "not made"
            )
            if intent and is_at_stake and not self._identity.is_account_of(intent):
                raise OwnershipError(
                    PURCHASE_ELSEWHERE(resource=resource_of(intent.key), account=intent.account)
                )

    def _outcome(self, intent: Intent, free: Sequence[PhoneNumberRecord]) -> Interrupted:
        if self.journal.is_under_way(intent):
            return Interrupted(intent.key, "under way", intent.record)
        try:
            if not self._identity.is_account_of(intent):
                return Interrupted(intent.key, "other account", intent.record)
            if intent.record is None and intent.key in self.chosen:
                return _chosen_outcome(intent.key, self.chosen[intent.key], free)
            record, among = created_by(intent, free)
            if record is not None:
                return Interrupted(intent.key, "unheld", record)
            if among:
                return Interrupted(intent.key, "unclear", None, among)
            if intent.record is None:
                return Interrupted(intent.key, "nothing")
            return self._missing_outcome(intent, intent.record)
        except OwnershipError:
            return Interrupted(intent.key, "other account", intent.record)

    def _missing_outcome(self, intent: Intent, record: str) -> Interrupted:
        try:
            self.client.get_phone_number(record)
        except NotFoundError:
            self._identity.confirm_record_gone(record, intent)
            return Interrupted(intent.key, "gone", record)
        # The record exists but is not free: a state that the user named holds it.
        return Interrupted(intent.key, "unheld", record)


def _chosen_outcome(key: str, id_: str, free: Sequence[PhoneNumberRecord]) -> Interrupted:
    if id_ == NONE:
        return Interrupted(key, "nothing", is_decided=True)
    kinds = {record.kind.class_name for record in free if record.id == id_ and record.kind}
    if class_of(key) not in kinds:
        raise ConfigurationError(
            RECORD_NOT_FREE(id=id_, resource=resource_of(key), kind=class_of(key))
        )
    return Interrupted(key, "unheld", id_, is_decided=True)


def record_interrupted(journal: Journal, interrupted: Sequence[Interrupted]) -> None:
    """Record the outcomes of interrupted purchases in the journal."""
    for purchase in interrupted:
        if purchase.outcome == "gone" and purchase.record is not None:
            journal.forget_record(purchase.record)
        elif purchase.outcome == "nothing":
            journal.discard_intent(purchase.key)
        elif purchase.outcome == "unheld" and purchase.record is not None:
            journal.record_id(purchase.key, purchase.record)


def record_resolution(
    journal: Journal, deployment: Mapping[str, Any], resolution: Resolution, client: ObservedClient
) -> None:
    """Record in the journal what became of pending operations.

    The caller has written the state, so a failed write is harmless: the next run finds the number
    there. Only a record that waits for the next replacement is known to the journal alone, so a
    failure to record it is raised.
    """
    decisions = {item.urn: item for item in resolution.decisions if item.operation == "creating"}
    for operation in deployment["pending_operations"]:
        resource, key = operation["resource"], recorded_key(operation["resource"])
        decision = decisions.get(resource["urn"])
        if decision is None or key is None or operation["type"] != "creating":
            continue
        if decision.outcome == "waiting" and decision.record is not None:
            _record_waiting(journal, key, resource, client.get_phone_number(decision.record))
        elif decision.outcome == "made" and decision.record is not None:
            with suppress(VapiError):
                journal.record_adoption(key, decision.record, client.organizations)
                journal.discard_intent(key)
        elif decision.outcome == "not made":
            with suppress(VapiError):
                intent = journal.find(key)
                if intent is not None and not journal.is_under_way(intent):
                    journal.discard_intent(key)


def _record_waiting(
    journal: Journal, key: str, resource: Mapping[str, Any], record: PhoneNumberRecord
) -> None:
    """Record that a record waits for the next replacement of its resource."""
    if journal.find(key) is None:
        # The intent was written to another machine's journal, if at all: write it to this one.
        kind = KINDS[resource["inputs"]["provider"]]
        known = {name: value for name, value in record.fields.items() if name in kind.fields}
        code = resource["inputs"].get(AREA_CODE)
        fields = {**known, **({AREA_CODE: code} if code else {})}
        since = AccountWatermark(record.created_at, frozenset())
        organizations = {record.org_id} if record.org_id else set[str]()
        journal.write_intent(
            key, fingerprint_of(kind, fields), since, 0, organizations=organizations
        )
    journal.record_id(key, record.id)
