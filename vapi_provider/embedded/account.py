"""The embedded account's operations: create, read, update, delete and list phone numbers.

These are the API's business rules; each operation decides them inside one transaction.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from vapi_provider.embedded import listing, number_stock, records
from vapi_provider.embedded.body import JsonObject
from vapi_provider.embedded.errors import NO_FUNDS, not_found, payment_required, refused
from vapi_provider.embedded.presenter import RecordPresenter
from vapi_provider.embedded.records import Record
from vapi_provider.embedded.store import Store
from vapi_provider.embedded.switches import Switches
from vapi_provider.embedded.timestamps import to_ms
from vapi_provider.embedded.validation import SECRET_IS_SET, Validator, is_uuid

_FOREVER_MS = 10**15  # about thirty thousand years


class EmbeddedAccount:
    """The phone numbers of one organization; all methods are thread-safe."""

    def __init__(
        self, store: Store, switches: Switches, region: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._switches = switches
        self._clock = clock
        self._validator = Validator(switches, region)
        self._presenter = RecordPresenter(store.org_id, region, switches)
        self._bumps = switches.activation_bumps_updated_at
        # How many reads still miss a new record: simulates a lagging replica, in this process only.
        self._missing_reads: dict[str, int] = {}
        self._missing_reads_lock = threading.Lock()

    def create(self, body: Any) -> JsonObject:
        """Create a number: buy one for an area code, register a carrier's, or reserve a SIP URI.

        Rules and messages were observed, except where `Switches` says otherwise.

        Raises:
            Refusal: The API would refuse the body.
        """
        kind, fields = self._validator.validate_create(body)
        with self._store.writing() as connection:
            # Inside the transaction: records get their times in the order in which they appear.
            now = to_ms(self._clock())
            record = self._new_record(connection, kind, fields, now)
            self._check_references(kind, fields)
            self._check_unique(connection, record, "Create")
            records.insert(connection, record)
        if self._switches.new_record_missing_reads:
            self._missing_reads[record.id] = self._switches.new_record_missing_reads
        return self._presenter.show(record, now)

    def read(self, record_id: str) -> JsonObject:
        """Return one number; raise Refusal (404) for an unknown id."""
        self._check_id(record_id)
        with self._store.reading() as connection:
            record = _get(connection, record_id)
        if self._is_missed(record):
            raise not_found()
        shown = self._presenter.show(record, to_ms(self._clock()))
        self._count_reads([record])
        return shown

    def update(self, record_id: str, body: Any) -> JsonObject:
        """Replace the given top-level fields whole; null clears one. The last writer wins.

        Our assumption: `updatedAt` changes even if no field does.

        Raises:
            Refusal: The id is unknown, or the API would refuse the body.
        """
        self._check_id(record_id)
        with self._store.writing() as connection:
            old = _get(connection, record_id)
            changes = self._validator.validate_update(body, old.kind)
            now = to_ms(self._clock())
            kept = dict(old.fields)
            if "server" in changes:
                kept.pop(SECRET_IS_SET, None)
            new = replace(old, fields=kept | changes)
            self._check_references(old.kind, changes)
            self._check_unique(connection, new, "Update")
            if self._switches.noop_bumps_updated_at or _set_fields(old) != _set_fields(new):
                shown_before = records.effective_updated_ms(old, now, self._bumps)
                new = replace(new, updated_ms=max(now, shown_before))
            records.overwrite(connection, new)
        return self._presenter.show(new, now)

    def delete(self, record_id: str) -> JsonObject:
        """Release a number and return it; raise Refusal (404) for an unknown id."""
        self._check_id(record_id)
        with self._store.writing() as connection:
            record = _get(connection, record_id)
            records.remove(connection, record)
        return self._presenter.show(record, to_ms(self._clock()))

    def list_all(self, given: Mapping[str, str]) -> list[JsonObject]:
        """Return the plain list, newest first; raise Refusal for wrong parameters."""
        strict = self._switches.unknown_query_refused
        query = listing.parse_list_query(given, paged=False, strict=strict)
        return self._list(query)[0]

    def list_page(self, given: Mapping[str, str]) -> JsonObject:
        """Return one page with its metadata; raise Refusal for wrong parameters."""
        if self._switches.sorted_pages_refused:
            refused_names = [name for name in ("sortOrder", "sortBy") if name in given]
            if refused_names:
                raise refused([f"property {name} should not exist" for name in refused_names])
        strict = self._switches.unknown_query_refused
        query = listing.parse_list_query(given, paged=True, strict=strict)
        shown, total = self._list(query)
        return {"results": shown, "metadata": listing.page_metadata(query, total)}

    def _list(self, query: listing.ListQuery) -> tuple[list[JsonObject], int]:
        now = to_ms(self._clock())
        if lag := _duration_ms(self._switches.new_record_unlisted_seconds):
            query = replace(query, bounds=[*query.bounds, ("createdAt", "<=", now - lag)])
        with self._store.reading() as connection:
            page = records.select_page(connection, query, now, self._bumps)
            total = records.count_matching(connection, query, now, self._bumps)
        shown = [self._presenter.show_in_list(record, now) for record in page]
        self._count_reads(page)
        return shown, total

    def _new_record(
        self, connection: Connection, kind: str, fields: JsonObject, now: int
    ) -> Record:
        record = Record(
            id=str(uuid.uuid4()),
            kind=kind,
            fields=fields,
            created_ms=now,
            updated_ms=now,
            active_ms=now,
            number_ms=now,
        )
        area_code = fields.get("numberDesiredAreaCode")
        if area_code is None or self._switches.billing_failure:
            return record
        return replace(
            record,
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
        stocked = number_stock.is_valid(area_code) and area_code not in out_of_stock
        number = records.take_from_stock(connection, area_code) if stocked else None
        if number is None:
            raise refused(number_stock.unavailable_message(out_of_stock | {area_code}))
        return number

    def _check_references(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Raise Refusal for a reference to something that does not exist, by the switches."""
        switches = self._switches
        assistant, credential = fields.get("assistantId"), fields.get("credentialId")
        number = fields.get("number")
        if assistant and not _exists(assistant, switches.known_assistants):
            raise refused(f"Couldn't Get Assistant. `assistantId` {assistant} Does Not Exist.")
        if credential and not _exists(credential, switches.known_credentials):
            raise refused(f"Credential with ID {credential} not found")
        if number in switches.missing_carrier_numbers and kind == "twilio":
            raise refused(f"Number Not Found on Twilio. {number}")
        if number in switches.missing_carrier_numbers and kind == "telnyx":
            raise refused(
                "Couldn't Update Telnyx Number. Error: Request failed with status code 404"
            )

    def _check_unique(self, connection: Connection, record: Record, verb: str) -> None:
        """Raise Refusal for a SIP URI, or if so switched a carrier's number, that is taken.

        Our assumption: the API documents neither rule. Of the messages only the first sentence was
        observed. SIP URIs are compared in any letter case.
        """
        refusal = f"Couldn't {verb} Phone Number."
        status = self._switches.duplicate_status
        sip_uri, number = record.sip_uri, record.fields.get("number")
        if sip_uri and records.is_taken(connection, record.id, sip_key=sip_uri.lower()):
            raise refused(f"{refusal} SIP URI {sip_uri} Already In Use.", status)
        if not number or not self._switches.unique_carrier_numbers:
            return
        if records.is_taken(connection, record.id, kind=record.kind, number=number):
            raise refused(f"{refusal} Number {number} Already In Use.", status)

    def _check_id(self, record_id: str) -> None:
        if not is_uuid(record_id):
            if self._switches.malformed_id_status == 404:
                raise not_found()
            raise refused("Validation failed (uuid is expected)")

    def _is_missed(self, record: Record) -> bool:
        with self._missing_reads_lock:
            left = self._missing_reads.pop(record.id, 0)
            if left > 1:
                self._missing_reads[record.id] = left - 1
        return left > 0

    def _count_reads(self, seen: list[Record]) -> None:
        held_back = [record for record in seen if record.hidden_reads]
        if held_back:
            with self._store.writing() as connection:
                records.count_reads(connection, held_back)


def _get(connection: Connection, record_id: str) -> Record:
    record = records.find(connection, record_id)
    if record is None:
        raise not_found()
    return record


def _duration_ms(seconds: float | None) -> int:
    return _FOREVER_MS if seconds is None else round(seconds * 1000)


def _set_fields(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.fields.items() if value is not None}


def _exists(id_: str, existing: frozenset[str] | None) -> bool:
    return existing is None or id_ in existing
