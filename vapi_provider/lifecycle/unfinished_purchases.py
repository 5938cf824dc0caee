"""Interrupted purchases of a stack that its program no longer declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vapi_provider.catalogue import purchase as messages
from vapi_provider.errors import OwnershipError
from vapi_provider.journal.intents import Intent
from vapi_provider.lifecycle.idle_checks import IdleChecks
from vapi_provider.lifecycle.purchase import Purchase
from vapi_provider.lifecycle.waits import POLL_SECONDS
from vapi_provider.pulumi_sdk.plugin import warn
from vapi_provider.reconcile.fingerprint import resembles
from vapi_provider.reconcile.resource_key import class_of, resource_of, stack_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class UnfinishedPurchases:
    """Search for interrupted purchases that the program no longer declares."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._named: set[str] = set()

    def report_or_refuse(self, purchase: Purchase) -> None:
        """Warn of interrupted purchases of this stack that the program no longer declares.

        Raises OwnershipError where one of them may be the record that is about to be purchased,
        under another name.
        """
        key = purchase.key
        for intent in self._undeclared(purchase):
            what = (
                f"an interrupted run created {intent.record} for {resource_of(intent.key)!r}"
                if intent.record
                else f"an interrupted run was creating a number for {resource_of(intent.key)!r}"
            )
            is_same_class = class_of(intent.key) == class_of(key)
            if is_same_class and resembles(purchase.fingerprint, intent.body):
                advice = (
                    f"take it over with adopt_id={intent.record!r}"
                    if intent.record
                    else "declare it once more under that name"
                )
                raise OwnershipError(
                    messages.RENAMED_PURCHASE(
                        what=what, resource=repr(resource_of(key)), advice=advice
                    )
                )
            if intent.key not in self._named:
                self._named.add(intent.key)
                warn(messages.UNDECLARED_PURCHASE(what=what))

    def _undeclared(self, purchase: Purchase) -> list[Intent]:
        """Return the stack's unfinished intents of other runs that the program does not declare.

        The engine checks resources one after the other, as the program declares them: wait until it
        has checked none for a while.
        """
        idle_checks = IdleChecks(self._session.ownership, self._session.clock)
        while intents := self._uncovered(purchase):
            if idle_checks.is_idle():
                # A record that was moved to another stack is no interrupted purchase.
                self._session.other_stacks.finish_held(purchase.key)
                return self._uncovered(purchase)
            self._session.wait(POLL_SECONDS)
        return intents

    def _uncovered(self, purchase: Purchase) -> list[Intent]:
        return [
            intent
            for intent in self._session.journal.unfinished_of_others(*stack_of(purchase.key))
            if intent.key not in purchase.forms
            and not self._session.ownership.is_covered(intent.key)
        ]
