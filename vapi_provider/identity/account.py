"""What is known of the account in a run: what it holds already, and whether it is the right one."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from typing import Any

from vapi_provider.client import VapiClient
from vapi_provider.equality import same
from vapi_provider.errors import OwnershipError, VapiError
from vapi_provider.identity.journal import Before
from vapi_provider.identity.names import automatic_name
from vapi_provider.models.fields import as_object
from vapi_provider.models.phone_number import Kind
from vapi_provider.models.record import PhoneNumberRecord

PAGE_SECONDS = 1.0
"""How long a page serves those who wait for a number to be known."""


class Account:
    """What is known of the account in this run; shared by all calls of the plugin."""

    def __init__(
        self,
        client: VapiClient,
        confirmed_empty: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._confirmed_empty = confirmed_empty
        self._lock = threading.Lock()
        self._records: dict[str, PhoneNumberRecord] | None = None
        self._unlisted: VapiError | None = None
        self._made: dict[str, PhoneNumberRecord] = {}
        self._clock = clock
        self._watching = 0
        self._page: dict[str, PhoneNumberRecord] = {}
        self._page_at = -math.inf

    def refuse_what_is_there(
        self,
        kind: Kind,
        declared: Mapping[str, Any],
        declaration: str,
        being_replaced: Collection[str],
    ) -> None:
        """Raises OwnershipError where the account holds what is about to be made.

        That is the same SIP URI or carrier number, or a record of this kind with this
        declaration's automatic name: an interrupted run, or another state of the same stack. The
        account is listed once a run; `being_replaced` are ids that are about to go.
        """
        for record in self.records():
            if record.id in being_replaced:
                continue
            reason = _clash(record, kind, declared, declaration)
            if reason:
                raise OwnershipError(
                    f"the account already has {reason} (id {record.id}, made "
                    f"{record.created_at}): nothing was made. If this resource was renamed, add "
                    "opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name='<old name>')]); "
                    f"to take the record over, adopt_id={record.id!r}"
                )

    def made(self, record: PhoneNumberRecord) -> None:
        """Remembers a record that this run made or took over."""
        with self._lock:
            self._made[record.id] = record

    def released(self, id_: str) -> None:
        """Forgets a record that is gone."""
        with self._lock:
            self._made.pop(id_, None)
            if self._records is not None:
                self._records.pop(id_, None)

    def is_of_this_run(self, id_: str) -> bool:
        """Whether this run made or took over a record: it is somebody's already."""
        return id_ in self._made

    def newest(self) -> Before:
        """The newest that the account shows, to know later what came after it."""
        records = self.records()
        since = max((record.created_at for record in records), default="")
        known = frozenset(record.id for record in records if record.created_at == since)
        return Before(since, known)

    @contextmanager
    def watching(self) -> Generator[Callable[[str], PhoneNumberRecord]]:
        """Gives a function that looks at one record as it is now; raises any VapiError.

        Where several workers wait for theirs, one page of the newest serves them all.
        """
        with self._lock:
            self._watching += 1
        try:
            yield self._look
        finally:
            with self._lock:
                self._watching -= 1

    def _look(self, id_: str) -> PhoneNumberRecord:
        with self._lock:
            fresh = self._clock() - self._page_at < PAGE_SECONDS
            if self._watching > 1 and not fresh:
                page = self._client.list_phone_numbers()
                self._page = {record.id: record for record in page}
                self._page_at, fresh = self._clock(), True
            if fresh and id_ in self._page:
                return self._page[id_]
        return self._client.get_phone_number(id_)

    def look_again(self) -> None:
        """Makes the next look list the account anew."""
        with self._lock:
            self._records = self._unlisted = None

    def confirm_gone(self, id_: str, organization: str | None) -> None:
        """Returns where a record that answers 404 is gone; raises OwnershipError where unsure.

        A key of another account or region gets 404 for everything. So the account must be known
        to be the recorded one: a record of the same organization is in view, or was in this run.
        """
        seen = self._client.organizations
        if organization in seen:
            return
        if not seen:
            self._client.list_phone_numbers(limit=1)
        if organization in seen:
            return
        if seen:
            raise OwnershipError(
                f"{id_} is not in this account: the key belongs to organization "
                f"{', '.join(sorted(seen))}, the state was recorded in {organization}. Nothing was "
                "forgotten: check vapi:apiKey and vapi:region of this stack"
            )
        if organization is None or organization != self._confirmed_empty:
            raise OwnershipError(
                f"{id_} is not in this account, which shows no phone number at all, so it may be "
                "another one than the state's. Nothing was forgotten: check vapi:apiKey and "
                "vapi:region; if the account really is empty, set "
                f"VAPI_CONFIRM_EMPTY_ACCOUNT={organization} in the environment and run again"
            )

    def echoes_headers(self) -> bool:
        """Whether the API shows servers' headers: whether any record of the account has some."""
        servers = (as_object(record.fields.get("server")) for record in self.records())
        return any(server.get("headers") for server in servers)

    def records(self) -> list[PhoneNumberRecord]:
        """Every record of the account, listed once a run, and what the run has made since."""
        with self._lock:
            if self._unlisted is not None:
                raise self._unlisted
            try:
                if self._records is None:
                    found = self._client.all_phone_numbers()
                    self._records = {record.id: record for record in found}
            except VapiError as error:
                # A fleet would wait for it number by number.
                self._unlisted = error
                raise
            return list({**self._records, **self._made}.values())


def _is_public(number: str) -> bool:
    return number.startswith("+")


def _clash(
    record: PhoneNumberRecord, kind: Kind, declared: Mapping[str, Any], declaration: str
) -> str | None:
    """What of the declaration the record already holds, in words."""
    uri = declared.get("sip_uri")
    if uri is not None and same(kind.fields["sip_uri"], uri, record.fields.get("sip_uri")):
        return f"the SIP URI {uri}"
    number = declared.get("number")
    # An extension may exist once on each of several trunks.
    same_trunk = record.fields.get("credential_id") == declared.get("credential_id")
    if number is not None and number == record.number and (_is_public(number) or same_trunk):
        return f"the number {number}"
    name = declared.get("name")
    if (
        name == automatic_name(declaration)
        and record.name == name
        and record.provider == kind.provider
    ):
        return f"a {kind.provider} number with this resource's automatic name {name!r}"
    return None
