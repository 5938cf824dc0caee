"""What the account does: make, show, change, release and list phone numbers.

The business rules, each decided inside one transaction. Knows bodies that are already checked in
form; nothing of HTTP.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from vapi_provider.embedded import area_codes, listing, records
from vapi_provider.embedded.answers import Answer, Answers
from vapi_provider.embedded.errors import NO_FUNDS, not_found, payment_required, refused
from vapi_provider.embedded.records import Record
from vapi_provider.embedded.store import Store
from vapi_provider.embedded.switches import Switches
from vapi_provider.embedded.times import to_ms
from vapi_provider.embedded.validation import SECRET_IS_SET, Validator, is_uuid
from vapi_provider.models.constants import SIP_HOSTS

_FOR_EVER_MS = 10**15  # some thirty thousand years


class Account:
    """One organisation's phone numbers. All methods may be called by many threads at once."""

    def __init__(
        self, store: Store, switches: Switches, region: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._switches = switches
        self._clock = clock
        self._validator = Validator(switches, region)
        self._answers = Answers(store.org_id, SIP_HOSTS[region], switches)
        self._bumps = switches.activation_bumps_updated_at
        # Reads that are still to miss a new record: a replica lags for this process alone.
        self._misses: dict[str, int] = {}
        self._counting = threading.Lock()

    def create(self, body: Any) -> Answer:
        """Makes a number: buys one for an area code, takes on a carrier's, or names a SIP URI.

        Raises Refusal. Source of the rules and words: observed, except where `Switches` says so.
        """
        kind, fields = self._validator.to_create(body)
        with self._store.writing() as connection:
            # Inside, so that no record is older than one that was there before it.
            now = to_ms(self._clock())
            record = self._made(connection, kind, fields, now)
            self._check_references(kind, fields)
            self._check_unique(connection, record, "Create")
            records.insert(connection, record)
        if self._switches.new_record_missing_reads:
            self._misses[record.id] = self._switches.new_record_missing_reads
        return self._answers.show(record, now)

    def read(self, record_id: str) -> Answer:
        """One number. Raises Refusal: 404 for an unknown id."""
        self._check_form(record_id)
        with self._store.reading() as connection:
            record = _found(connection, record_id)
        if self._lags(record):
            raise not_found()
        shown = self._answers.show(record, to_ms(self._clock()))
        self._count_reads([record])
        return shown

    def update(self, record_id: str, body: Any) -> Answer:
        """Replaces the given top-level fields whole; null clears one. The last writer wins.

        Raises Refusal. Our assumption: the time of the change moves even if nothing changed.
        """
        self._check_form(record_id)
        with self._store.writing() as connection:
            old = _found(connection, record_id)
            changes = self._validator.to_update(body, old.kind)
            now = to_ms(self._clock())
            kept = dict(old.fields)
            if "server" in changes:
                kept.pop(SECRET_IS_SET, None)
            new = replace(old, fields=kept | changes)
            self._check_references(old.kind, changes)
            self._check_unique(connection, new, "Update")
            if self._switches.noop_bumps_updated_at or _said(old) != _said(new):
                seen = records.updated_ms(old, now, self._bumps)
                new = replace(new, updated_ms=max(now, seen))
            records.overwrite(connection, new)
        return self._answers.show(new, now)

    def delete(self, record_id: str) -> Answer:
        """Releases a number and answers it as it was. Raises Refusal: 404 for an unknown id."""
        self._check_form(record_id)
        with self._store.writing() as connection:
            record = _found(connection, record_id)
            records.remove(connection, record)
        return self._answers.show(record, to_ms(self._clock()))

    def list_all(self, given: Mapping[str, str]) -> list[Answer]:
        """The plain list: an array, newest first. Raises Refusal for wrong parameters."""
        strict = self._switches.unknown_query_refused
        query = listing.list_query(given, paged=False, strict=strict)
        return self._listed(query)[0]

    def list_page(self, given: Mapping[str, str]) -> Answer:
        """One page with its metadata. Raises Refusal for wrong parameters."""
        if self._switches.sorted_pages_refused:
            wrong = [name for name in ("sortOrder", "sortBy") if name in given]
            if wrong:
                raise refused([f"property {name} should not exist" for name in wrong])
        strict = self._switches.unknown_query_refused
        query = listing.list_query(given, paged=True, strict=strict)
        shown, total = self._listed(query)
        return {"results": shown, "metadata": listing.page_metadata(query, total)}

    def _listed(self, query: listing.ListQuery) -> tuple[list[Answer], int]:
        now = to_ms(self._clock())
        if lag := _duration_ms(self._switches.new_record_unlisted_seconds):
            query = replace(query, bounds=[*query.bounds, ("createdAt", "<=", now - lag)])
        with self._store.reading() as connection:
            found = records.page(connection, query, now, self._bumps)
            total = records.count(connection, query, now, self._bumps)
        shown = [self._answers.show_in_list(record, now) for record in found]
        self._count_reads(found)
        return shown, total

    def _made(self, connection: Connection, kind: str, fields: Answer, now: int) -> Record:
        plain = Record(
            id=str(uuid.uuid4()),
            kind=kind,
            fields=fields,
            bought=None,
            resource_id=None,
            created_ms=now,
            updated_ms=now,
            active_ms=now,
            number_ms=now,
            hidden_reads=0,
        )
        area_code = fields.get("numberDesiredAreaCode")
        if area_code is None or self._switches.billing_failure:
            return plain
        return replace(
            plain,
            bought=self._buy(connection, area_code),
            resource_id=uuid.uuid4().hex,
            active_ms=now + _duration_ms(self._switches.activation_seconds),
            number_ms=now + _duration_ms(self._switches.number_after_seconds),
            hidden_reads=self._switches.number_after_reads,
        )

    def _buy(self, connection: Connection, area_code: str) -> str:
        quota = self._switches.free_number_quota
        if quota is not None and records.count_bought(connection) >= quota:
            raise payment_required() if self._switches.quota_status == 402 else refused(NO_FUNDS)
        out_of_stock = self._switches.out_of_stock
        stocked = area_codes.exists(area_code) and area_code not in out_of_stock
        number = records.take_from_stock(connection, area_code) if stocked else None
        if number is None:
            raise refused(area_codes.not_available(out_of_stock | {area_code}))
        return number

    def _check_references(self, kind: str, fields: Mapping[str, Any]) -> None:
        """What is given must exist elsewhere, as far as the switches know of it."""
        switches = self._switches
        assistant, credential = fields.get("assistantId"), fields.get("credentialId")
        number = fields.get("number")
        if assistant and not _known(assistant, switches.known_assistants):
            raise refused(f"Couldn't Get Assistant. `assistantId` {assistant} Does Not Exist.")
        if credential and not _known(credential, switches.known_credentials):
            raise refused(f"Credential with ID {credential} not found")
        if number in switches.missing_carrier_numbers and kind == "twilio":
            raise refused(f"Number Not Found on Twilio. {number}")
        if number in switches.missing_carrier_numbers and kind == "telnyx":
            raise refused(
                "Couldn't Update Telnyx Number. Error: Request failed with status code 404"
            )

    def _check_unique(self, connection: Connection, record: Record, verb: str) -> None:
        """SIP URIs are unique in any letter case; carriers' numbers only where so switched.

        Both our assumption: the API documents neither. Only the words before the full stop are
        observed.
        """
        refusal = f"Couldn't {verb} Phone Number."
        status = self._switches.duplicate_status
        sip_uri, number = record.sip_uri, record.fields.get("number")
        if sip_uri and records.sip_uri_taken(connection, sip_uri, record.id):
            raise refused(f"{refusal} SIP URI {sip_uri} Already In Use.", status)
        if not number or not self._switches.unique_carrier_numbers:
            return
        if records.carrier_number_taken(connection, record.kind, number, record.id):
            raise refused(f"{refusal} Number {number} Already In Use.", status)

    def _check_form(self, record_id: str) -> None:
        if not is_uuid(record_id):
            if self._switches.malformed_id_status == 404:
                raise not_found()
            raise refused("Validation failed (uuid is expected)")

    def _lags(self, record: Record) -> bool:
        with self._counting:
            left = self._misses.pop(record.id, 0)
            if left > 1:
                self._misses[record.id] = left - 1
        return left > 0

    def _count_reads(self, seen: list[Record]) -> None:
        held_back = [record for record in seen if record.hidden_reads]
        if held_back:
            with self._store.writing() as connection:
                records.note_reads(connection, held_back)


def _found(connection: Connection, record_id: str) -> Record:
    record = records.find(connection, record_id)
    if record is None:
        raise not_found()
    return record


def _duration_ms(seconds: float | None) -> int:
    return _FOR_EVER_MS if seconds is None else round(seconds * 1000)


def _said(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.fields.items() if value is not None}


def _known(one: str, existing: frozenset[str] | None) -> bool:
    return existing is None or one in existing
