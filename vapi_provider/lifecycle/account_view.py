"""A run's view of the account: its records, and whether it is the account of the state."""

from __future__ import annotations

import threading
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from vapi_provider.api.client import VapiClient
from vapi_provider.catalogue import account as messages
from vapi_provider.deployment.organizations import other_account, refuse_other_account
from vapi_provider.errors import NotFoundError, OwnershipError, TakenError, VapiError
from vapi_provider.journal.intents import AccountWatermark, Intent
from vapi_provider.journal.ledger import Held
from vapi_provider.lifecycle.clashes import name_clash, unique_clash
from vapi_provider.lifecycle.unique_values import FIELDS, SWAP
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.models.spelling import digits_of, phone_number
from vapi_provider.reconcile.names import alias_hint, automatic_name, name_without_parent
from vapi_provider.reconcile.resource_key import old_form
from vapi_provider.shared.loopback import account_text

NEWEST = 50
"""Number of creation times to remember, because the clocks of the API's machines may differ."""

GIVEN_UP = (
    "If another resource of this stack gives it up in the same run, let that one go first: "
    "opts=pulumi.ResourceOptions(depends_on=[<that resource>]). One that leaves the program is "
    "deleted last: run `pulumi up` without it first."
)


class AccountView:
    """A run's view of the account; shared by all calls of the plugin."""

    def __init__(
        self,
        client: VapiClient,
        confirmed_empty: str | None = None,
        url: str = "",
        is_listed: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._client = client
        self._url = url
        self._is_listed = is_listed
        self._recorded: set[str] = set()
        self._masked: dict[str, PhoneNumberRecord] = {}
        self._seen: dict[str, PhoneNumberRecord] = {}
        self._confirmed_empty = confirmed_empty
        self._lock = threading.Lock()
        self._records: dict[str, PhoneNumberRecord] | None = None
        self._unlisted: VapiError | None = None
        self._made: dict[str, PhoneNumberRecord] = {}
        self._ids: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Ids of records in order of arrival, by each text that could clash."""
        self._made_at: defaultdict[str, set[str]] = defaultdict(set)
        self._newest: list[str] = []
        self.listings = 0
        """Number of listings of the account that have begun."""

    def refuse_clash(
        self,
        kind: Kind,
        declared: Mapping[str, Any],
        declaration: str,
        being_replaced: Collection[str],
        held: Collection[str] = (),
        since: str = "",
        *,
        replacing: bool = False,
    ) -> None:
        """Raise TakenError where the account already has what is about to be created.

        A record clashes if it has the same SIP URI or carrier number, or if it is of this kind and
        has the automatic name of this resource in either form; an interrupted run, another state of
        the same stack or a moved resource leaves such a record. The account is listed once per run.

        `being_replaced` are ids that are about to be released. `held` are ids that resources of the
        same name hold. The resource itself held records that are older than `since`. `replacing` is
        set where the engine replaces the resource, whose id the plugin is not given.
        """
        for record in self._alike(declared, automatic_name(old_form(declaration))):
            if record.id in being_replaced:
                continue
            what = unique_clash(record, kind, declared)
            name = None
            is_earlier = record.created_at < since
            if record.id.lower() not in held and not is_earlier and not replacing:
                name = name_clash(record, kind, declared, declaration)
            if not what and not name:
                continue
            shown = {
                "what": what or name,
                "id": record.id,
                "created_at": record.created_at,
                "given_up": GIVEN_UP,
            }
            if replacing:
                raise TakenError(messages.REPLACED_STILL_HAS_IT(**shown))
            raise TakenError(
                messages.ACCOUNT_HAS_IT(**shown, advice=alias_hint(renamed=bool(what)))
            )

    def refuse_taken(self, kind: Kind, declared: Mapping[str, Any], id_: str) -> None:
        """Raise TakenError where another record has the number or SIP URI declared for `id_`."""
        wanted = {name: declared[name] for name in FIELDS if name in declared}
        for record in self._alike(wanted):
            reason = unique_clash(record, kind, wanted) if record.id != id_ else None
            if reason:
                raise TakenError(
                    messages.ANOTHER_RECORD_HAS_IT(
                        what=reason,
                        id=record.id,
                        created_at=record.created_at,
                        changed=id_,
                        given_up=GIVEN_UP,
                        swap=SWAP,
                    )
                )

    def ids_by_name(self, kind: Kind, declared: Mapping[str, Any], declaration: str) -> set[str]:
        """Return the ids of records with the automatic name of a resource in either form."""
        names = {"name": declared.get("name")}
        found = self._alike(names, automatic_name(old_form(declaration)))
        return {one.id for one in found if name_clash(one, kind, declared, declaration)}

    def fetch_missing(self, ids: Collection[str]) -> None:
        """Read records that other processes created after the account was listed."""
        for id_ in ids:
            with self._lock:
                is_known = id_ in self._made or id_ in self._seen or id_ in self._listed()
            if not is_known:
                with suppress(NotFoundError):
                    self._note_seen(self._client.get_phone_number(id_))

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

    def is_account_of(self, kept: Intent | Held) -> bool:
        """Return whether the journal's intent or held record belongs to this account.

        An embedded account is identified by its file. Raises OwnershipError where the key belongs
        to another organization, or where the account cannot be identified.
        """
        if self._is_same_file(kept) is not None:
            return bool(self._is_same_file(kept))
        if kept.organizations:
            self._confirm(kept.organizations)
        elif account_text(kept.account) != account_text(self._url):
            raise OwnershipError(messages.OTHER_BASE_URL(account=kept.account, url=self._url))
        return True

    def _is_same_file(self, kept: Intent | Held) -> bool | None:
        """Return whether both are the same embedded account; None where neither is embedded."""
        accounts = account_text(kept.account), account_text(self._url)
        if any(one.startswith("embedded:") for one in accounts):
            return accounts[0] == accounts[1]
        return None

    def _confirm(self, organizations: Collection[str]) -> None:
        if not organizations or self._is_embedded:
            return  # An embedded account is identified by its file, whatever the key.
        if not self._client.organizations:
            self.records()
        seen = self._client.organizations
        refuse_other_account(seen, organizations, "Nothing was bought", self._confirmed_empty)

    def confirm_record_gone(self, id_: str, kept: Intent | Held) -> None:
        """Raise OwnershipError where the 404 of a journal's record may not mean that it is gone."""
        if not self._is_same_file(kept):
            self.confirm_gone(id_, min(kept.organizations, default=None), self._is_listed)

    @property
    def _is_embedded(self) -> bool:
        return self._url.startswith("embedded:")

    def update(self, record: PhoneNumberRecord) -> None:
        """Update a record with the response to a PATCH of this run."""
        with self._lock:
            if record.id in self._made:
                self._made[record.id] = record
            if record.id in self._seen:
                self._seen[record.id] = record
            if self._records is not None:
                self._records[record.id] = record
                self._note(record)

    def remember(self, record: PhoneNumberRecord) -> None:
        """Add a record that this run created or took over."""
        with self._lock:
            self._made[record.id] = record
            self._note(record)

    def forget(self, id_: str) -> None:
        """Remove a record that is gone."""
        with self._lock:
            self._made.pop(id_, None)
            self._seen.pop(id_, None)
            if self._records is not None:
                self._records.pop(id_, None)

    def is_of_this_run(self, id_: str) -> bool:
        """Return whether this run created or took over a record, so that a resource has it."""
        return id_ in self._made

    def watermark(self) -> AccountWatermark:
        """Return the account's watermark: its newest records, to recognize later ones."""
        with self._lock:
            self._listed()
            known = frozenset(id_ for moment in self._newest for id_ in self._made_at[moment])
            return AccountWatermark(self._newest[0] if self._newest else "", known)

    def confirm_gone(
        self,
        id_: str,
        organization: str | None,
        is_listed: Callable[[str], bool],
        *,
        may_be_released_by_us: bool = False,
    ) -> None:
        """Raise OwnershipError where a 404 may not mean that the record is gone.

        `is_listed` returns whether a fresh listing of the account still shows the record. A key of
        another account or region gets 404 for every record, so the account must be the recorded
        one: this run has seen a record of the same organization. An empty account is accepted where
        the lost response to this run's own DELETE explains the 404.
        """
        if is_listed(id_):
            raise OwnershipError(messages.STILL_LISTED(id=id_))
        # This run may just have emptied the account; a DELETE's response names the organization.
        self._client.wait_for_an_organization()
        seen = self._client.organizations
        if organization in seen:
            return
        if not seen and may_be_released_by_us:
            return
        if seen or organization is None or organization != self._confirmed_empty:
            raise other_account(seen, [str(organization)], f"Nothing was forgotten of {id_}")

    def records(self, after: int = 0) -> list[PhoneNumberRecord]:
        """Return every record of the account, including those created since the listing.

        The account is listed once per run, and again if no listing started after number `after`.
        Raises VapiError where the account cannot be listed.
        """
        with self._lock:
            return list({**self._listed(after), **self._seen, **self._made}.values())

    def _listed(self, after: int = 0) -> dict[str, PhoneNumberRecord]:
        if self.listings <= after:
            self._records = self._unlisted = None
        if self._unlisted is not None:
            raise self._unlisted
        if self._records is None:
            self.listings += 1
            try:
                found = list(self._client.all_phone_numbers())
            except VapiError as error:
                # Keep the error, so that a fleet does not wait for it again for each number.
                self._unlisted = error
                raise
            self._records = {record.id: record for record in found}
            for record in found:
                self._note(record)
        return self._records

    def _note_seen(self, record: PhoneNumberRecord) -> None:
        with self._lock:
            self._seen[record.id] = record
            self._masked.pop(record.id, None)
            self._note(record)

    def _note(self, record: PhoneNumberRecord) -> None:
        """Index a record by its unique texts, so that a create does not scan the account."""
        for text in _texts(record.number, record.fields):
            self._ids[text][record.id] = None
        if record.is_masked:
            self._masked[record.id] = record
        moment = record.created_at
        if moment not in self._made_at:
            insort(self._newest, moment)
            del self._newest[:-NEWEST]
        self._made_at[moment].add(record.id)

    def _alike(self, declared: Mapping[str, Any], *names: str) -> list[PhoneNumberRecord]:
        """Return records that share a text with the declared fields, or have one of `names`."""
        number = declared.get("number")
        if isinstance(number, str):
            self._unmask(number)
        with self._lock:
            listed = self._listed()
            texts = [*_texts(declared.get("number"), declared), *(one.lower() for one in names)]
            ids = dict.fromkeys(id_ for text in texts for id_ in self._ids.get(text, ()))
            found = (self._made.get(id_) or self._seen.get(id_) or listed.get(id_) for id_ in ids)
            return [record for record in found if record is not None]

    def unmasked(self, record: PhoneNumberRecord) -> PhoneNumberRecord | None:
        """Return a record with its complete number, which a list may mask; None if it is gone."""
        if not record.is_masked:
            return record
        try:
            found = self._client.get_phone_number(record.id)
        except NotFoundError:
            return None
        self._note_seen(found)
        return found

    def _unmask(self, number: str) -> None:
        """Read each record whose masked number may be `number`."""
        with self._lock:
            self._listed()
            masked = [one for one in self._masked.values() if _may_be(number, one.number or "")]
        for record in masked:
            with suppress(NotFoundError):
                self._note_seen(self._client.get_phone_number(record.id))


def _texts(number: str | None, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield a record's unique texts in lower case, and its name also without the parent."""
    for text in (number, fields.get("sip_uri"), fields.get("name")):
        if isinstance(text, str):
            yield text.lower()
    name = fields.get("name")
    if isinstance(name, str) and (short := name_without_parent(name)) != name:
        yield short.lower()
    if isinstance(number, str) and phone_number(number) != number:
        yield phone_number(number)


def _may_be(number: str, masked: str) -> bool:
    """Return whether a number in any notation fits one whose middle is masked by asterisks."""
    digits = digits_of(number)
    start, end = digits_of(masked.partition("*")[0]), digits_of(masked.rpartition("*")[2])
    return digits.startswith(start) and digits.endswith(end)
