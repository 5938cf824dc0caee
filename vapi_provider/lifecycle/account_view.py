"""View of the account's records that a run has read or written, shared by all its threads."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from vapi_provider.errors import NotFoundError
from vapi_provider.journal.intents import AccountWatermark
from vapi_provider.lifecycle.listing import Listing
from vapi_provider.lifecycle.observed_client import ObservedClient
from vapi_provider.lifecycle.record_index import RecordIndex
from vapi_provider.models.record import PhoneNumberRecord

READ_SINGLY = 4
"""Number of records that are read one by one, so that a small stack never lists a large account."""

PAGE_SECONDS = 1.0
"""Lifetime of a page for callers that wait for a number to be assigned."""


class AccountView:
    """The account's records as far as a run has read, created or changed them.

    Three listings serve different callers, because a listing that is fresh enough for one is too
    old for another: *reads* (30 seconds after its last page), *newest* (a second), and *all*
    records, to which creates compare (once per run, or on demand). A listing is stale for a record
    that this run wrote to after the listing began.
    """

    def __init__(self, client: ObservedClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._read_singly: set[str] = set()
        self._reads: Listing | None = None
        self._newest: Listing | None = None
        self._watchers = 0
        self._all: Listing | None = None
        self._listing_all = threading.Lock()
        self._indexed: Listing | None = None
        self._begun_at: list[float] = []
        """When each listing of *all* records began, by `clock`."""
        self._fetched: dict[str, PhoneNumberRecord] = {}
        """Records from responses about one record, which are newer than a listing."""
        self._own: set[str] = set()
        self._released: dict[str, int] = {}
        """Number of listings of *all* records that had begun when a record was released."""
        self._index = RecordIndex()

    def read(self, id_: str) -> PhoneNumberRecord:
        """Return a record with as few requests as possible.

        The first four records are read one by one. From the fifth on, the account is listed page by
        page, as far as necessary. No result is older than this plugin process, which serves a
        single engine operation. A refresh reads all records anyway, so a listing that is slightly
        older than the call is acceptable. A second read of the same record starts a new listing.
        Raises NotFoundError only after the API answered 404 for this id.
        """
        listing = self._listing_for(id_)
        found = listing.find(id_) if listing else None
        return found or self._client.get_phone_number(id_)

    def _listing_for(self, id_: str) -> Listing | None:
        """Return the listing in which to look up a record; None where it is read singly."""
        with self._lock:
            if id_ in self._read_singly or len(self._read_singly) < READ_SINGLY:
                self._read_singly.add(id_)
                return None
            listing = self._reads
            if listing is None or listing.is_expired() or id_ in listing.asked:
                listing = self._reads = self._new_listing()
            listing.asked.add(id_)
            return listing

    def is_listed(self, id_: str) -> bool:
        """Return whether the account's list shows a record whose own endpoint answers 404.

        All missing records share a listing that is at most 30 seconds old. Raises VapiError where
        the account cannot be listed completely.
        """
        with self._lock:
            listing = self._reads
            if listing is None or not listing.is_fresh_for(id_):
                listing = self._reads = self._new_listing()
        return listing.contains(id_)

    def echoes_headers(self, field: str = "headers") -> bool:
        """Return whether the API shows the headers of a field: whether any record has some."""
        with self._lock:
            listing = self._reads = self._reads or self._new_listing()
        return listing.shows_headers(field)

    @contextmanager
    def watching(self) -> Generator[Callable[[str], PhoneNumberRecord]]:
        """Yield a function that returns a record's current state or raises a VapiError.

        While several threads watch records, one page of the newest records serves all of them.
        """
        with self._lock:
            self._watchers += 1
        try:
            yield self._read_newest
        finally:
            with self._lock:
                self._watchers -= 1

    def _read_newest(self, id_: str) -> PhoneNumberRecord:
        with self._lock:
            page = self._newest
            if page is not None and page.is_expired(PAGE_SECONDS):
                page = None
            if page is None and self._watchers > 1:
                page = self._newest = self._new_listing()
        found = page.find_among_newest(id_) if page else None
        return found or self._client.get_phone_number(id_)

    def records(self, after: int = 0) -> list[PhoneNumberRecord]:
        """Return every record of the account, including those created since the listing.

        The account is listed once per run, and again if no listing started after number `after`.
        Raises VapiError where the account cannot be listed.
        """
        number, listed = self._list_all(after)
        with self._lock:
            current = dict(listed)
            for id_ in self._released:
                if self._is_released(id_, number):
                    current.pop(id_, None)
            return list({**current, **self._fetched}.values())

    @property
    def listings(self) -> int:
        """Number of listings of *all* records that have begun."""
        return len(self._begun_at)

    def listings_until(self, moment: float) -> int:
        """Return how many listings of *all* records had begun at `moment` of the clock."""
        return bisect_right(self._begun_at, moment)

    def find(self, id_: str) -> PhoneNumberRecord | None:
        """Return a record from a response or the listing of *all* records; None if neither has it.

        Lists the account first if this run has not listed it.
        """
        number, listed = self._list_all()
        with self._lock:
            is_released = self._is_released(id_, number)
            return self._fetched.get(id_) or (None if is_released else listed.get(id_))

    def watermark(self) -> AccountWatermark:
        """Return the account's newest records, to recognize later ones."""
        self._list_all()
        with self._lock:
            return self._index.watermark()

    def similar(self, declared: Mapping[str, Any], *names: str) -> list[PhoneNumberRecord]:
        """Return records that share a unique text with declared fields, or have one of `names`."""
        number, listed = self._list_all()
        wanted = declared.get("number")
        if isinstance(wanted, str):
            with self._lock:
                masked = self._index.masked_as(wanted)
            for id_ in masked:
                self.fetch(id_)
        with self._lock:
            found = {
                id_: self._fetched.get(id_) or listed.get(id_)
                for id_ in self._index.ids(declared, *names)
                if id_ in self._fetched or not self._is_released(id_, number)
            }
            return [record for record in found.values() if record is not None]

    def fetch_unmasked(self, record: PhoneNumberRecord) -> PhoneNumberRecord | None:
        """Return a record with its complete number, which a list may mask; None if it is gone."""
        return self.fetch(record.id) if record.is_masked else record

    def fetch_missing(self, ids: Collection[str]) -> None:
        """Read records that other processes created after the account was listed."""
        for id_ in ids:
            if self.find(id_) is None:
                self.fetch(id_)

    def fetch(self, id_: str) -> PhoneNumberRecord | None:
        """Request one record and remember it; return None if it is gone."""
        with suppress(NotFoundError):
            record = self._client.get_phone_number(id_)
            self.update(record)
            return record
        return None

    def update(self, record: PhoneNumberRecord) -> None:
        """Store a record from a response about it alone, which is newer than a listing."""
        with self._lock:
            self._fetched[record.id] = record
            self._index.add(record)

    def remember(self, record: PhoneNumberRecord) -> None:
        """Add a record that this run created or took over."""
        self._own.add(record.id)
        self.update(record)

    def forget(self, id_: str) -> None:
        """Remove a record that is gone."""
        with self._lock:
            self._own.discard(id_)
            self._fetched.pop(id_, None)
            self._released[id_] = self.listings

    def _is_released(self, id_: str, listing: int) -> bool:
        """Return whether a record was released after a listing of *all* records began."""
        return self._released.get(id_, 0) >= listing

    def is_of_this_run(self, id_: str) -> bool:
        """Return whether a resource got this record, created or taken over, in this run."""
        return id_ in self._own

    def _list_all(self, after: int = 0) -> tuple[int, Mapping[str, PhoneNumberRecord]]:
        """Return a listing's number and records; threads that wait at the same time share it.

        A listing is complete before the next one begins, so that threads which arrive while it is
        in progress, and need a later one, share the next instead of starting one each. Another
        thread may begin the next listing while the caller uses the records.
        """
        with self._listing_all:
            with self._lock:
                if self._all is None or self.listings <= after:
                    self._all = self._new_listing()
                    self._begun_at.append(self._clock())
                listing, number = self._all, self.listings
            records = listing.records()
            with self._lock:
                if self._indexed is not listing:
                    self._indexed = listing
                    for record in records.values():
                        self._index.add(record)
            return number, records

    def _new_listing(self) -> Listing:
        return Listing(self._client, self._clock)
