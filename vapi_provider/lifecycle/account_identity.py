"""Check that the account of this run is the one that a state or the journal recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection

from vapi_provider.catalogue import account as messages
from vapi_provider.deployment.organizations import other_account, refuse_other_account
from vapi_provider.errors import OwnershipError
from vapi_provider.journal.intents import Intent
from vapi_provider.journal.ledger import HeldRecord
from vapi_provider.lifecycle.account_view import AccountView
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.shared.loopback import account_text


class AccountIdentity:
    """Guard against another account's key: by its organizations, or an embedded account's file.

    `is_listed` returns whether a fresh listing of the account still shows a record.
    """

    def __init__(
        self,
        client: ObservedClient,
        account: AccountView,
        url: str = "",
        confirmed_empty: str | None = None,
        is_listed: Callable[[str], bool] | None = None,
    ) -> None:
        self._client = client
        self._account = account
        self._url = url
        self._confirmed_empty = confirmed_empty
        self._is_listed = is_listed or account.is_listed
        self._recorded: set[str] = set()

    def note_recorded(self, organization: str | None) -> None:
        """Record that the state holds a number of this organization."""
        if organization is not None:
            self._recorded.add(organization)

    def confirm_organization(self, organizations: Collection[str] = ()) -> None:
        """Raise OwnershipError where the key belongs to another organization than the state's.

        `organizations` are known in addition to those that this run has seen recorded. Call it
        before a purchase: this stack could neither refresh nor release a number of another
        organization.
        """
        self._confirm(self._recorded.union(organizations))

    def is_account_of(self, entry: Intent | HeldRecord) -> bool:
        """Return whether the journal's intent or held record belongs to this account.

        An embedded account is identified by its file. Raises OwnershipError where the key belongs
        to another organization, or where the account cannot be identified.
        """
        is_same_file = self._is_same_file(entry)
        if is_same_file is not None:
            return is_same_file
        if entry.organizations:
            self._confirm(entry.organizations)
        elif account_text(entry.account) != account_text(self._url):
            raise OwnershipError(messages.OTHER_BASE_URL(account=entry.account, url=self._url))
        return True

    def confirm_record_gone(self, id_: str, entry: Intent | HeldRecord) -> None:
        """Raise OwnershipError where the 404 of a journal's record may not mean that it is gone."""
        if not self._is_same_file(entry):
            self.confirm_gone(id_, min(entry.organizations, default=None))

    def confirm_gone(
        self, id_: str, organization: str | None, *, may_be_released_by_us: bool = False
    ) -> None:
        """Raise OwnershipError where a 404 may not mean that the record is gone.

        A key of another account or region gets 404 for every record, so the account must be the
        recorded one: this run has seen a record of the same organization. An empty account is
        accepted where the lost response to this run's own DELETE explains the 404.
        """
        if self._is_listed(id_):
            raise OwnershipError(messages.STILL_LISTED(id=id_))
        # This run may just have emptied the account; a DELETE's response names the organization.
        self._client.wait_for_an_organization()
        seen = self._client.organizations
        if organization in seen or (not seen and may_be_released_by_us):
            return
        if seen or organization is None or organization != self._confirmed_empty:
            raise other_account(seen, [str(organization)], f"Nothing was forgotten of {id_}")

    def _confirm(self, organizations: Collection[str]) -> None:
        if not organizations or self._url.startswith("embedded:"):
            return  # An embedded account is identified by its file, whatever the key.
        if not self._client.organizations:
            self._account.records()
        seen = self._client.organizations
        refuse_other_account(seen, organizations, "Nothing was bought", self._confirmed_empty)

    def _is_same_file(self, entry: Intent | HeldRecord) -> bool | None:
        """Return whether both are the same embedded account; None where neither is embedded."""
        accounts = account_text(entry.account), account_text(self._url)
        if any(account.startswith("embedded:") for account in accounts):
            return accounts[0] == accounts[1]
        return None
