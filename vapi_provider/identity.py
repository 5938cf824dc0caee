"""Whose record is this: automatic names, and what of the account a stack may take or forget.

A *declaration* is ``<organization>/<project>/<stack>/<Class>/<resource>``, sent by the program: the
plugin sees neither. Knows no Pulumi and no HTTP.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Mapping
from typing import Any

from vapi_provider.client import VapiClient
from vapi_provider.equality import same
from vapi_provider.errors import OwnershipError, VapiError
from vapi_provider.models.phone_number import Kind
from vapi_provider.models.record import PhoneNumberRecord

NAME_LENGTH = 40
"""The longest name that the API takes (API schema)."""


def automatic_name(declaration: str) -> str:
    """``<project>/<stack>/<resource>``: readable, and unique in the account together with the kind.

    A longer one keeps both ends, with a hash of the whole between them.
    """
    _organization, project, stack, _class, resource = declaration.split("/", 4)
    name = f"{project}/{stack}/{resource}"
    if len(name) <= NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    end = (NAME_LENGTH - len(digest) - 2) // 2
    return f"{name[:end]}~{digest}~{name[-end:]}"


class Claims:
    """Which resource of this run has which record: no two may have the same.

    Only what the program declares in this run counts: a refresh, which may run in the same process
    before it, compares under names that the program may just have changed. A rename by `adopt_id`
    makes the new resource and then deletes the old one, both with one id.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._declared: set[str] = set()
        self._owners: dict[str, str] = {}
        self._adopters: dict[str, str] = {}
        self._replaced: set[str] = set()
        self._made: set[str] = set()

    def declare(self, declaration: str, adopt_id: str | None = None) -> None:
        """Notes that the program declares a resource, and what it is about to adopt.

        Raises OwnershipError where that is another resource's.
        """
        with self._lock:
            self._declared.add(declaration)
            if adopt_id is not None:
                _only_one(adopt_id, self._owners.get(adopt_id), declaration)
                _only_one(adopt_id, self._adopters.setdefault(adopt_id, declaration), declaration)

    def own(self, id_: str, declaration: str | None) -> None:
        """Notes whose record `id_` is; raises OwnershipError where another one is adopting it."""
        with self._lock:
            if declaration in self._declared:
                _only_one(id_, self._adopters.get(id_), declaration)
                self._owners[id_] = declaration

    def replace(self, id_: str, declaration: str | None) -> None:
        """Notes that another record of the same declaration takes this one's place."""
        self._replaced.add(id_)
        self.release(declaration)

    def make(self, declaration: str) -> None:
        """Notes that a record is about to be made: what the declaration had is not its own.

        Raises OwnershipError the second time: two resources share the name that both are known
        by (children of different components may).
        """
        with self._lock:
            if declaration in self._made:
                raise OwnershipError(
                    f"two resources are called {_resource(declaration)}: give one another name; "
                    "nothing was made for the second"
                )
            self._made.add(declaration)
            left = {id_: owner for id_, owner in self._owners.items() if owner != declaration}
            self._owners = left

    def release(self, declaration: str | None) -> None:
        """Notes that a record of a declaration is gone: another may be made."""
        with self._lock:
            self._made.discard(declaration or "")

    @property
    def replaced(self) -> Collection[str]:
        """Ids that are about to go."""
        return self._replaced

    def has_changed_hands(self, id_: str, declaration: str | None) -> bool:
        """Whether the record that `declaration` gives up belongs to another resource by now."""
        owner = self._owners.get(id_)
        return id_ not in self._replaced and owner not in (None, declaration)


def _only_one(id_: str, owner: str | None, declaration: str) -> None:
    if owner not in (None, declaration):
        raise OwnershipError(
            f"{id_} is declared twice: as {_resource(owner)} and as {_resource(declaration)}; "
            "remove one of them"
        )


def _resource(declaration: str) -> str:
    return repr(declaration.split("/", 4)[-1])


class Account:
    """What is known of the account in this run; shared by all calls of the plugin."""

    def __init__(self, client: VapiClient, confirmed_empty: str | None = None) -> None:
        self._client = client
        self._confirmed_empty = confirmed_empty
        self._lock = threading.Lock()
        self._records: dict[str, PhoneNumberRecord] | None = None
        self._unlisted: VapiError | None = None

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
        for record in self._known():
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
        """Remembers a record that this run made."""
        with self._lock:
            if self._records is not None:
                self._records[record.id] = record

    def released(self, id_: str) -> None:
        """Forgets a record that is gone."""
        with self._lock:
            if self._records is not None:
                self._records.pop(id_, None)

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

    def _known(self) -> list[PhoneNumberRecord]:
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
            return list(self._records.values())


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
