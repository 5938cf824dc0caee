"""What is known of the account in a run: what it holds already, and whether it is the right one."""

from __future__ import annotations

import threading
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from vapi_provider.api.client import VapiClient
from vapi_provider.errors import NotFoundError, OwnershipError, TakenError, VapiError
from vapi_provider.journal.intents import Before, Intent
from vapi_provider.journal.ledger import Held
from vapi_provider.lifecycle.clashes import name_clash, unique_clash
from vapi_provider.lifecycle.unique_values import FIELDS, SWAP
from vapi_provider.models.kinds import Kind
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.models.spelling import phone_number
from vapi_provider.reconcile.names import alias_hint, automatic_name, name_without_parent
from vapi_provider.reconcile.resource_key import old_form
from vapi_provider.shared.loopback import account_text

NEWEST = 50
"""Moments at which records were made that are remembered: the API's machines' clocks may differ."""

GIVEN_UP = (
    "If another resource of this stack gives it up in the same run, let that one go first: "
    "opts=pulumi.ResourceOptions(depends_on=[<that resource>])."
)


class Account:
    """What is known of the account in this run; shared by all calls of the plugin."""

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
        """Ids of records, in the order in which they came, by each text that could clash."""
        self._made_at: defaultdict[str, set[str]] = defaultdict(set)
        self._newest: list[str] = []
        self.listings = 0
        """How many listings of the account have begun."""

    def refuse_what_is_there(
        self,
        kind: Kind,
        declared: Mapping[str, Any],
        declaration: str,
        being_replaced: Collection[str],
        held: Collection[str] = (),
        *,
        replacing: bool = False,
    ) -> None:
        """Raise TakenError where the account holds what is about to be made.

        That is the same SIP URI or carrier number, or a record of this kind with the automatic name
        of this resource in either form: an interrupted run, another state of the same stack, or a
        resource that was moved. The account is listed once a run. `being_replaced` are ids that are
        about to go; `held` are ids that resources of the same name hold. With `replacing` the
        engine replaces the resource, and the plugin is not told its id.
        """
        for record in self._alike(declared, automatic_name(old_form(declaration))):
            if record.id in being_replaced:
                continue
            what = unique_clash(record, kind, declared)
            name = None
            if record.id.lower() not in held and not replacing:
                name = name_clash(record, kind, declared, declaration)
            if what or name:
                raise TakenError(
                    f"the account already has {what or name} (id {record.id}, made "
                    f"{record.created_at}): nothing was made. "
                    + (
                        "If it is what is being replaced, set delete_before_replace=True; "
                        if replacing
                        else f"{alias_hint(renamed=bool(what))}; "
                    )
                    + f"if no resource has it, adopt_id={record.id!r} takes it over. {GIVEN_UP}"
                )

    def refuse_what_is_taken(self, kind: Kind, declared: Mapping[str, Any], id_: str) -> None:
        """Raise TakenError where another record has the number or SIP URI that `id_` gets."""
        wanted = {name: declared[name] for name in FIELDS if name in declared}
        for record in self._alike(wanted):
            reason = unique_clash(record, kind, wanted) if record.id != id_ else None
            if reason:
                raise TakenError(
                    f"the account already has {reason} (id {record.id}, made "
                    f"{record.created_at}): {id_} was not changed. {GIVEN_UP} {SWAP}"
                )

    def named_alike(self, kind: Kind, declared: Mapping[str, Any], declaration: str) -> set[str]:
        """Return the ids of records with the automatic name of a resource in either form."""
        names = {"name": declared.get("name")}
        found = self._alike(names, automatic_name(old_form(declaration)))
        return {one.id for one in found if name_clash(one, kind, declared, declaration)}

    def see(self, ids: Collection[str]) -> None:
        """Look at records that were created after the account was listed, as others say."""
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
        """Raise OwnershipError where the key is not of the organization that the state knows.

        `organizations` are known besides those that this run has seen recorded. Before anything is
        bought: a number of another organization could be neither refreshed nor released here.
        """
        self._confirm(self._recorded.union(organizations))

    def is_account_of(self, kept: Intent | Held) -> bool:
        """Return whether the journal's intent or held record is of this account.

        It is not where either is an embedded account, which is the file that is named. Raises
        OwnershipError where the key is of another organization, or nobody can tell.
        """
        if self._is_same_file(kept) is not None:
            return bool(self._is_same_file(kept))
        if kept.organizations:
            self._confirm(kept.organizations)
        elif account_text(kept.account) != account_text(self._url):
            raise OwnershipError(
                f"an interrupted run was making this number in the account at {kept.account}, "
                f"and this run uses {self._url}: run it once more with that vapi:baseUrl or "
                "vapi:region, or give the resource another name"
            )
        return True

    def _is_same_file(self, kept: Intent | Held) -> bool | None:
        """Return whether both accounts are one embedded account; None where neither is embedded."""
        accounts = account_text(kept.account), account_text(self._url)
        if any(one.startswith("embedded:") for one in accounts):
            return accounts[0] == accounts[1]
        return None

    def _confirm(self, organizations: Collection[str]) -> None:
        if not organizations or self._is_embedded:
            return  # An embedded account is the file that is named, whatever the key.
        if not self._client.organizations:
            self.records()
        seen = self._client.organizations
        if seen.intersection(organizations) or self._confirmed_empty in organizations:
            return
        known = ", ".join(sorted(organizations))
        if seen:
            raise OwnershipError(
                f"the key belongs to organization {', '.join(sorted(seen))}, and this stack's "
                f"numbers are in {known}: nothing was bought. Check vapi:apiKey and vapi:region"
            )
        raise OwnershipError(
            f"the account shows no phone number at all, and this stack's numbers are in {known}: "
            "it may be another account, so nothing was bought. Check vapi:apiKey and vapi:region; "
            "if the account really is empty, set "
            f"VAPI_CONFIRM_EMPTY_ACCOUNT={min(organizations)} in the environment and run again"
        )

    def confirm_record_gone(self, id_: str, kept: Intent | Held) -> None:
        """Return where a record of the journal that answers 404 is gone; raise where unsure."""
        if not self._is_same_file(kept):
            self.confirm_gone(id_, min(kept.organizations, default=None), self._is_listed)

    @property
    def _is_embedded(self) -> bool:
        return self._url.startswith("embedded:")

    def changed(self, record: PhoneNumberRecord) -> None:
        """Remember what a PATCH of this run has made of a record."""
        with self._lock:
            if record.id in self._made:
                self._made[record.id] = record
            if record.id in self._seen:
                self._seen[record.id] = record
            if self._records is not None:
                self._records[record.id] = record
                self._note(record)

    def made(self, record: PhoneNumberRecord) -> None:
        """Remembers a record that this run made or took over."""
        with self._lock:
            self._made[record.id] = record
            self._note(record)

    def released(self, id_: str) -> None:
        """Forgets a record that is gone."""
        with self._lock:
            self._made.pop(id_, None)
            self._seen.pop(id_, None)
            if self._records is not None:
                self._records.pop(id_, None)

    def is_of_this_run(self, id_: str) -> bool:
        """Whether this run made or took over a record: it is somebody's already."""
        return id_ in self._made

    def newest(self) -> Before:
        """The newest that the account has shown, to know later what came after it."""
        with self._lock:
            self._listed()
            known = frozenset(id_ for moment in self._newest for id_ in self._made_at[moment])
            return Before(self._newest[0] if self._newest else "", known)

    def confirm_gone(
        self,
        id_: str,
        organization: str | None,
        is_listed: Callable[[str], bool],
        *,
        may_be_released_by_us: bool = False,
    ) -> None:
        """Return where a record that answers 404 is gone; raise OwnershipError where unsure.

        `is_listed` tells whether a fresh listing of the account shows it all the same. A key of
        another account or region gets 404 for everything, so the account must be known to be the
        recorded one: a record of the same organization was seen in this run. An account that shows
        none is believed where a lost answer of this run's own DELETE explains the 404.
        """
        if is_listed(id_):
            raise OwnershipError(
                f"{id_} answers 404, but the account's list still shows it: nothing was forgotten, "
                "run again"
            )
        # A list that shows nothing may just have been emptied by this run: a DELETE that is about
        # to be answered names the organization.
        self._client.wait_for_an_organization()
        seen = self._client.organizations
        if organization in seen:
            return
        if seen:
            raise OwnershipError(
                f"{id_} is not in this account: the key belongs to organization "
                f"{', '.join(sorted(seen))}, the state was recorded in {organization}. Nothing was "
                "forgotten: check vapi:apiKey and vapi:region of this stack"
            )
        if may_be_released_by_us:
            return
        if organization is None or organization != self._confirmed_empty:
            raise OwnershipError(
                f"{id_} is not in this account, which shows no phone number at all, so it may be "
                "another one than the state's. Nothing was forgotten: check vapi:apiKey and "
                "vapi:region; if the account really is empty, set "
                f"VAPI_CONFIRM_EMPTY_ACCOUNT={organization} in the environment and run again"
            )

    def records(self, after: int = 0) -> list[PhoneNumberRecord]:
        """Every record of the account, and what the run has made since it was listed.

        Listed once a run, or, for who wants to look again, once more if no listing has begun since
        the `after`-th one.
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
                # A fleet would wait for it number by number.
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
        """Keeps what is asked of all records at each create: looking at all would go by squares."""
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
        """Return records that have any text in common with what is declared, or one of `names`."""
        number = declared.get("number")
        if isinstance(number, str):
            self._unmask(number)
        with self._lock:
            listed = self._listed()
            texts = [*_texts(declared.get("number"), declared), *(one.lower() for one in names)]
            ids = dict.fromkeys(id_ for text in texts for id_ in self._ids.get(text, ()))
            found = (self._made.get(id_) or self._seen.get(id_) or listed.get(id_) for id_ in ids)
            return [record for record in found if record is not None]

    def whole(self, record: PhoneNumberRecord) -> PhoneNumberRecord | None:
        """Return a record with its whole number, where a list shows it in part; None if gone."""
        if not record.is_masked:
            return record
        try:
            found = self._client.get_phone_number(record.id)
        except NotFoundError:
            return None
        self._note_seen(found)
        return found

    def _unmask(self, number: str) -> None:
        """Read singly what the list shows in part and may be `number`."""
        with self._lock:
            self._listed()
            masked = [one for one in self._masked.values() if _may_be(number, one.number or "")]
        for record in masked:
            with suppress(NotFoundError):
                self._note_seen(self._client.get_phone_number(record.id))


def _texts(number: str | None, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield what one record has and no other may, in one letter case; of a name both forms."""
    for text in (number, fields.get("sip_uri"), fields.get("name")):
        if isinstance(text, str):
            yield text.lower()
    name = fields.get("name")
    if isinstance(name, str) and (short := name_without_parent(name)) != name:
        yield short.lower()
    if isinstance(number, str) and phone_number(number) != number:
        yield phone_number(number)


def _may_be(number: str, masked: str) -> bool:
    """Return whether a number fits one whose middle is hidden by asterisks, however many."""
    start, end = masked.partition("*")[0], masked.rpartition("*")[2]
    return number.startswith(start) and number.endswith(end)
