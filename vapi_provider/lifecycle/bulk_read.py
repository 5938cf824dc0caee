"""Cheap reads of many records: a few one by one, then pages of the account for all callers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from vapi_provider.api.client import VapiClient
from vapi_provider.errors import PagingError, VapiError
from vapi_provider.models.record import PhoneNumberRecord
from vapi_provider.reconcile.headers import shown_headers

SINGLY = 4
"""Number of records that are read one by one, so that a small stack never lists a large account."""

KEPT_SECONDS = 30.0
"""Lifetime of a listing after its last page."""

PAGE_SECONDS = 1.0
"""Lifetime of a page for callers that wait for a number to be assigned."""


class Listing:
    """The account's records, listed lazily up to the last record that was looked up.

    Thread-safe: one thread requests a page while the others wait. A failure is kept for all later
    callers, so that a fleet does not wait for the same error again for each number.
    """

    def __init__(self, client: VapiClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._turn = threading.Lock()
        self._pages = client.pages()
        self._found: dict[str, PhoneNumberRecord] = {}
        self._shown_headers: set[str] = set()
        self._failure: VapiError | None = None
        self._incomplete: PagingError | None = None
        self._begun_at = self._paged_at = clock()
        self._writes_before = client.writes
        self.asked: set[str] = set()
        """Ids that callers have looked up here."""

    @property
    def is_over(self) -> bool:
        """Whether the last page is too old."""
        return not self._turn.locked() and self._clock() - self._paged_at > KEPT_SECONDS

    def find(self, id_: str) -> PhoneNumberRecord | None:
        """Return the record; None where the account does not show it or this run wrote to it."""
        if id_ not in self._found and id_ not in self._client.written:
            with self._turn:
                while id_ not in self._found and self._go_on():
                    pass
        # Check this last: another thread may write to the record while the page is in flight.
        return None if id_ in self._client.written else _whole(self._found.get(id_))

    def is_fresh_for(self, id_: str) -> bool:
        """Return whether the listing is recent and began after the last write to the record."""
        written_before = self._client.written.get(id_, 0) <= self._writes_before
        return written_before and self._clock() - self._begun_at <= KEPT_SECONDS

    def contains(self, id_: str) -> bool:
        """Return whether the account shows the record; raise VapiError if the listing fails."""
        with self._turn:
            while id_ not in self._found and self._go_on():
                pass
        if id_ not in self._found and self._incomplete is not None:
            raise self._incomplete
        return id_ in self._found

    def shows_headers(self, field: str) -> bool:
        """Return whether any record of the account shows headers in a field of that name."""
        with self._turn:
            while field not in self._shown_headers and self._go_on():
                pass
        return field in self._shown_headers

    def _go_on(self) -> bool:
        """Fetch the next page; return False after the last one."""
        if self._failure is not None:
            raise self._failure
        try:
            page = next(self._pages, None)
        except PagingError as error:
            self._incomplete = error
            return False  # The caller reads a record that no page shows by its id.
        except VapiError as error:
            self._failure, self._paged_at = error, self._clock()
            raise
        if page is None:
            return False
        self._paged_at = self._clock()
        self._found.update((record.id, record) for record in page)
        for record in page:
            if record.kind is not None:
                self._shown_headers.update(shown_headers(record.kind.fields, record.fields))
        return True


class Reader:
    """Reader of records for all calls of a plugin, with as few requests as possible.

    The first four records are read one by one. From the fifth on, the reader lists the account page
    by page, as far as necessary. No result is older than this plugin process, which serves a single
    engine operation. A refresh reads all records anyway, so a listing that is slightly older than
    the call is acceptable. Three rules prevent stale results: a second read of the same record
    starts a new listing, a record that this run wrote to is read singly, and a listing expires 30
    seconds after its last page.
    """

    def __init__(self, client: VapiClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._singly: set[str] = set()
        self._listing: Listing | None = None
        self._looking = threading.Lock()
        self._watching = 0
        self._page: dict[str, PhoneNumberRecord] = {}
        self._page_at = -math.inf

    def read(self, id_: str) -> PhoneNumberRecord:
        """Return the record; raise NotFoundError only after the API answered 404 for this id."""
        listing = self._listing_for(id_)
        found = listing.find(id_) if listing else None
        return found or self._client.get_phone_number(id_)

    def is_listed(self, id_: str) -> bool:
        """Return whether the account's list shows a record whose own endpoint answers 404.

        All missing records share a listing that is at most 30 seconds old. Raises VapiError where
        the account cannot be listed completely.
        """
        with self._lock:
            listing = self._listing
            if listing is None or not listing.is_fresh_for(id_):
                listing = self._listing = Listing(self._client, self._clock)
        return listing.contains(id_)

    def echoes_headers(self, field: str = "headers") -> bool:
        """Return whether the API shows the headers of a field: whether any record has some."""
        with self._lock:
            listing = self._listing = self._listing or Listing(self._client, self._clock)
        return listing.shows_headers(field)

    @contextmanager
    def watching(self) -> Generator[Callable[[str], PhoneNumberRecord]]:
        """Yield a function that returns a record's current state or raises a VapiError.

        While several threads watch records, one page of the newest records serves all of them.
        """
        with self._lock:
            self._watching += 1
        try:
            yield self._look
        finally:
            with self._lock:
                self._watching -= 1

    def _listing_for(self, id_: str) -> Listing | None:
        """Return the listing in which to look up a record; None where it is read singly."""
        with self._lock:
            if id_ in self._singly or len(self._singly) < SINGLY:
                self._singly.add(id_)
                return None
            listing = self._listing
            if listing is None or listing.is_over or id_ in listing.asked:
                listing = self._listing = Listing(self._client, self._clock)
            listing.asked.add(id_)
            return listing

    def _look(self, id_: str) -> PhoneNumberRecord:
        with self._looking:
            fresh = self._clock() - self._page_at < PAGE_SECONDS
            if self._watching > 1 and not fresh:
                try:
                    page = self._client.list_phone_numbers()
                except VapiError:
                    page = []  # An empty page spares the other threads the failed request.
                self._page = {record.id: record for record in page}
                self._page_at, fresh = self._clock(), True
            shown = _whole(self._page.get(id_)) if fresh else None
        return shown or self._client.get_phone_number(id_)


def _whole(record: PhoneNumberRecord | None) -> PhoneNumberRecord | None:
    """Return the record; None where the list masks its number."""
    return None if record is not None and record.is_masked else record
