"""What `recover`, `orphans` and `import` read in the journal, and what they tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from vapi_provider.api.client import VapiClient
from vapi_provider.errors import NotFoundError, OwnershipError, VapiError
from vapi_provider.journal.intents import Intent
from vapi_provider.journal.journal import Before, Journal
from vapi_provider.lifecycle.account_view import Account
from vapi_provider.models.kinds import KINDS
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.fingerprint import sent
from vapi_provider.recovery.leftovers import Decision, declaration_in
from vapi_provider.recovery.pending import Settled
from vapi_provider.recovery.purchases import Interrupted, created_by
from vapi_provider.settings.config import Settings


class Intents:
    """The unfinished intents of a stack, compared with the account."""

    def __init__(
        self, journal: Journal, client: VapiClient, settings: Settings, intents: Sequence[Intent]
    ) -> None:
        self._journal = journal
        self._client = client
        self._account = Account(client, settings.confirmed_empty_account, settings.account)
        self._intents = intents

    def outcomes(self, free: Sequence[PhoneNumberRecord]) -> list[Interrupted]:
        """What came of each; `free` are the account's records that no state holds."""
        return [self._outcome(intent, free) for intent in self._intents]

    def confirm(
        self,
        decisions: Sequence[Decision],
        operations: Sequence[Mapping[str, Any]],
        intents: Mapping[str, Intent],
    ) -> None:
        """Raise OwnershipError where a decision is taken by an account that is not the intent's.

        A record that is found shows the account, unless the journal knows another organization.
        """
        outcomes = {one.urn: one.outcome for one in decisions}
        for operation in operations:
            resource = operation["resource"]
            intent = intents.get(declaration_in(resource) or "")
            if intent and (intent.organizations or outcomes.get(resource["urn"]) == "not made"):
                self._account.is_account_of(intent)

    def _outcome(self, intent: Intent, free: Sequence[PhoneNumberRecord]) -> Interrupted:
        if self._journal.is_under_way(intent):
            return Interrupted(intent.key, "under way", intent.record)
        try:
            if not self._account.is_account_of(intent):
                return Interrupted(intent.key, "other account", intent.record)
            record, among = created_by(intent, free)
            if record is not None:
                return Interrupted(intent.key, "unheld", record)
            if among:
                return Interrupted(intent.key, "unclear", None, among)
            if intent.record is None:
                return Interrupted(intent.key, "nothing")
            return self._of_missing(intent, intent.record)
        except OwnershipError:
            return Interrupted(intent.key, "other account", intent.record)

    def _of_missing(self, intent: Intent, record: str) -> Interrupted:
        try:
            self._client.get_phone_number(record)
        except NotFoundError:
            self._account.confirm_record_gone(record, intent)
            return Interrupted(intent.key, "gone", record)
        # A state that the person named holds it.
        return Interrupted(intent.key, "unheld", record)


def note_interrupted(journal: Journal, interrupted: Sequence[Interrupted]) -> None:
    """Tell the journal what came of its intents."""
    for one in interrupted:
        if one.outcome == "gone" and one.record is not None:
            journal.gone(one.record)
        elif one.outcome == "nothing":
            journal.forget(one.key)
        elif one.outcome == "unheld" and one.record is not None:
            journal.answer(one.key, one.record)


def note_settled(
    journal: Journal, deployment: Mapping[str, Any], settled: Settled, client: VapiClient
) -> None:
    """Tell the journal what became of pending operations.

    The state is written by then: where the journal cannot be, the next run finds the number in the
    state. What waits for the next replacement is known to the journal alone.
    """
    decided = {one.urn: one for one in settled.decisions if one.operation == "creating"}
    for operation in deployment["pending_operations"]:
        resource, key = operation["resource"], declaration_in(operation["resource"])
        decision = decided.get(resource["urn"])
        if decision is None or key is None or operation["type"] != "creating":
            continue
        if decision.outcome == "waiting" and decision.record is not None:
            _let_wait(journal, key, resource, client.get_phone_number(decision.record))
        elif decision.outcome == "made" and decision.record is not None:
            with suppress(VapiError):
                journal.hold(key, decision.record, client.organizations)
                journal.forget(key)
        elif decision.outcome == "not made":
            with suppress(VapiError):
                intent = journal.find(key)
                if intent is not None and not journal.is_under_way(intent):
                    journal.forget(key)


def _let_wait(
    journal: Journal, key: str, resource: Mapping[str, Any], record: PhoneNumberRecord
) -> None:
    """Keep a record for the next replacement of its resource."""
    if journal.find(key) is None:
        # Another machine's journal has it, if any: this one learns of it now.
        kind = KINDS[resource["inputs"]["provider"]]
        known = {name: value for name, value in record.fields.items() if name in kind.fields}
        code = resource["inputs"].get("number_desired_area_code")
        fields = {**known, **({"number_desired_area_code": code} if code else {})}
        since = Before(record.created_at, frozenset())
        organizations = {record.org_id} if record.org_id else set[str]()
        journal.begin(key, sent(kind, fields), since, 0, organizations=organizations)
    journal.answer(key, record.id)
