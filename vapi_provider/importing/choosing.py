"""Which numbers an import is to bring, and what a person should know of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from vapi_provider.deployment.exported import is_ours
from vapi_provider.errors import OwnershipError
from vapi_provider.importing.declaring import Scope
from vapi_provider.models.record import PhoneNumberRecord


@dataclass(frozen=True)
class Choice:
    """Which of the account's numbers are wanted: all, some ids, or what a pattern fits."""

    everything: bool = False
    ids: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()

    def fits(self, record: PhoneNumberRecord) -> bool:
        """Whether the record is wanted: a pattern is held against label, number and SIP URI."""
        return (
            self.everything
            or record.id in self.ids
            or any(_fits(record, pattern) for pattern in self.patterns)
        )

    def fitting_nothing(self, records: Collection[PhoneNumberRecord]) -> list[str]:
        """What is to be told of patterns that fit none of the account's records."""
        return [
            f"No label, number or SIP URI fits {pattern!r}; capitals count."
            for pattern in self.patterns
            if not any(_fits(one, pattern) for one in records)
        ]


def refuse_unclear(others: Iterable[Mapping[str, Any]]) -> None:
    """Raises where a killed run of another stack may have made a number that no state has."""
    for one in others:
        pending: list[dict[str, Any]] = one.get("pending_operations") or []
        if any(is_ours(it["resource"]) for it in pending):
            raise OwnershipError(
                "a killed run left operations pending in another given stack, and a number that it "
                "made would get two owners: run `recover` for that stack first"
            )


def unseen_headers(
    records: Iterable[PhoneNumberRecord], chosen: Iterable[PhoneNumberRecord]
) -> list[str]:
    """Servers may have headers that this account does not show to anybody."""

    def shows(record: PhoneNumberRecord) -> bool:
        server: Any = record.fields.get("server")
        return isinstance(server, Mapping) and "headers" in server

    asked = [one.id for one in chosen if one.fields.get("server")]
    if not asked or any(shows(one) for one in records):
        return []
    return [
        "This account shows no server headers. Where a server of these has some, add them to the "
        f"module before its next change, which would clear them: {', '.join(asked)}"
    ]


def likely_others(chosen: Iterable[PhoneNumberRecord], scope: Scope) -> list[str]:
    """Labels that look like automatic names of other stacks."""
    own = f"{scope.project}/{scope.stack}/"
    likely = [
        one.id
        for one in chosen
        if one.name and one.name.count("/") == 2 and not one.name.startswith(own)
    ]
    if not likely:
        return []
    return [
        "By their labels another stack may hold these; name it with --also, so that no number has "
        f"two owners: {', '.join(likely)}"
    ]


def _fits(record: PhoneNumberRecord, pattern: str) -> bool:
    known = (record.name, record.number, record.fields.get("sip_uri"))
    return any(isinstance(text, str) and fnmatchcase(text, pattern) for text in known)
