"""Records that were purchased for a resource, or have its automatic name, but are not its own."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from vapi_provider.catalogue import purchase as messages
from vapi_provider.catalogue.message import Message
from vapi_provider.errors import NotFoundError, OwnershipError
from vapi_provider.lifecycle.clashes import ids_by_name
from vapi_provider.lifecycle.idle_checks import IdleChecks
from vapi_provider.lifecycle.purchase import Purchase
from vapi_provider.lifecycle.waits import POLL_SECONDS
from vapi_provider.reconcile.automatic_names import alias_hint
from vapi_provider.reconcile.resource_key import old_form, resource_of

if TYPE_CHECKING:
    from vapi_provider.lifecycle.session import Session


class RepeatGuard:
    """Guard against a second purchase of a record known under either form of a resource's key."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = session.account
        self._journal = session.journal
        self._ownership = session.ownership

    def wait_for_holders(self, purchase: Purchase) -> set[str]:
        """Wait for the holders of known records; return the ids held under the key's old form.

        While a record with either form of the key or automatic name has no holder, its holder may
        come later in the program: wait until the engine has checked no resource for a while.
        """
        key = purchase.key
        recorded = self._journal.ledger.held_in_any_form(key)
        known = {held.record.lower() for records in recorded.values() for held in records}
        known |= {
            id_.lower() for id_ in ids_by_name(self._account, purchase.kind, purchase.fields, key)
        }
        known -= {id_.lower() for id_ in purchase.replaced}
        idle_checks = IdleChecks(self._ownership, self._session.clock)
        while True:
            held = self._ownership.ids_under_key(key)
            if known <= held or idle_checks.is_idle():
                return held
            self._session.wait(POLL_SECONDS)

    def refuse_unrecorded(self, key: str, allowed: Collection[str], since: str) -> None:
        """Raise OwnershipError where the journal has a record that this resource's state lacks.

        This happens where the state was edited or restored, or where the resource was moved in the
        program. The journal drops records that are gone. A record older than `since` was replaced
        earlier, and its deletion failed.
        """
        for form, records in self._journal.ledger.held_in_any_form(key).items():
            if form != key and self._ownership.is_recorded(form):
                continue  # The resource with that form of the key is being replaced.
            for held in records:
                if held.record.lower() in allowed or held.record in allowed:
                    continue
                try:
                    record = self._session.client.get_phone_number(held.record)
                except NotFoundError:
                    if self._session.identity.is_account_of(held):
                        self._session.identity.confirm_record_gone(held.record, held)
                        self._journal.forget_record(held.record)
                    continue
                if record.created_at >= since:
                    raise OwnershipError(_held_by_none(held.record, form, key))


def _held_by_none(record: str, form: str, key: str) -> Message:
    """Return the message about a record that was purchased under `form`, a form of `key`."""
    if form != key:
        return messages.BOUGHT_FOR_OTHER_PARENT(
            id=record,
            resource=repr(resource_of(form)),
            parent="no parent or another parent" if form == old_form(form) else "another parent",
            alias=alias_hint(),
        )
    return messages.BOUGHT_BUT_NOT_IN_STATE(id=record, alias=alias_hint())
