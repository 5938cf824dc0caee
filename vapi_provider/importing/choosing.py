"""Choice of the numbers to import, and the warnings about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from vapi_provider.catalogue.commands import PENDING_OPERATIONS
from vapi_provider.catalogue.imports import HEADERS_UNSEEN, LIKELY_OWNED, NO_MATCH
from vapi_provider.deployment.exported import is_ours
from vapi_provider.errors import OwnershipError
from vapi_provider.importing.declaring import Scope
from vapi_provider.models.record import PhoneNumberRecord


@dataclass(frozen=True)
class Choice:
    """The numbers that the user wants: all, some ids, or those that match a pattern."""

    everything: bool = False
    ids: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def matches(self, record: PhoneNumberRecord) -> bool:
        """Return whether the record is wanted; patterns apply to label, number and SIP URI."""
        return (
            self.everything
            or record.id in self.ids
            or any(_matches(record, pattern) for pattern in self.patterns)
        )

    def describe_unmatched(self, records: Collection[PhoneNumberRecord]) -> list[str]:
        """Return a warning for each pattern that matches none of the account's records."""
        return [
            NO_MATCH(pattern=pattern)
            for pattern in self.patterns
            if not any(_matches(record, pattern) for record in records)
        ]


def refuse_pending_operations(others: Iterable[Mapping[str, Any]]) -> None:
    """Raise OwnershipError if another stack has pending operations of ours.

    Its killed run may have created a number that no state holds yet.
    """
    for deployment in others:
        pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
        if any(is_ours(operation["resource"]) for operation in pending):
            raise OwnershipError(PENDING_OPERATIONS(stack="another given stack"))


def unseen_header_warnings(
    records: Iterable[PhoneNumberRecord], chosen: Iterable[PhoneNumberRecord]
) -> list[str]:
    """Return a warning if the account hides server headers, which the module then lacks."""

    def shows(record: PhoneNumberRecord) -> bool:
        server: Any = record.fields.get("server")
        return isinstance(server, Mapping) and "headers" in server

    with_server = [record.id for record in chosen if record.fields.get("server")]
    if not with_server or any(shows(record) for record in records):
        return []
    return [HEADERS_UNSEEN(ids=", ".join(with_server))]


def other_owner_warnings(chosen: Iterable[PhoneNumberRecord], scope: Scope) -> list[str]:
    """Return a warning for the labels that look like automatic names of another stack."""
    own = f"{scope.project}/{scope.stack}/"
    likely = [
        record.id
        for record in chosen
        if record.name and record.name.count("/") == 2 and not record.name.startswith(own)
    ]
    return [LIKELY_OWNED(ids=", ".join(likely))] if likely else []


def _matches(record: PhoneNumberRecord, pattern: str) -> bool:
    known = (record.name, record.number, record.fields.get("sip_uri"))
    return any(isinstance(text, str) and fnmatchcase(text, pattern) for text in known)
